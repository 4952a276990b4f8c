from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from statetrace_ui.site import services
from statetrace_ui.site.supervisor import CannotStart


class Command(BaseCommand):
    help = "Run the whole site: dashboard, export worker and capture. Ctrl-C stops all of it."

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            services.prepare_start("WEB_PORT")
        except CannotStart as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(f"Statetrace is on http://{settings.WEB_HOST}:{settings.WEB_PORT}")
        services.run(services.dashboard_services())
