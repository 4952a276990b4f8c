"""Partitions of which all is over: dropped whole, once the last states of living rows have left them."""

from collections.abc import Iterator, Sequence

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history import partitions
from statetrace_ui.history.chain.removal import removing_range
from statetrace_ui.history.partitions import Leaf
from statetrace_ui.history.retention.rules import REASON, Limit

# Readers wait behind whoever waits for this lock.
LOCK_SECONDS = 1
# Each part is one look-up by an index, or one for each table.
HOLDS_OTHERS = """
SELECT EXISTS (SELECT FROM {leaf} WHERE source_id < %(source)s)
    OR EXISTS (SELECT FROM {leaf} WHERE source_id > %(source)s)
    OR EXISTS (SELECT FROM unnest(%(kept)s::int[]) AS kept (table_id)
               JOIN {leaf} AS c ON c.source_id = %(source)s AND c.table_id = kept.table_id)
    OR EXISTS (SELECT FROM {leaf} WHERE source_id = %(source)s AND table_id IS NULL)
    OR EXISTS (SELECT FROM unnest(%(over)s::int[]) AS over (table_id)
               JOIN {leaf} AS c ON c.source_id = %(source)s AND c.table_id = over.table_id AND c.kind = ANY ('{{A,E}}'))
    OR EXISTS (SELECT FROM unnest(%(over)s::int[]) AS over (table_id)
               JOIN {leaf} AS c ON c.source_id = %(source)s AND c.table_id = over.table_id AND c.old_record_key <> '')
"""
TABLES = "SELECT id FROM history_table WHERE source_id = %s"


def parts(source_id: int, limits: Sequence[Limit], after: int) -> Iterator[tuple[int, Leaf | None]]:
    """The ids above `after` that are over, in parts: (the id before which the part ends, its partition).

    The partition is given where it holds nothing of other sources, and nothing that is not over.
    """
    end = max((limit.first_kept for limit in limits), default=0)
    with connection.cursor() as cursor:
        found = [leaf for leaf in partitions.leaves(cursor, "stream") if after + 1 < leaf.end <= end and leaf.sealed_at]
        whole = [leaf for leaf in found if not _holds_others(cursor, leaf, source_id, limits)]
    for leaf in whole:
        yield leaf.first, None
        yield leaf.end, leaf
    yield end, None


def drop(leaf: Leaf, source_id: int, limits: Sequence[Limit]) -> int | None:
    """Drop the partition; returns how many changes went, None if it is in use or holds more now."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            partitions.lock(cursor, leaf)
            if _holds_others(cursor, leaf, source_id, limits):
                return None
            cursor.execute(f"SELECT count(*) FROM {leaf.name}")  # noqa: S608 - a name of ours
            (rows,) = cursor.fetchone()
            removing_range(cursor, source_id, leaf.first, leaf.end - 1, REASON)
            partitions.drop(cursor, leaf)
            return int(rows)
    except OperationalError:
        return None


def _holds_others(cursor: CursorWrapper, leaf: Leaf, source_id: int, limits: Sequence[Limit]) -> bool:
    """Whether it has rows of other sources, or of tables that are not over to its end, or that stay, such as gaps.

    Changes of keys are removed one by one, after what they hide.
    """
    cursor.execute(TABLES, [source_id])
    over = {limit.table_id for limit in limits if limit.first_kept >= leaf.end}
    kept = [number for (number,) in cursor.fetchall() if number not in over]
    cursor.execute(HOLDS_OTHERS.format(leaf=leaf.name), {"source": source_id, "kept": kept, "over": list(over)})
    return bool(cursor.fetchone()[0])
