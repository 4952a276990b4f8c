"""`manage.py remove_source NAME`: disconnect an audited database, or delete its history, too."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.capture.changing.removal import remove
from statetrace_ui.history.models import Source
from statetrace_ui.history.queries import source_named
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = "Drops a source's replication slot and publication at the audited database. Its history stays readable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")
        parser.add_argument(
            "--delete-history", action="store_true", help="delete all that was captured of it, for good"
        )
        parser.add_argument(
            "--gone", action="store_true", help="its server is gone: what is left there does not matter"
        )

    def handle(self, *_: Any, name: str, organisation: str, **options: Any) -> None:
        deletes: bool = options["delete_history"]
        try:
            owner = find_organisation(organisation)
            source = source_named(name, owner)
            self._require_connected(source, deletes)
            remove(source, deletes_history=deletes, gone=options["gone"])
            record(Event.SOURCE_REMOVED, f"{name}, with its history" if deletes else name, organisation=owner)
        except (SourceError, UserError) as error:
            self.stderr.write(error.sentence if isinstance(error, UserError) else str(error))
            sys.exit(2)
        what = "and its history is deleted" if deletes else "its server no longer keeps WAL for it"
        self.stdout.write(self.style.SUCCESS(f"{name} is disconnected: {what}."))

    def _require_connected(self, source: Source, deletes: bool) -> None:
        if not (source.has_database or deletes):
            raise UserError(f"{source} is not connected.", "--delete-history deletes what was captured of it.")
