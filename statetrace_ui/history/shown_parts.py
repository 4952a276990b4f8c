"""Which parts of a line the fields of a form can show, and with which values."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

from statetrace_ui.history.models import Source
from statetrace_ui.history.question.editing import Part
from statetrace_ui.history.question.lines import OPERATOR, Term
from statetrace_ui.history.question.names import KINDS, SYNONYMS
from statetrace_ui.history.question.terms import Operator, Question

DATED = re.compile(r"\d{4}-", re.ASCII)  # others move on with the time
MINUTE = timedelta(minutes=1)


def shown_values(
    parts: Sequence[Part], question: Question, sources: Iterable[Source], fields: Collection[str]
) -> tuple[dict[str, Any], list[Part]]:
    """(the values of fields, the parts that none of them shows)."""
    values: dict[str, Any] = {}
    rest = []
    ids = {source.name: source.pk for source in sources}
    for part in parts:
        found = {} if part.excluded else _values(part, question, ids)
        if found and not found.keys() & values.keys() and found.keys() <= set(fields):
            values |= found
        else:
            rest.append(part)
    return values, rest


def _values(part: Part, question: Question, ids: dict[str, int]) -> dict[str, Any]:
    """The fields that say what the part says; none if they cannot."""
    [*_, last] = part.terms
    match part.name:
        case "":
            return {}
        case "gap":
            return {"kind": "G"}
        case "outside":
            return {"outside": True}
        case "field":
            return _condition(part)
        case "kind":
            return {"kind": KINDS[SYNONYMS.get(last.value.lower(), last.value.lower())]}
        case "source":
            return {"source": ids[last.value]} if last.value in ids else {}
        case "since" | "until":
            return _moment(part.name, last.value, question)
    return {part.name: last.value}


def _condition(part: Part) -> dict[str, Any]:
    """Of a field there is one value before, and one after."""
    if len({term.name for term in part.terms}) < len(part.terms) or not all(term.value for term in part.terms):
        return {}
    return {term.name: _compared(term) for term in part.terms}


def _compared(term: Term) -> str:
    plain = term.operator in (None, Operator.EQUALS) and not OPERATOR.match(term.value)
    return term.value if plain else f"{term.operator}{term.value}"


def _moment(name: str, text: str, question: Question) -> dict[str, Any]:
    """Only whole minutes of a date."""
    moment = question.start if name == "since" else question.end
    if not moment or moment.second or moment.microsecond or not DATED.match(text):
        return {}
    return {name: moment if name == "since" else moment - MINUTE}
