"""`manage.py recount_history [SOURCE…]`: count changes by time, table and actor anew."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.history import queries
from statetrace_ui.history.models import Source
from statetrace_ui.history.rollups.backfill import count_part
from statetrace_ui.history.rollups.recount import forget_counts
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = (
        "Counts the changes of sources anew, from what is stored, for the first page. Capture may run meanwhile. If it"
        " is ended, a worker counts on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sources", nargs="*", metavar="SOURCE", help="the source's name; all without any")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")
        parser.add_argument(
            "--lose-removed", action="store_true", help="also where counts of what retention removed get lost"
        )

    def handle(self, *_: Any, sources: list[str], organisation: str, lose_removed: bool, **__: Any) -> None:
        try:
            owner = find_organisation(organisation)
            chosen = [queries.source_named(name, owner) for name in sources] or list(queries.sources_of(owner))
            for source in chosen:
                self.recount(source, lose_removed)
        except UserError as error:
            self.stderr.write(f"{error.sentence} {error.advice}")
            sys.exit(2)

    def recount(self, source: Source, loses_removed: bool) -> None:
        forget_counts(source, loses_removed)
        while count_part(source.pk):
            pass
        self.stdout.write(self.style.SUCCESS(f"{source} is counted anew."))
