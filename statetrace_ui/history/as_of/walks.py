"""Walks from the newest change of a row back to what made the row what it is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from statetrace_ui.history.as_of.folding import BEGINNINGS, Row, Step, fold
from statetrace_ui.history.as_of.tables import TableAt
from statetrace_ui.history.erasure.marks import erased_columns, is_erased
from statetrace_ui.history.models import Change, Transaction
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.excerpts import excerpts_after, excerpts_before, with_excerpts
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.ranges import Places, Range, fetched, newest
from statetrace_ui.history.queries.windows import windows
from statetrace_ui.history.row_arrays import names_at
from statetrace_ui.history.values import Values

AT_ONCE, MOST_WALKED = 50, 100  # changes of one row that are looked at for who set its fields
MOST_ROUNDS = 20  # of looking for values that were not sent
EVERY_RELATION = -1
# The newest change before another one that sent one of some values, or that says where to look further. Others are
# passed within the database.
SENT = """
    (SELECT id, baseline FROM history_change
     WHERE {branch} AND source_id = %(source)s AND table_id = %(table)s AND record_key = asked.key
       AND id < asked.before AND id >= %(first)s AND id < %(end)s
       AND (new IS NULL OR new_absent IS NULL OR relation_id <> asked.relation OR old_record_key <> ''
            OR NOT new_absent @> asked.places::smallint[])
     ORDER BY id DESC LIMIT 1)"""
SENDERS = f"""
SELECT asked.number, sent.id, sent.baseline
FROM unnest(%(numbers)s::int[], %(keys)s::text[], %(befores)s::bigint[], %(relations)s::int[], %(places)s::text[])
     AS asked (number, key, before, relation, places)
CROSS JOIN LATERAL ({SENT.format(branch="NOT baseline")} UNION ALL {SENT.format(branch="baseline")}
    ORDER BY id DESC LIMIT 1) AS sent
"""  # noqa: S608 - no text of others
Read = Callable[[TableAt, Places], list[Change]]


@dataclass
class Walk:
    """The changes of one row, newest first, as `listed_changes` reads them.

    key: under which the row's changes before these are found. ended: whether there are none that say more. unbroken:
    how many of them follow each other, so that they tell who set a field.
    """

    key: str
    changes: list[Change] = field(default_factory=list)
    ended: bool = False
    unbroken: int = 1

    @classmethod
    def of(cls, change: Change) -> "Walk":
        """One that begins with the row's last change."""
        walk = cls(change.record_key)
        walk.add(change)
        return walk

    def add(self, change: Change) -> None:
        """Add the one before those that are known."""
        self.changes.append(change)
        self.key = change.old_record_key or self.key
        self.ended = change.kind in (*BEGINNINGS, Change.Kind.DELETE) or is_erased(change.cut)


def walk_back(table: TableAt, key: str) -> Walk:
    """The row's newest changes up to the moment: to its beginning, or MOST_WALKED."""
    walk, end = Walk(key), table.moment.until + 1
    while not walk.ended and len(walk.changes) < MOST_WALKED:
        places = newest([Range(*table.ids, key=walk.key, first=table.since + 1, end=end)], AT_ONCE)
        for change in listed(table, places):
            walk.add(change)
            end = change.pk
            if walk.ended or change.old_record_key:
                break
        else:
            walk.ended = len(places) < AT_ONCE
    walk.unbroken = len(walk.changes)
    return walk


def row_of(table: TableAt, walk: Walk) -> Row:
    """The row as of the moment."""
    every = folded(walk.changes, table.alterations)
    known = folded(walk.changes[: walk.unbroken], table.alterations)
    return {name: known.get(name, found) for name, found in every.items()}


def columns_of(table: TableAt, walk: Walk) -> list[dict[str, Any]]:
    """The columns of the table as of the moment, as far as the row tells: as `Relation.columns` has them."""
    return [*walk.changes[:1], *(change for change in table.alterations if change.pk > walk.changes[0].pk)][-1].columns


def folded(changes: Sequence[Change], altered: Iterable[Change]) -> Row:
    """The row after the changes, given newest first, and after the alterations since the oldest of them."""
    if not changes:
        return {}
    steps = [*changes, *(change for change in altered if change.pk > changes[-1].pk)]
    return fold(map(step_of, sorted(steps, key=lambda change: change.pk)))


