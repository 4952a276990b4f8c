"""The partitions of history_change: made ahead of the ids that need them, listed, sealed, dropped.

history_change is divided by `baseline` into two branches, and each branch by ranges of ids. A partition is made as a
table of its own and then attached, which holds up neither readers nor writers. Its name says its branch and first id.
The database's catalogue alone says which partitions there are; `history_partition` notes what is known of full ones.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.partition_ranges import Range, missing_ranges
from statetrace_ui.web.locks import alone

BRANCHES = ("stream", "baseline")
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('statetrace history partitions', 0))"
PARTITIONS = """
SELECT branch.name, child.relname, pg_get_expr(child.relpartbound, child.oid)
FROM unnest(%s::text[]) AS branch (name)
JOIN pg_inherits ON inhparent = ('history_change_' || branch.name)::regclass
JOIN pg_class AS child ON child.oid = inhrelid
"""
BOUNDS = re.compile(r"FROM \('(\d+)'\) TO \('(\d+)'\)")
# The statements that make a partition. Each index serves one way of asking and ends in the id: the newest of a source,
# the newest of some kinds of a table, a record's history, also under its former key, and the former keys of a record.
# A table is one source's, so its id says the source. Entries of 16 bytes at most are the only ones of which PostgreSQL
# leaves full pages where they are added at many places: with the source, the index by kind would take twice as much.
MAKE = """
CREATE TABLE IF NOT EXISTS {name} (LIKE history_change_{branch} INCLUDING DEFAULTS);
ALTER TABLE {name} ADD PRIMARY KEY (source_id, id) WITH (fillfactor = 100);
CREATE INDEX {name}_kind ON {name} (table_id, kind, id) WITH (fillfactor = 100);
CREATE INDEX {name}_record ON {name} (table_id, record_key, id);
CREATE INDEX {name}_former ON {name} (table_id, old_record_key, id) WHERE old_record_key <> '';
CREATE INDEX {name}_renamed ON {name} (table_id, record_key, id) WHERE old_record_key <> '';
ALTER TABLE history_change_{branch} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end});
INSERT INTO history_partition (branch, name, first_id, end_id) VALUES ('{branch}', '{name}', {first}, {end})
ON CONFLICT DO NOTHING
"""
# Entries of indexes came in any order and left room between them.
PACK = "ALTER INDEX {name}_record SET (fillfactor = 100)"
# Not those for search (`search/building.py`), which are made at once.
INDEXES = """
SELECT indexrelid::regclass FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
WHERE indrelid = %s::regclass AND amname = 'btree' AND indisvalid
"""
HALF_MADE = "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = %s::regclass AND NOT indisvalid"
# Somebody who has written rows into a partition holds this lock until they are committed.
WRITTEN_TO = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = %s::regclass AND mode = 'RowExclusiveLock')"
NOTE_SEALED = """
INSERT INTO history_partition (branch, name, first_id, end_id, sealed_at, rows, bytes)
SELECT %s, %s, %s, %s, now(), (SELECT count(*) FROM {name}), pg_total_relation_size('{name}')
ON CONFLICT (name) DO UPDATE SET sealed_at = EXCLUDED.sealed_at, rows = EXCLUDED.rows, bytes = EXCLUDED.bytes
"""
LOCK_SECONDS = 5
ORDER = ("order of partitions", "")  # who packs partitions or makes indexes of them does so alone


@dataclass(frozen=True, slots=True)
class Leaf:
    """A partition with the ids from `first` until before `end`. branch: stream or baseline; name: of its table."""

    branch: str
    name: str
    first: int
    end: int
    sealed_at: datetime | None = None

    @property
    def ids(self) -> Range:
        return self.first, self.end


def leaves(cursor: CursorWrapper, *branches: str) -> list[Leaf]:
    """The partitions of these branches (of all, if none is named) in the order of their ids."""
    cursor.execute(PARTITIONS, [list(branches or BRANCHES)])
    found = [(branch, name, BOUNDS.search(bounds)) for branch, name, bounds in cursor.fetchall()]
    sealed = _sealed(cursor)
    every = [Leaf(branch, name, int(ids[1]), int(ids[2]), sealed.get(name)) for branch, name, ids in found if ids]
    return sorted(every, key=lambda leaf: (leaf.first, leaf.branch))


def ensure(cursor: CursorWrapper, branch: str, first: int, last: int) -> None:
    """See that the ids have partitions, and of the stream also those that will be taken soon.

    New partitions are committed at once, apart from the caller's transaction: others need them, too, and a baseline
    may go on for hours. Raises DatabaseError if they are needed now and cannot be made.
    """
    size: int = settings.HISTORY_PARTITION_IDS
    ahead = size // 2 if branch == "stream" else 0
    cursor.execute(PARTITIONS, [[branch]])
    known = [(int(ids[1]), int(ids[2])) for _, _, bounds in cursor.fetchall() if (ids := BOUNDS.search(bounds))]
    if not missing_ranges(known, first, last + ahead, size):
        return
    try:
        make(branch, first, last + ahead)
    except DatabaseError:
        if missing_ranges(known, first, last, size):
            raise  # else there is time to try again


def make(branch: str, first: int, last: int) -> None:
    """Make the partitions that ids from `first` to `last` lack, in a transaction of its own."""
    with _apart() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        make_in(cursor, branch, first, last)


def make_in(cursor: CursorWrapper, branch: str, first: int, last: int) -> None:
    """As `make`, in the caller's transaction."""
    cursor.execute(LOCK)
    known = [leaf.ids for leaf in leaves(cursor, branch)]
    for start, end in missing_ranges(known, first, last, settings.HISTORY_PARTITION_IDS):
        cursor.execute(MAKE.format(name=leaf_name(branch, start), branch=branch, first=start, end=end))


