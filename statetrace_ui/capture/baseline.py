"""Tells people how far the first reading of a source's tables is, while the reading's own transaction is still open.

It also hears whether the source was paused or removed meanwhile.
"""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any, Self, TypeVar

from statetrace_ui.capture.locks import own_connection
from statetrace_ui.history.models import Source
from statetrace_ui.wal.connection import Connection, SourceError
from statetrace_ui.wal.readings import TableRows

Row = TypeVar("Row")
WRITE_SECONDS = 1.0
# A row of Python costs more than this look at the count; the clock is looked at less often.
LOOK_ROWS = 1_000
# Of a table that was never analysed the server knows the size alone: 100 bytes a row, say.
EXPECTED = """
SELECT oid::bigint, (CASE WHEN reltuples >= 0 THEN reltuples ELSE pg_relation_size(oid) / 100 END)::bigint
FROM pg_class WHERE oid = ANY(%s::oid[])
"""
BEGIN = """
INSERT INTO capture_baseline (source_id, began_at, waits_for)
SELECT id, now(), '[]' FROM history_source WHERE id = %s
ON CONFLICT (source_id) DO UPDATE SET began_at = now(), waits_for = '[]', reading_since = NULL, finished_at = NULL
"""
FORGET = "DELETE FROM capture_baselinetable WHERE baseline_id = %s"
WAITS = "UPDATE capture_baseline SET waits_for = to_jsonb(%s::text[]) WHERE source_id = %s"
READS = "UPDATE capture_baseline SET waits_for = '[]', reading_since = now() WHERE source_id = %s"
ENDED = "UPDATE capture_baseline SET finished_at = now() WHERE source_id = %s"
ADD = """
INSERT INTO capture_baselinetable (baseline_id, place, name, expected, rows)
SELECT source_id, wanted.place - 1, wanted.name, wanted.expected, 0
FROM capture_baseline, unnest(%(names)s::text[], %(expected)s::bigint[]) WITH ORDINALITY
    AS wanted (name, expected, place)
WHERE source_id = %(source)s
"""
COUNT = "UPDATE capture_baselinetable SET rows = %s WHERE (baseline_id, place) = (%s, %s)"
FINISH = "UPDATE capture_baselinetable SET rows = %s, finished_at = now() WHERE (baseline_id, place) = (%s, %s)"
WANTED = "SELECT status <> 'stopped' AND fence = %s FROM history_source WHERE id = %s"


class Progress:
    """Of one reading. It writes by a connection of its own, so that others see it before the reading ends."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._connection = own_connection()
        self._write_at = 0.0

    def __enter__(self) -> Self:
        self._connection.execute(BEGIN, [self._source.pk])
        self._connection.execute(FORGET, [self._source.pk])
        return self

    def __exit__(self, *failure: object) -> None:
        if failure == (None, None, None):
            self._connection.execute(ENDED, [self._source.pk])
        self._connection.close()

    def waits_for(self, transactions: Sequence[str]) -> None:
        """The slot waits until these have ended."""
        self._connection.execute(WAITS, [list(transactions), self._source.pk])

    def watched(self, connection: Connection, tables: Sequence[TableRows]) -> list[TableRows]:
        """The tables, counted while somebody reads them. connection: to the audited database."""
        oids = [table.shape.oid for table in tables]
        known: dict[int, int] = dict(connection.execute(EXPECTED, [oids]).fetchall())
        names = [table.shape.name for table in tables]
        expected = [known.get(oid, 0) for oid in oids]
        self._connection.execute(READS, [self._source.pk])
        self._connection.execute(ADD, {"names": names, "expected": expected, "source": self._source.pk})
        return [self._watched(place, table) for place, table in enumerate(tables)]

    def _watched(self, place: int, table: TableRows) -> TableRows:
        return replace(
            table, rows=self._counted(place, table.rows), with_writers=self._counted(place, table.with_writers)
        )

    def _counted(
        self, place: int, read: Callable[[], Generator[Row, None, None]]
    ) -> Callable[[], Generator[Row, None, None]]:
        def rows() -> Generator[Row, None, None]:
            count, source = 0, read()
            try:
                for row in source:
                    yield row
                    count += 1
                    if count % LOOK_ROWS == 0 and time.monotonic() >= self._write_at:
                        self._write(COUNT, count, place)
            finally:
                source.close()
            self._write(FINISH, count, place)

        return rows

    def _write(self, statement: str, count: int, place: int) -> None:
        self._connection.execute(statement, [count, self._source.pk, place])
        self._write_at = time.monotonic() + WRITE_SECONDS
        self.require_wanted()

    def require_wanted(self) -> None:
        """Raises SourceError if somebody has paused or removed the source meanwhile."""
        wanted: tuple[Any, ...] | None = self._connection.execute(
            WANTED, [self._source.fence, self._source.pk]
        ).fetchone()
        if wanted == (False,):
            raise SourceError(f"{self._source} was paused or removed while its tables were read.")
