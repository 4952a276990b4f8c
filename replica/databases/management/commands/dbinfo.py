"""`manage.py dbinfo [--organisation SLUG]`: where the organisation's replica is and what is in it, as JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from replica.databases.dbinfo import dbinfo
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = "Tell host, port, database, user, SSL mode and schema of a replica as JSON; never the password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", metavar="SLUG", help="needed if there are several")

    def handle(self, *_: object, **options: Any) -> None:
        try:
            info = dbinfo(find_organisation(options["organisation"]))
        except UserError as problem:
            raise CommandError(problem.sentence, returncode=2) from None
        self.stdout.write(json.dumps(info.as_dict(), indent=2, ensure_ascii=False))