def leaf_name(branch: str, first: int) -> str:
    return f"history_change_{branch}_{first}"


def seal_full() -> list[str]:
    """Pack, vacuum, analyse and note the partitions that ids have passed; returns their names.

    Nothing is added to them any more, so that none of it is needed again unless rows are masked or removed. Not inside
    a transaction. Neither readers nor writers wait. Where somebody else does so, it is left to them: two that pack the
    same indexes at once would wait for each other.
    """
    sealed = []
    with alone(*ORDER) as mine, connection.cursor() as cursor:
        if not mine:
            return []
        reached = last_id(cursor)
        for leaf in leaves(cursor):
            if leaf.sealed_at or leaf.end > reached or _is_written_to(cursor, leaf):
                continue
            _pack(cursor, leaf)
            cursor.execute(f"VACUUM (FREEZE, ANALYZE) {leaf.name}")
            cursor.execute(NOTE_SEALED.format(name=leaf.name), [leaf.branch, leaf.name, *leaf.ids])
            sealed.append(leaf.name)
    return sealed


def lock(cursor: CursorWrapper, leaf: Leaf) -> None:
    """Keep everybody from a branch and its partition, in the order in which others lock them: so nobody waits forever.

    To be called before the caller's transaction touches either, or the chain.
    """
    cursor.execute(LOCK)
    cursor.execute(f"LOCK TABLE ONLY history_change_{leaf.branch}, {leaf.name} IN ACCESS EXCLUSIVE MODE")


def drop(cursor: CursorWrapper, leaf: Leaf) -> None:
    """Drop a partition with all its rows, in the caller's transaction, which should end soon: readers wait for it."""
    cursor.execute(LOCK)
    cursor.execute(f"DROP TABLE {leaf.name}")
    cursor.execute("DELETE FROM history_partition WHERE name = %s", [leaf.name])


def last_id(cursor: CursorWrapper) -> int:
    """The highest id that was taken for a change; 0 before the first."""
    cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM history_change_ids")
    return int(cursor.fetchone()[0])


def _sealed(cursor: CursorWrapper) -> dict[str, datetime]:
    cursor.execute("SELECT name, sealed_at FROM history_partition WHERE sealed_at IS NOT NULL")
    return dict(cursor.fetchall())


def _pack(cursor: CursorWrapper, leaf: Leaf) -> None:
    cursor.execute(PACK.format(name=leaf.name))
    cursor.execute(INDEXES, [leaf.name])
    for (index,) in cursor.fetchall():
        cursor.execute(f"REINDEX INDEX CONCURRENTLY {index}")
    cursor.execute(HALF_MADE, [leaf.name])  # by a run that was killed
    for (index,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX {index}")


def _is_written_to(cursor: CursorWrapper, leaf: Leaf) -> bool:
    cursor.execute(WRITTEN_TO, [leaf.name])
    return bool(cursor.fetchone()[0])


@contextmanager
def _apart() -> Iterator[CursorWrapper]:
    """A transaction on a connection of its own."""
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN")
            yield cursor
            cursor.execute("COMMIT")
    finally:
        own.close()
