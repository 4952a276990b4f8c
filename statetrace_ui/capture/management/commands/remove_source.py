"""`manage.py remove_source NAME`: disconnect an audited database."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.capture.sources import disconnect
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = "Drops a source's replication slot and publication at the audited database. Its history stays readable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")

    def handle(self, *_: Any, name: str, organisation: str, **__: Any) -> None:
        try:
            owner = find_organisation(organisation)
            disconnect(name, owner)
            record(Event.SOURCE_REMOVED, name, organisation=owner)
        except (SourceError, UserError) as error:
            self.stderr.write(error.sentence if isinstance(error, UserError) else str(error))
            sys.exit(2)
        self.stdout.write(self.style.SUCCESS(f"{name} is disconnected: its server no longer keeps WAL for it."))
