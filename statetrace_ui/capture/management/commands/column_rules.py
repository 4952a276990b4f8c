"""`manage.py column_rules SOURCE`: what capture does with the values of a source's columns."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.capture import masking_runs
from statetrace_ui.capture.known_tables import known_tables
from statetrace_ui.capture.patterns import Pattern
from statetrace_ui.capture.rule_arguments import WHAT, add_rule_arguments, given_rules
from statetrace_ui.capture.rule_book import acting_columns, change_rules, rules_of
from statetrace_ui.history.models import Source
from statetrace_ui.installation import command
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = "Shows or changes which columns of a source are masked or not captured. Without options it lists them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's name")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")
        add_rule_arguments(parser)
        parser.add_argument(
            "--default", action="append", default=[], metavar="WHAT", help=f"take your own rule away. {WHAT}"
        )
        parser.add_argument("--list", action="store_true", help="list what is not stored in clear, and why")
        parser.add_argument(
            "--apply-to-history",
            action="store_true",
            help="mask what is stored already, too. That cannot be undone; a run that was interrupted goes on",
        )

    def handle(self, *_: Any, source: str, organisation: str, **options: Any) -> None:
        try:
            found = find_source(source, organisation)
            changes = given_rules(options)
            self.change(found, changes)
            if options["list"] or not (changes or options["apply_to_history"]):
                self.list(found)
            if options["apply_to_history"]:
                self.apply(found)
        except UserError as error:
            self.stderr.write(error.sentence)
            sys.exit(2)

    def change(self, source: Source, changes: list[Any]) -> None:
        if not changes:
            return
        changed = change_rules(source, changes)
        known = known_tables(source)
        for pattern, _ in changes:
            if not any(_concerns(pattern, relation.schema_name, relation.table_name) for relation in known):
                self.stdout.write(f"Note: no table that is known so far matches {pattern}.")
        if not changed:
            self.stdout.write("These rules hold already.")
            return
        self.stdout.write(self.style.SUCCESS("The rules hold for everything that is stored from now on."))
        if source.url:
            self.stdout.write("Tables of which more is stored now are read again within seconds, while capture runs.")
        history = command(f"column_rules {source} --apply-to-history")
        self.stdout.write(f"What is stored already stays as it is. `{history}` masks that, too.")

    def list(self, source: Source) -> None:
        rules = list(source.column_rules.order_by("pattern"))
        self.stdout.write("Your own rules:" if rules else "There are no rules of your own.")
        for rule in rules:
            self.stdout.write(f"  {rule}")
        acting = list(acting_columns(rules_of(source), known_tables(source)))
        self.stdout.write("Not stored in clear:" if acting else "Everything is stored in clear.")
        for name, words in acting:
            self.stdout.write(f"  {name}: {words}")

    def apply(self, source: Source) -> None:
        run = masking_runs.start(source)
        masking_runs.perform(run, report=self.stdout.write)
        self.stdout.write(
            self.style.SUCCESS(
                f"{run.rows_masked:,} of {run.rows_read:,} stored rows were masked in {run.tables} tables."
            )
        )


def find_source(name: str, organisation: str) -> Source:
    """Raises UserError."""
    owner = find_organisation(organisation)
    source = Source.objects.filter(organisation=owner, name=name).first()
    if source is None:
        known = ", ".join(Source.objects.filter(organisation=owner).order_by("name").values_list("name", flat=True))
        raise UserError(f"{owner} has no source {name}.", f"Known are: {known or 'none yet'}.")
    return source


def _concerns(pattern: Pattern, schema: str, table: str) -> bool:
    return pattern.matches_table(schema, table)
