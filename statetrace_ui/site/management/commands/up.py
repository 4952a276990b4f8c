from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from statetrace_ui import embedded
from statetrace_ui.site import services, supervisor


class Command(BaseCommand):
    help = "Run the whole site: dashboard, export worker and capture. Ctrl-C stops all of it."

    def handle(self, *_: Any, **__: Any) -> None:
        note = settings.HOME / services.NOTE
        try:
            supervisor.end_leftovers(note)
            supervisor.require_free_port(settings.WEB_HOST, settings.WEB_PORT, "WEB_PORT")
            services.prepare()
        except supervisor.CannotStart as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(f"Statetrace is on http://{settings.WEB_HOST}:{settings.WEB_PORT}")
        supervisor.run(services.site(), note)
        embedded.forget_dead_users(settings.HOME)
