from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from statetrace_ui.annotate import conf, table


class AnnotateConfig(AppConfig):
    name = "statetrace_ui.annotate"
    label = "statetrace_annotate"
    verbose_name = "Statetrace annotations"

    def ready(self) -> None:
        from statetrace_ui.annotate.checks import check_installation
        from statetrace_ui.annotate.transactions import watch

        connection_created.connect(watch, dispatch_uid="statetrace_annotate")
        post_migrate.connect(announce_migration, sender=self, dispatch_uid="statetrace_annotate")
        checks.register(check_installation)


def announce_migration(using: str, plan: list[Any] | None = None, **_: Any) -> None:
    """Annotate each `migrate` that changed something, once. `flush` sends the same signal, without a plan."""
    from statetrace_ui.annotate.context import new_id

    connection = connections[using]
    if plan and using in conf.databases() and connection.vendor == "postgresql" and table.exists(connection):
        table.write(connection, table.Annotation(new_id(), table.MIGRATION, {}))
