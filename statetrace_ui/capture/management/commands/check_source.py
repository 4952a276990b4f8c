"""`manage.py check_source SOURCE`: whether a source can be captured, and what should be done about it."""

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.capture.management.commands.column_rules import find_source
from statetrace_ui.capture.source_check import check_source
from statetrace_ui.installation import command
from statetrace_ui.wal.findings import Finding
from statetrace_ui.web.errors import UserError


class Command(BaseCommand):
    help = (
        "Checks a source as `add_source` does before it begins: what keeps it from being captured, and what is advice."
        " Changes nothing at the audited database. Exit status 1 if something blocks capture."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's name")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")

    def handle(self, *_: Any, source: str, organisation: str, **__: Any) -> None:
        try:
            found = find_source(source, organisation)
        except UserError as error:
            self._fail(error.sentence)
        if not found.has_database:
            self._fail(f"{source} is not connected. `{command(f'add_source {source} URL')}` connects it.")
        findings = check_source(found)
        blocking = [finding for finding in findings if finding.fatal]
        self._print("Blocking:", blocking)
        self._print("Advice:", [finding for finding in findings if not finding.fatal])
        if blocking:
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"Nothing keeps {source} from being captured."))

    def _print(self, heading: str, findings: Sequence[Finding]) -> None:
        if findings:
            self.stdout.write(heading)
        for finding in findings:
            self.stdout.write(f"  {finding.sentence}")

    def _fail(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(2)
