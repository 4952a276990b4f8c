from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from statetrace_ui.demo.shop.seed import seed


class Command(BaseCommand):
    help = "Migrate the shop's database and stock the shop; changes nothing where that was done before."

    def handle(self, *_: Any, **__: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        seed()
