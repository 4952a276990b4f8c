"""`manage.py ask 'table:orders field:status new:=refunded'`: asks the history, and prints what matches."""

import os
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from statetrace_ui.history import search
from statetrace_ui.history.change_lines import FORMATS, Line, lines_of
from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.history.question.parsing import parse
from statetrace_ui.history.question.terms import Question
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = (
        "Prints the changes that a line asks for, newest first; docs/asking.md describes the language. What it prints"
        " comes while it looks, so it can be stopped at any time, and then says how far back it looked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("line", help='for example "table:orders field:status new:=refunded since:7d"')
        parser.add_argument("--format", choices=sorted(FORMATS), default="table")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")
        parser.add_argument("--limit", type=int, default=None, metavar="N", help="the newest N alone")

    def handle(self, *_: Any, line: str, organisation: str, limit: int | None, **options: Any) -> None:
        try:
            question = parse(line, timezone.now(), timezone.get_current_timezone())
            asked = Asked(find_organisation(organisation), question)
        except QuestionError as error:
            marked = f"{' ' * error.place}{'^' * max(1, error.length)}"
            self.stderr.write(f"{line}\n{marked}\n{error.sentence} {error.advice}")
            sys.exit(2)
        except UserError as error:
            self.stderr.write(error.sentence)
            sys.exit(2)
        self._print(asked, FORMATS[options["format"]](islice(asked.lines(), limit)))

    def _print(self, asked: "Asked", texts: Iterator[str]) -> None:
        try:
            for text in texts:
                self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:  # whoever reads has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
            self.stderr.write(asked.how_far)
        except KeyboardInterrupt:
            self.stderr.write(asked.how_far)
            sys.exit(130)


class Asked:
    """A question that is being answered. reached: the id from which on everything was looked at."""

    def __init__(self, organisation: Organisation, question: Question) -> None:
        self._organisation = organisation
        self._question = question
        self._reached: int | None = None

    def lines(self) -> Iterator[Line]:
        for step in search.steps(self._organisation, self._question):
            yield from lines_of(step.places)
            self._reached = step.reached

    @property
    def how_far(self) -> str:
        if self._reached == 0:
            return "Everything was looked at."
        at = None if self._reached is None else search.committed_at(self._organisation, self._reached)
        return f"Stopped. It looked back to {_written(at)}." if at else "Stopped before anything was looked at."


def _written(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %Z}"
