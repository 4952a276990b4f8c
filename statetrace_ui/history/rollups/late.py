"""Moves counts of transactions whose actions are read after they were stored."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.models import UncountedActors, UncountedHistory
from statetrace_ui.history.rollups import writer
from statetrace_ui.history.rollups.spans import Fact

# Those of their changes that are counted; all others are counted with the actions that they have then.
COUNTED = """
SELECT x.id, x.committed_at, c.kind, count(*)
FROM unnest(%s::bigint[]) AS asked (id)
JOIN history_transaction AS x ON x.source_id = %s AND x.id = asked.id
CROSS JOIN LATERAL (
    SELECT kind FROM history_change
    WHERE source_id = %s AND NOT baseline AND id BETWEEN x.first_change AND x.last_change AND id >= %s
      AND transaction_id = x.id AND kind <> 'S') AS c
GROUP BY 1, 2, 3
"""


class Sessions(NamedTuple):
    """Sessions that actions of one transaction name: those that were read late, and those that were known."""

    late: set[int]
    known: set[int]


def take_back_outside(cursor: CursorWrapper, source_id: int, transactions: Collection[int]) -> None:
    """Count changes of these transactions within the application, and no longer from outside."""
    facts = [
        fact._replace(outside=outside, changes=-fact.changes if outside else fact.changes)
        for fact in _counted(cursor, source_id, UncountedHistory, transactions).values()
        for outside in (True, False)
    ]
    writer.add(cursor, source_id, facts)


def add_actors(cursor: CursorWrapper, source_id: int, named: Mapping[int, Sessions]) -> None:
    """Count changes of these transactions for actors for whom they are not counted."""
    every = {one for sessions in named.values() for both in sessions for one in both}
    actors = {number: told.actor for number, told in writer.counted_as(cursor, source_id, every).items()}
    facts = [
        fact._replace(sessions=[one for one in named[number].late if actors.get(one) not in known])
        for (number, _), fact in _counted(cursor, source_id, UncountedActors, named).items()
        for known in [{actors.get(one) for one in named[number].known}]
    ]
    writer.add_actors(cursor, source_id, facts)


def _counted(
    cursor: CursorWrapper,
    source_id: int,
    place: type[UncountedHistory] | type[UncountedActors],
    transactions: Collection[int],
) -> dict[tuple[int, str], Fact]:
    """(transaction, kind) → what is counted of it. Locked: who counts older changes at this moment is waited for."""
    noted = place.objects.select_for_update().filter(source=source_id).first()
    if noted is None:
        return {}
    cursor.execute(COUNTED, [list(transactions), source_id, source_id, noted.below])
    return {(number, kind): Fact(at, None, kind, False, count) for number, at, kind, count in cursor.fetchall()}