def step_of(change: Change) -> Step:
    return Step(
        change.pk,
        change.kind,
        [column["name"] for column in change.columns],
        excerpts_after(change),
        change.unchanged,
        erased_columns(change.cut),
        {name: str(before) for name, before in (_names_before(change) or {}).items()},
    )


def listed(table: TableAt, places: Places) -> list[Change]:
    """The changes with all that lists of changes show."""
    return fetched(listed_changes(table.limits), places, len(places)).rows


def plain(table: TableAt, places: Places) -> list[Change]:
    """The changes with their transactions alone, which are read apart: those of a table's rows lie far apart."""
    rows = with_excerpts(joined(Change.objects.all(), "relation", "table", without=["old", "new"]), table.limits)
    changes = fetched(rows, places, len(places)).rows
    of_source = Transaction.objects.filter(source=table.table.source_id)
    transactions = of_source.in_bulk({change.transaction_id for change in changes})
    known = [change for change in changes if change.transaction_id in transactions]
    for change in known:
        change.transaction = transactions[change.transaction_id]
    return known


def complete(table: TableAt, walks: Sequence[Walk], read: Read = listed) -> None:
    """Lengthen the walks until they hold the values that the rows' last changes did not send."""
    for _ in range(MOST_ROUNDS):
        lacking = [(walk, names) for walk in walks if not walk.ended and (names := _lacking(table, walk))]
        if not lacking:
            return
        found = _senders(table, lacking, read)
        for number, (walk, _) in enumerate(lacking):
            if change := found.get(number):
                walk.add(change)
            else:
                walk.ended = True


def _names_before(change: Change) -> Values | None:
    return excerpts_before(change) if change.kind == Change.Kind.ALTERED else None


def _lacking(table: TableAt, walk: Walk) -> list[str]:
    """The columns of the row after its last change whose values no change of the walk sent."""
    last = walk.changes[0]
    if not last.new_absent:
        return []
    row = folded(walk.changes, (change for change in table.alterations if change.pk < last.pk))
    return [name for name in names_at(last.columns, last.new_absent) if name not in row]


def _senders(table: TableAt, lacking: Sequence[tuple[Walk, list[str]]], read: Read) -> dict[int, Change]:
    """{place in `lacking`: the next change of the walk that matters}; those that have none are missing."""
    asked = [_asked(table, walk, names) for walk, names in lacking]
    newest_before = max(walk.changes[-1].pk for walk, _ in lacking)
    found: dict[int, tuple[int, bool]] = {}
    for first, end in windows(table.since + 1, newest_before):
        sought = [number for number in range(len(asked)) if number not in found]
        if not sought:
            break
        for number, pk, baseline in _run(table, [(number, *asked[number]) for number in sought], first, end):
            found[number] = pk, baseline
    places: Places = [(table.table.source_id, pk, baseline) for pk, baseline in found.values()]
    changes = {change.pk: change for change in read(table, places)}
    return {number: changes[pk] for number, (pk, _) in found.items() if pk in changes}


def _asked(table: TableAt, walk: Walk, names: Sequence[str]) -> tuple[str, int, int, str]:
    """(key, before, relation, places). Under other columns any change may have sent the values."""
    last, first = walk.changes[0], walk.changes[-1]
    if last.relation_id != first.relation_id or any(one.pk < last.pk for one in table.alterations):
        return walk.key, first.pk, EVERY_RELATION, "{}"
    places = [place for place, column in enumerate(last.columns, start=1) if column["name"] in names]
    return walk.key, first.pk, last.relation_id or 0, f"{{{','.join(map(str, places))}}}"


def _run(table: TableAt, asked: Sequence[tuple[Any, ...]], first: int, end: int) -> list[tuple[int, int, bool]]:
    numbers, keys, befores, relations, places = (list(column) for column in zip(*asked, strict=True))
    values: dict[str, Any] = {
        "source": table.table.source_id,
        "table": table.table.pk,
        "numbers": numbers,
        "keys": keys,
        "befores": befores,
        "relations": relations,
        "places": places,
        "first": first,
        "end": end,
    }
    with connection.cursor() as cursor:
        cursor.execute(SENDERS, values)
        return [(number, pk, baseline) for number, pk, baseline in cursor.fetchall()]
