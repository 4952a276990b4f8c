"""The store's writer of annotations that were not understood: their beginnings, newest first, and a count of all."""

from collections import deque
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.annotations import excerpt
from statetrace_ui.wal.records import Row

# Kept for each source. Older ones go; people look at the newest, and an application may write a million of them.
MOST_KEPT = 1_000
COPY_UNREAD = "COPY history_unreadannotation (source_id, at, commit_lsn, reason, content) FROM STDIN"
DROP_OLD = """
DELETE FROM history_unreadannotation WHERE source_id = %s AND id <= (
    SELECT id FROM history_unreadannotation WHERE source_id = %s ORDER BY id DESC OFFSET %s LIMIT 1)
"""
ADD_COUNT = "UPDATE history_source SET unread_annotations = unread_annotations + %s WHERE id = %s"


class UnreadWriter:
    def __init__(self, cursor: CursorWrapper, source_id: int) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._newest: deque[tuple[int, datetime, int, str, str]] = deque(maxlen=MOST_KEPT)
        self._count = 0

    def add(self, row: Row, problems: tuple[str, ...], at: datetime, commit_lsn: int) -> None:
        self._newest.append((self._source_id, at, commit_lsn, " ".join(problems), excerpt(row)))
        self._count += 1

    def write(self) -> None:
        """To be called last in a transaction of ours, since it locks the source's row."""
        if not self._count:
            return
        with self._cursor.copy(COPY_UNREAD) as copy:
            for row in self._newest:
                copy.write_row(row)
        self._cursor.execute(DROP_OLD, [self._source_id, self._source_id, MOST_KEPT])
        self._cursor.execute(ADD_COUNT, [self._count, self._source_id])
