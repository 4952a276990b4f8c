"""`manage.py retention SOURCE`: for how long the history of a source is kept."""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.history import queries
from statetrace_ui.history.models import Source
from statetrace_ui.history.retention import runs
from statetrace_ui.history.retention.rules import ALL_TABLES, LEAST_DAYS, MOST_DAYS, set_rule
from statetrace_ui.history.table_names import split_name
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = (
        "Shows or changes for how long a source's history is kept, or removes what is over. Without options it lists"
        " the rules. A worker removes what is over each night."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's name")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")
        parser.add_argument("--table", default="", metavar="SCHEMA.TABLE", help="the rule is for this table alone")
        rule = parser.add_mutually_exclusive_group()
        rule.add_argument("--keep", type=int, metavar="DAYS", help="keep changes for so many days")
        rule.add_argument("--default", action="store_true", help="take the rule away")
        parser.add_argument(
            "--apply", action="store_true", help="remove what is over now; a run that was interrupted goes on"
        )

    def handle(self, *_: Any, source: str, organisation: str, **options: Any) -> None:
        try:
            found = queries.source_named(source, find_organisation(organisation))
            if options["keep"] is not None or options["default"]:
                self.change(found, options["table"], options["keep"])
            if options["apply"]:
                self.apply(found)
            elif options["keep"] is None:
                self.list(found)
        except UserError as error:
            self.stderr.write(error.sentence)
            sys.exit(2)

    def change(self, source: Source, name: str, keep_days: int | None) -> None:
        table = split_name(name) if name else ALL_TABLES
        if table is None:
            raise UserError(f"No table can be called {name}.", "Write schema.table.")
        if keep_days is not None and not LEAST_DAYS <= keep_days <= MOST_DAYS:
            raise UserError(f"{keep_days} days cannot be kept.", f"Give a number from {LEAST_DAYS} to {MOST_DAYS:,}.")
        if not set_rule(source, table, keep_days):
            self.stdout.write("This rule holds already.")
            return
        self.stdout.write(self.style.SUCCESS("The rule holds. What is over is removed with the next run."))

    def list(self, source: Source) -> None:
        rules = list(source.retention_rules.order_by("table_name", "schema_name"))
        if not rules:
            self.stdout.write("Everything is kept for ever: there is no rule.")
        for rule in rules:
            self.stdout.write(f"  {rule}")

    def apply(self, source: Source) -> None:
        run = runs.start(source, f"{getpass.getuser()} (command line)")
        runs.perform(run, report=self.stdout.write)
        self.stdout.write(
            self.style.SUCCESS(
                f"{run.changes:,} changes, {run.transactions:,} transactions, {run.actions:,} actions and"
                f" {run.sessions:,} sessions were removed; {run.checkpoints:,} rows keep their last state."
            )
        )
