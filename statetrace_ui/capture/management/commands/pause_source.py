"""`manage.py pause_source NAME`: stop capturing a source for a while, or go on with it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.capture.changing.pausing import pause, resume
from statetrace_ui.capture.management.commands.column_rules import find_source
from statetrace_ui.web.errors import UserError


class Command(BaseCommand):
    help = "Pauses capture of a source: its server keeps the log meanwhile. With --resume it goes on where it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's name")
        parser.add_argument("--resume", action="store_true", help="go on where it was")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")

    def handle(self, *_: Any, source: str, organisation: str, **options: Any) -> None:
        try:
            found = find_source(source, organisation)
            (resume if options["resume"] else pause)(found)
        except UserError as error:
            self.stderr.write(error.sentence)
            sys.exit(2)
        self.stdout.write(self.style.SUCCESS(f"{source} {'goes on' if options['resume'] else 'is paused'}."))
