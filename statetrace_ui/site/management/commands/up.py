from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError

from statetrace_ui.site import services
from statetrace_ui.site.greeting import setup_sentences, site_url
from statetrace_ui.site.supervisor import CannotStart


class Command(BaseCommand):
    help = "Run the whole site: dashboard, export worker and capture. Ctrl-C stops all of it."

    def handle(self, *_: Any, **__: Any) -> None:
        if not settings.EMBEDDED:
            self.warn()
        try:
            services.prepare_start("WEB_PORT")
        except CannotStart as reason:
            raise CommandError(str(reason)) from None
        services.run(services.dashboard_services(), self.greet)

    def warn(self) -> None:
        """Say what makes a production site less safe than it could be."""
        for message in checks.run_checks(include_deployment_checks=True):
            if not message.is_silenced():
                self.stderr.write(self.style.WARNING(" ".join(filter(None, [message.msg, message.hint]))))

    def greet(self) -> None:
        self.stdout.write(f"Statetrace is on {site_url()}. Ctrl-C stops it.")
        for sentence in setup_sentences():
            self.stdout.write(sentence)
        self.stdout.flush()
