"""`manage.py compare --flow NAME --base variant=fast --new variant=slow`: what changed, for people and for CI."""

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from replica.compare.selection import HELP
from replica.comparisons.reports import FORMATS
from replica.comparisons.rows import flow_row
from replica.comparisons.service import Compared, Question, compare
from replica.databases.reading import read_replica
from replica.queries.groups import flow_named
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_organisation

SLOWER = 3  # the exit status


class Command(BaseCommand):
    help = (
        f"Compares two groups of sessions of one user flow. {HELP} With --fail-if-slower it ends with status {SLOWER}"
        " where the flow got slower for sure; docs/comparing.md says when that is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--flow", required=True, metavar="NAME", help="the user flow's name or id")
        parser.add_argument("--base", required=True, metavar="SESSIONS", help="what it is compared with")
        parser.add_argument("--new", required=True, metavar="SESSIONS", help="what is compared")
        parser.add_argument("--with-excluded", action="store_true", help="count Excluded sessions, too")
        parser.add_argument("--format", choices=sorted(FORMATS), default="text")
        parser.add_argument(
            "--fail-if-slower",
            nargs="?",
            const=0.0,
            type=_percent,
            metavar="PERCENT",
            help=f"status {SLOWER} where it is clearly slower, by so much of the base's median or more",
        )
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            compared = _compared(options)
        except UserError as problem:
            raise CommandError(problem.sentence, returncode=2) from None
        self.stdout.write(FORMATS[options["format"]](compared, settings.PUBLIC_URL))
        limit = options["fail_if_slower"]
        if limit is not None and _is_slower(compared, limit):
            raise CommandError("The flow got slower.", returncode=SLOWER)


def _compared(options: dict[str, Any]) -> Compared:
    organisation = find_organisation(options["organisation"])
    zone = timezone.get_current_timezone()

    def read(alias: str) -> Compared:
        flow = flow_named(alias, options["flow"])
        question = Question(flow, options["base"], options["new"], options["with_excluded"])
        return compare(organisation, alias, question, zone)

    return read_replica(organisation, read)


def _is_slower(compared: Compared, least: float) -> bool:
    """Whether the flow is clearly slower, and by at least that share of the base's median."""
    flow = compared.comparison.flow
    base = flow_row(compared.comparison).base
    return compared.comparison.is_slower and base is not None and flow.size >= least * base


def _percent(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        share = -1.0
    if not 0 <= share < float("inf"):
        raise argparse.ArgumentTypeError(f"“{text}” is no percentage; write 10%")
    return share
