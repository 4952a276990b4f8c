"""`manage.py choose_annotations NAME [SCHEMA.TABLE] [--messages]`: say where a source's annotations come from."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from statetrace_ui.capture.sources import choose_annotations, choose_messages
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = (
        "Chooses the one table of a source whose rows count as annotations, and whether messages of"
        " pg_logical_emit_message count, too; from the next change on. What is stored already stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the source's name in the dashboard")
        parser.add_argument("table", metavar="SCHEMA.TABLE", nargs="?", default="")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")
        messages = parser.add_mutually_exclusive_group()
        messages.add_argument("--messages", action="store_true", default=None, help="count messages, too")
        messages.add_argument("--no-messages", action="store_false", dest="messages", help="count no messages")

    def handle(self, *_: Any, name: str, table: str, organisation: str, messages: bool | None, **__: Any) -> None:
        if not table and messages is None:
            raise CommandError("Say what to choose: SCHEMA.TABLE, --messages or --no-messages.")
        try:
            self._choose(name, table, messages, find_organisation(organisation))
        except UserError as error:
            raise CommandError(error.sentence) from error
        except SourceError as error:
            raise CommandError(str(error)) from error

    def _choose(self, name: str, table: str, messages: bool | None, owner: Organisation) -> None:
        if table:
            choose_annotations(name, table, owner, self.stdout.write)
            self.stdout.write(self.style.SUCCESS(f"Annotations of {name} are read from {table}."))
        if messages is not None:
            choose_messages(name, messages, owner, self.stdout.write)
            count = "count as annotations" if messages else "do not count as annotations any more"
            self.stdout.write(self.style.SUCCESS(f"Messages of {name} {count}."))
