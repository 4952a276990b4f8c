"""What somebody who writes a question may mean: names of terms, then values that are really there.

Names of tables and columns are all looked at. What actions and sessions hold is taken of the newest of each source, so
that a suggestion costs the same in a large history.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Model, Value
from django.db.models.functions import Concat, Left

from statetrace_ui.history.models import Action, Session, Table
from statetrace_ui.history.queries.session_lists import sessions
from statetrace_ui.history.queries.sources import sources_of
from statetrace_ui.history.question.names import FLAGS, KINDS, NAMES
from statetrace_ui.history.question.terms import Choice, Question
from statetrace_ui.history.question.writing import term
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.models import Organisation

MOST = 10
NEWEST = 1_000  # actions or sessions of a source
LONGEST = 200
PERIODS = {
    "15m": "the last 15 minutes",
    "24h": "the last 24 hours",
    "7d": "the last 7 days",
    "today": "",
    "yesterday": "",
    "this-week": "from Monday on",
    "last-week": "Monday to Sunday",
    "last-month": "",
}
COLUMNS = """
SELECT DISTINCT named.name, named.name NOT ILIKE %(beginning)s AS later
FROM history_relation, jsonb_to_recordset(columns) AS named (name text)
WHERE source_id = ANY (%(sources)s) AND named.name ILIKE %(part)s ORDER BY later, name LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """text: what would stand in the line. meaning: of it, in words; '' if it says all."""

    text: str
    meaning: str = ""


def names_like(prefix: str, names: Iterable[str]) -> list[Suggestion]:
    """Terms whose names begin so. names: of those that the list can answer."""
    known = [Suggestion(f"{name}:", NAMES[name].meaning) for name in NAMES if name in names]
    known += [Suggestion(flag, FLAGS[flag]) for flag in FLAGS if flag in names]
    return [one for one in known if one.text.startswith(prefix.lower())]


def values_like(organisation: Organisation, name: str, prefix: str) -> list[Suggestion]:
    """Values of a term that are there and begin so, or hold the text."""
    find = VALUES.get(name)
    return list(find(organisation, prefix))[:MOST] if find else []


def _tables(organisation: Organisation, prefix: str) -> Iterator[Suggestion]:
    whole = Concat("schema_name", Value("."), "table_name")
    named = Table.objects.filter(source__in=sources_of(organisation)).alias(whole=whole)
    found = named.filter(whole__icontains=prefix).values_list("schema_name", "table_name").distinct()
    names = [qualified_name(*one).removeprefix("public.") for one in found.order_by("table_name", "schema_name")[:500]]
    yield from (Suggestion(term("table", one)) for one in _nearest(names, prefix))


def _fields(organisation: Organisation, prefix: str) -> Iterator[Suggestion]:
    literal = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    sources = list(sources_of(organisation).values_list("pk", flat=True))
    values: dict[str, Any] = {"sources": sources, "beginning": f"{literal}%", "part": f"%{literal}%", "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, values)
        yield from (Suggestion(term("field", column)) for column, _ in cursor.fetchall())


def _actors(organisation: Organisation, prefix: str) -> Iterator[Suggestion]:
    question = Question(actors=Choice((prefix,))) if prefix.strip() else Question()
    seen: dict[str, str] = {}
    for session in sessions(organisation, question).rows:
        if written := session.known_as:
            seen.setdefault(term("actor", written[:LONGEST]), str(session))
    yield from (Suggestion(text, name) for text, name in seen.items())


def _sources(organisation: Organisation, prefix: str) -> Iterator[Suggestion]:
    names = sources_of(organisation).values_list("name", flat=True)
    yield from (Suggestion(term("source", one)) for one in _nearest(names, prefix))


def _kinds(_: Organisation, prefix: str) -> Iterator[Suggestion]:
    yield from (Suggestion(f"kind:{one}") for one in _nearest(KINDS, prefix))


def _newest(name: str, model: type[Model], field: str, order: str) -> "Find":
    """Values of a column of the newest rows of each source, the most frequent first."""

    def find(organisation: Organisation, prefix: str) -> Iterator[Suggestion]:
        counted: Counter[str] = Counter()
        for source in sources_of(organisation):
            rows = model._default_manager.filter(source=source).order_by(order)
            counted.update(rows.values_list(Left(field, LONGEST), flat=True)[:NEWEST])
        yield from (Suggestion(term(name, one)) for one in _nearest([one for one, _ in counted.most_common()], prefix))

    return find


def _moments(name: str) -> "Find":
    def find(_: Organisation, prefix: str) -> Iterator[Suggestion]:
        yield from (Suggestion(f"{name}:{one}", PERIODS[one]) for one in PERIODS if one.startswith(prefix.lower()))

    return find


def _nearest(texts: Iterable[str], prefix: str) -> list[str]:
    """Those that hold the prefix, those that begin with it first; otherwise in their order."""
    held = [text for text in texts if text and prefix.lower() in text.lower()]
    return sorted(held, key=lambda text: not text.lower().startswith(prefix.lower()))[:MOST]


Find = Callable[[Organisation, str], Iterator[Suggestion]]
VALUES: dict[str, Find] = {
    "table": _tables,
    "field": _fields,
    "actor": _actors,
    "source": _sources,
    "kind": _kinds,
    "url": _newest("url", Action, "url", "-id"),
    "method": _newest("method", Action, "method", "-id"),
    "version": _newest("version", Action, "version", "-id"),
    "app": _newest("app", Session, "application_id", "-started_at"),
    "since": _moments("since"),
    "until": _moments("until"),
    "at": _moments("at"),
}
