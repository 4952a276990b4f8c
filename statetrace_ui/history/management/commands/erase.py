"""`manage.py erase SOURCE …`: erase a record or a person from the history of a source."""

import getpass
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.history import queries
from statetrace_ui.history.erasure import requests, runs
from statetrace_ui.history.models import Erasure, Source
from statetrace_ui.history.table_names import split_name
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = (
        "Erases a record (--table and --key) or a person (--field and --value, --actor) from the history of a source."
        " First it counts, then it asks. It cannot be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's name")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")
        parser.add_argument(
            "--table", action="append", default=[], metavar="SCHEMA.TABLE",
            help="the record's table; of a person, the only tables whose fields are looked into",
        )  # fmt: skip
        parser.add_argument("--key", default="", help="the record's key: a text, or a JSON array for several columns")
        parser.add_argument("--key-too", action="store_true", help="a digest takes the place of the record's key")
        parser.add_argument("--field", action="append", default=[], metavar="COLUMN", help="where the value stands")
        parser.add_argument("--value", default="", help="of the person, such as an email; - for standard input")
        parser.add_argument("--actor", default="", help="id, email or full name as annotations say it")
        parser.add_argument(
            "--only-fields", action="store_true", help="leave values of other fields in which the words stand, too"
        )
        parser.add_argument("--reason", default="", help="stays with the erasure, such as the number of a ticket")
        parser.add_argument("--yes", action="store_true", help="erase without asking")

    def handle(self, *_: Any, source: str, organisation: str, **options: Any) -> None:
        try:
            erasure = self.ask(queries.source_named(source, find_organisation(organisation)), options)
            runs.perform(erasure)
            self.tell("It would erase:", erasure.found)
            if not options["yes"] and input("Erase? It cannot be undone. Type yes: ").strip() != "yes":
                requests.cancel(erasure)
                self.stdout.write("Nothing was erased.")
                return
            requests.confirm(erasure, erasure.asked_by)
            runs.perform(erasure)
            done = "is done" if erasure.state == Erasure.State.DONE else "is not done yet"
            self.tell(f"Erasure {erasure.pk} {done}. Erased:", erasure.done)
            if erasure.waits_for:
                self.stdout.write(f"{erasure.waits_for} A worker erases the rest once it is stored.")
        except UserError as error:
            self.stderr.write(error.sentence)
            sys.exit(2)

    def ask(self, source: Source, options: dict[str, Any]) -> Erasure:
        asked_by = f"{getpass.getuser()} (command line)"
        tables = [_table(name) for name in options["table"]]
        if options["key"]:
            if len(tables) != 1:
                raise UserError("A record is in one table.", "Give --table once.")
            places, wanted = requests.record_wanted(source, tables[0], _key(options["key"]), options["key_too"])
            return requests.ask(source, Erasure.Kind.RECORD, places, wanted, options["reason"], asked_by)
        value = sys.stdin.readline().strip() if options["value"] == "-" else options["value"]
        places, wanted = requests.person_wanted(
            source, options["field"], tables, value, options["actor"], not options["only_fields"]
        )
        return requests.ask(source, Erasure.Kind.PERSON, places, wanted, options["reason"], asked_by)

    def tell(self, heading: str, counts: dict[str, int]) -> None:
        self.stdout.write(heading)
        for what, count in sorted(counts.items()):
            self.stdout.write(f"  {count:,} {what}")
        if not counts:
            self.stdout.write("  nothing")


def _table(name: str) -> tuple[str, str]:
    table = split_name(name)
    if table is None:
        raise UserError(f"No table can be called {name}.", "Write schema.table.")
    return table


def _key(text: str) -> str:
    """A record's key as changes have it."""
    try:
        parts = json.loads(text)
    except ValueError:
        parts = None
    given = [str(part) for part in parts] if isinstance(parts, list) else [text]
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"))
