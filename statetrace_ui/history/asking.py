"""What a request asks a list for: the line of its address, with the filters that older addresses and forms name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from statetrace_ui.history import queries
from statetrace_ui.history.asking_forms import FilterForm, LineForm
from statetrace_ui.history.question.editing import Part, line_excluding, line_with, line_without, parts_of
from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.history.question.parsing import parse
from statetrace_ui.history.question.terms import Choice, Question
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request

# Shown where nothing was found.
EXAMPLES = [
    ("table:orders kind:delete", "rows that were deleted"),
    ("field:status new:=refunded since:7d", "what became refunded in the last seven days"),
    ("actor:mei at:yesterday", "what somebody did yesterday"),
    ("url:/checkout/ -method:GET", "what was changed through a page"),
    ("outside since:24h", "what was changed without the application"),
]
AROUND = 40  # characters of the line on each side of what is wrong with it


@dataclass(frozen=True)
class Asked:
    """line: as the page shows it. form: the same as fields. typed: what the address says beside.

    error: what is wrong with the line; with it, or with errors of the form, nothing is asked.
    """

    line: str
    form: FilterForm
    typed: LineForm
    question: Question = field(default=Question())
    parts: Sequence[Part] = ()
    error: QuestionError | None = None

    @property
    def is_wrong(self) -> bool:
        return bool(self.error or self.form.errors)

    @property
    def rewrites(self) -> bool:
        """Whether the address is to be replaced by that of the line."""
        return self.typed.rewrites and not self.is_wrong

    @property
    def by_transaction(self) -> bool:
        """Whether changes are to be listed by transaction: by default, where only sources and a time are asked for."""
        narrowed = replace(self.question, sources=Choice(), start=None, end=None) != Question()
        return self.group == "transaction" or (not self.group and not narrowed)

    @property
    def address(self) -> str:
        """The query of the address that asks for the line alone."""
        return query_of(self.line, self.group)

    @property
    def group(self) -> str:
        """How somebody chose to have changes listed, which stays when the line changes; '' if nobody did."""
        return str(self.typed.cleaned_data["group"])

    @property
    def cleared(self) -> str:
        """The query that asks for everything."""
        return query_of("", self.group)

    @property
    def chips(self) -> list[tuple[Part, str]]:
        """The parts of the line, each with the query that asks for the others."""
        return [(part, query_of(line_without(self.parts, part), self.group)) for part in self.parts]

    def beyond(self, names: Collection[str]) -> list[Part]:
        """The parts of the line whose names are none of these; words are called ''."""
        return [part for part in self.parts if part.name not in names]

    @property
    def around(self) -> tuple[str, str, str]:
        """What is wrong with the line, between what stands before and after it."""
        if not self.error:
            return "", "", ""
        start, end = self.error.place, self.error.place + self.error.length
        return self.line[max(0, start - AROUND) : start], self.line[start:end], self.line[end : end + AROUND]

    @property
    def instead(self) -> str:
        """The query that asks for what was likely meant; '' if nothing is proposed."""
        if not self.error or not self.error.instead:
            return ""
        end = self.error.place + self.error.length
        return query_of(self.line[: self.error.place] + self.error.instead + self.line[end:], self.group)


def query_of(line: str, group: str = "") -> str:
    """The query of an address that asks for a line. group: how changes are listed; '' as the list likes."""
    return "?" + urlencode({name: value for name, value in {"q": line, "group": group}.items() if value})


def viewer_zone() -> tzinfo:
    return timezone.get_current_timezone()


def line_context(request: Request, asked: Asked, to: str) -> dict[str, Any]:
    """What the template of the line shows. to: the list that is asked, as `SavedQuestion.Asked` calls it."""
    return {
        "asked": asked,
        "to": to,
        "saved": queries.questions_of(request.organisation, request.user, to),
        "may_manage": request.membership.may_manage,
        "examples": EXAMPLES,
    }


def asked_by(request: Request, filters: type[FilterForm]) -> Asked:
    """Raises UserError (400) for what people do not type."""
    typed = parse_query(LineForm, request)
    line: str = typed.cleaned_data["q"]
    form = filters(request.GET, organisation=request.organisation, rest=line)
    if not form.is_valid():
        return Asked(line, form, typed)
    try:
        line = _written(line, form, typed)
        parts, question = parts_of(line), parse(line, timezone.now(), viewer_zone())
    except QuestionError as error:
        return Asked(line, filters(organisation=request.organisation), typed, error=error)
    return Asked(line, filters.showing(parts, question, request.organisation), typed, question, parts)


def _written(line: str, form: FilterForm, typed: LineForm) -> str:
    for part in form.terms():
        line = line_with(line, part)
    if typed.cleaned_data["only"]:
        line = line_with(line, typed.cleaned_data["only"])
    if typed.cleaned_data["without"]:
        line = line_excluding(line, typed.cleaned_data["without"])
    return line
