from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from statetrace_ui.demo.shop.seed import seed


class Command(BaseCommand):
    help = "Migrate the shop's database and stock the shop. Changes nothing if that was done before."

    def handle(self, *_: Any, **__: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        close_to_others()
        seed()


def close_to_others() -> None:
    """Revoke CONNECT from everybody else: readers of replicas are on the same server, and PostgreSQL lets them in."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
