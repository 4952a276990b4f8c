from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.signals import post_migrate

from statetrace_ui.annotate import conf, transport
from statetrace_ui.annotate.annotation import MIGRATION, Annotation


class AnnotateConfig(AppConfig):
    name = "statetrace_ui.annotate"
    label = "statetrace_annotate"
    verbose_name = "Statetrace annotations"

    def ready(self) -> None:
        from statetrace_ui.annotate.checks import check_installation
        from statetrace_ui.annotate.transactions import watch

        connection_created.connect(watch, dispatch_uid="statetrace_annotate")
        post_migrate.connect(complete_table, sender=self, dispatch_uid="statetrace_annotate_table")
        post_migrate.connect(announce_migration, sender=self, dispatch_uid="statetrace_annotate")
        checks.register(check_installation)


def complete_table(using: str, **_: Any) -> None:
    """Make the table that a project lacks which has gone over from messages to it: its migration did not."""
    connection = connections[using]
    if using in conf.databases() and connection.vendor == "postgresql" and not conf.by_message():
        applied = MigrationRecorder(connection).applied_migrations()
        if ("statetrace_annotate", "0001_initial") in applied and not transport.table_exists(connection):
            transport.make_table(connection)


def announce_migration(using: str, plan: list[Any] | None = None, **_: Any) -> None:
    """Annotate each `migrate` that changed something, once. `flush` sends the same signal, without a plan."""
    from statetrace_ui.annotate.context import new_id

    connection = connections[using]
    if not plan or using not in conf.databases() or connection.vendor != "postgresql":
        return
    if conf.by_message() or transport.table_exists(connection):
        transport.write(connection, Annotation(new_id(), MIGRATION, {}))
