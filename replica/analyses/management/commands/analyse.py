"""`manage.py analyse [--flow NAME] [--again]`: issues, statistics and measurements of sessions of the store."""

from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from replica.analyses.service import analyse_flow
from replica.exports.models import UserFlowExport
from statetrace_ui.web.errors import first_line


class Command(BaseCommand):
    help = "Analyse imported sessions whose results are missing, or were made by an older version of a formula."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--flow", metavar="NAME", help="one user flow; all of them unless you name one")
        parser.add_argument("--organisation", metavar="SLUG", help="of this organisation alone")
        parser.add_argument("--again", action="store_true", help="also sessions that are up to date")

    def handle(self, *_: object, **options: Any) -> None:
        exports = UserFlowExport.objects.order_by("organisation__slug", "name").select_related("organisation")
        if options["flow"]:
            exports = exports.filter(name=options["flow"])
        if options["organisation"]:
            exports = exports.filter(organisation__slug=options["organisation"])
        if not exports and (options["flow"] or options["organisation"]):
            raise CommandError("There is no such user flow.", returncode=2)
        for export in exports:
            self._analyse(export, options["again"])

    def _analyse(self, export: UserFlowExport, again: bool) -> None:
        looked_at = []
        try:
            changed = analyse_flow(export, again, lambda session, _: looked_at.append(session))
        except psycopg.Error as problem:
            raise CommandError(f"The store failed: {first_line(problem)}.", returncode=2) from None
        self.stdout.write(f"{export.name}: {len(looked_at):,} analysed, {changed:,} of them changed")
