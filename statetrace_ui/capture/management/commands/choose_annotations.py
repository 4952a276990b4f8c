"""`manage.py choose_annotations NAME SCHEMA.TABLE`: say which table of a source holds its annotations."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from statetrace_ui.capture.sources import choose_annotations
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = (
        "Chooses the one table of a source whose rows count as annotations, from the next change on. What is stored"
        " already stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the source's name in the dashboard")
        parser.add_argument("table", metavar="SCHEMA.TABLE")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")

    def handle(self, *_: Any, name: str, table: str, organisation: str, **__: Any) -> None:
        try:
            choose_annotations(name, table, find_organisation(organisation), self.stdout.write)
        except UserError as error:
            raise CommandError(error.sentence) from error
        except SourceError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Annotations of {name} are read from {table}."))
