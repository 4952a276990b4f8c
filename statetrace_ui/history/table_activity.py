"""What the page of a table's activity shows: bars over time, fields, and who made the changes; each leads to them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from statetrace_ui.history.activity import KindBar
from statetrace_ui.history.change_rows import ChangeRow
from statetrace_ui.history.diff import FieldKind
from statetrace_ui.history.models import Change, Session, Table, Transaction
from statetrace_ui.history.queries.table_activity import Activity, Who
from statetrace_ui.history.question.names import KINDS
from statetrace_ui.history.question.writing import term
from statetrace_ui.history.table_names import qualified_name

HOURS_AT_MOST = timedelta(days=2)  # of a longer time, bars are days
NAME_OF_KIND = {letter: name for name, letter in KINDS.items()}


@dataclass(frozen=True, slots=True)
class FieldCount:
    """How many of the updates altered a field. noise: whether it changes with every write."""

    name: str
    count: int
    noise: bool
    href: str


@dataclass(frozen=True)
class FieldCounts:
    """compared: how many updates were. unknown: of how many the row before is not known, so that they tell nothing."""

    fields: Sequence[FieldCount]
    compared: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Maker:
    """Whoever made changes. session: of an actor. href: '' where no question asks for what it made."""

    label: str
    count: int
    href: str
    session: Session | None = None
    outside: bool = False


class Lines:
    """Addresses of lists of the table's changes."""

    def __init__(self, table: Table) -> None:
        name = qualified_name(table.schema_name, table.table_name)
        self._table = f"{term('source', table.source.name)} {term('table', name)}"

    def __call__(self, *terms: str) -> str:
        return f"{reverse('history:changes')}?{urlencode({'q': ' '.join([self._table, *terms])})}"


def bars_of(activity: Activity, lines: Lines) -> list[KindBar]:
    """In order of time, of the kinds in theirs; of hours, or of days if there are many."""
    hours = [hour for hour, _ in activity.times]
    by_hour = bool(hours) and max(hours) - min(hours) < HOURS_AT_MOST
    counts: Counter[tuple[datetime, Change.Kind]] = Counter()
    for (hour, kind), count in activity.times.items():
        counts[hour if by_hour else hour.replace(hour=0), kind] += count
    order = list(Change.Kind)
    return [
        KindBar(at, by_hour, kind, count, lines(f"kind:{NAME_OF_KIND[kind]}", *_times(at, by_hour)))
        for (at, kind), count in sorted(counts.items(), key=lambda one: (one[0][0], order.index(one[0][1])))
    ]


def _times(at: datetime, by_hour: bool) -> list[str]:
    return [f"since:{at:%Y-%m-%dT%H:00}", f"until:{at:%Y-%m-%dT%H:59}"] if by_hour else [f"at:{at:%Y-%m-%d}"]


def fields_of(rows: Iterable[ChangeRow], lines: Lines) -> FieldCounts:
    """Of updates: the fields that changed most often first, what changes with every write last."""
    counts: Counter[str] = Counter()
    noise: dict[str, bool] = {}
    compared = unknown = 0
    for row in rows:
        kinds = {field.name: field.kind for field in row.fields}
        known = not (row.too_large or row.is_erased or FieldKind.UNKNOWN in kinds.values())
        compared, unknown = compared + known, unknown + (not known)
        noise |= {field.name: field.noise for field in row.fields}
        counts.update(name for name, kind in kinds.items() if kind == FieldKind.CHANGED)
    fields = [FieldCount(name, count, noise[name], lines(term("field", name))) for name, count in counts.items()]
    return FieldCounts(sorted(fields, key=lambda one: (one.noise, -one.count, one.name)), compared, unknown)


def makers_of(activity: Activity, lines: Lines, annotated: bool) -> list[Maker]:
    """Those first that made most. annotated: whether the source's application tells its actions."""
    found = (_maker(who, count, activity.sessions, lines, annotated) for who, count in activity.makers.items())
    return sorted(found, key=lambda one: (-one.count, one.label))


def _maker(who: Who, count: int, sessions: Mapping[Who, Session], lines: Lines, annotated: bool) -> Maker:
    session = sessions.get(who)
    if session:
        return Maker(str(session), count, lines(term("actor", who.actor_id)) if who.actor_id else "", session)
    if who.outside:
        return Maker(
            "outside the application" if annotated else "no action", count, lines("outside"), outside=annotated
        )
    if who.kind == Transaction.Kind.COMMIT:
        return Maker("actions without a session", count, "")
    return Maker(Transaction.Kind(who.kind).label.lower(), count, "")
