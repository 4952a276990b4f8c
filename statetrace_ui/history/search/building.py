"""Makes the search indexes of partitions, of what nothing is added to any more, so that writers pay nothing.

A full partition has one index. Until it is full it has one for each slice of ids that were passed, so that little is
left to be looked through; small slices are united, so that the planner weighs few indexes. Neither readers nor writers
wait, and what comes late into a slice is indexed all the same.
"""

from itertools import pairwise, takewhile
from typing import NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.partitions import Leaf, last_id, leaves

# fastupdate: entries that wait to be sorted in would be read by every search.
MAKE = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON {name}
USING gin (history_search_terms(new, old)) WITH (fastupdate = off)
"""
# A query whose bounds lie within the slice enters this index, if they are constants.
MAKE_SLICE = MAKE + "WHERE id >= {first} AND id < {end}"
INVALID = "SELECT indexrelid::regclass FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
MISSING = "SELECT name, sealed_at IS NOT NULL, slice_ends FROM history_partition WHERE NOT searchable"
SLICE = "SELECT oid::regclass FROM pg_class WHERE relkind = 'i' AND oid = to_regclass(%s)"
SLICES = "SELECT oid::regclass FROM pg_class WHERE relkind = 'i' AND starts_with(relname, %s)"
NOTE = "UPDATE history_partition SET searchable = true, slice_ends = '{}' WHERE name = %s"
NOTE_SLICES = "UPDATE history_partition SET slice_ends = %s WHERE name = %s"
LEAST_SLICE, UNITED_SLICE = 1 << 16, 1 << 19  # ids


class _Missing(NamedTuple):
    name: str
    is_sealed: bool
    slice_ends: list[int]


def build_missing() -> list[str]:
    """Index what has no index yet; returns the names of the indexes. Not inside a transaction.

    One that was killed is begun anew.
    """
    with connection.cursor() as cursor:
        cursor.execute(MISSING)
        missing = {row[0]: _Missing(*row) for row in cursor.fetchall()}
        reached = last_id(cursor)
        known = [(leaf, missing[leaf.name]) for leaf in reversed(leaves(cursor)) if leaf.name in missing]
        made = [_whole(cursor, leaf) if one.is_sealed else _slice(cursor, leaf, one, reached) for leaf, one in known]
    return [name for name in made if name]


def _whole(cursor: CursorWrapper, leaf: Leaf) -> str:
    index = f"{leaf.name}_search"
    _make(cursor, leaf, index, MAKE.format(index=index, name=leaf.name))
    cursor.execute(NOTE, [leaf.name])
    _drop(cursor, SLICES, f"{index}_")
    return index


def _slice(cursor: CursorWrapper, leaf: Leaf, missing: _Missing, reached: int) -> str:
    """Of the ids since the last slice, with the small slices before it if all are enough; '' while they are few."""
    bounds, end = [leaf.first, *missing.slice_ends], min(reached + 1, leaf.end)
    if end - bounds[-1] < LEAST_SLICE:
        return ""
    kept, united = _divided(bounds, end)
    index = f"{leaf.name}_search_{end}"
    _make(cursor, leaf, index, MAKE_SLICE.format(index=index, name=leaf.name, first=kept[-1], end=end))
    cursor.execute(NOTE_SLICES, [[*kept[1:], end], leaf.name])
    for former in united:
        _drop(cursor, SLICE, f"{leaf.name}_search_{former}")
    return index


def _divided(bounds: list[int], end: int) -> tuple[list[int], list[int]]:
    """Bounds of the slices that stay, and ends of those that the slice until before `end` takes in.

    It takes in all the small ones before it, or none. bounds: the first id of the partition, and the end of each slice.
    """
    widths = [after - before for before, after in pairwise(bounds)]
    small = len(list(takewhile(lambda width: width < UNITED_SLICE, reversed(widths))))
    stays = len(bounds) - small
    return (bounds[:stays], bounds[stays:]) if end - bounds[stays - 1] >= UNITED_SLICE else (bounds, [])


def _make(cursor: CursorWrapper, leaf: Leaf, index: str, statement: str) -> None:
    _drop(cursor, INVALID, index)
    cursor.execute(statement)
    cursor.execute(f"ANALYZE {leaf.name}")  # how frequent a term is decides whether the index is worth entering


def _drop(cursor: CursorWrapper, query: str, name: str) -> None:
    """The indexes that the query finds by the name."""
    cursor.execute(query, [name])
    for (index,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX CONCURRENTLY {index}")
