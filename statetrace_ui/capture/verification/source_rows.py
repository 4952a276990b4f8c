"""The rows of one table of an audited database: their digests, summed up there, and single rows where they are wanted.

Rows are read by ranges of pages, each in a short transaction. Where a value cannot be digested there, since its digest
is keyed or it would be cut, rows are read and digested here, by what also makes the rows of a baseline.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg import sql

from statetrace_ui.capture.verification.shared_snapshot import SharedSnapshot
from statetrace_ui.wal import snapshot
from statetrace_ui.wal.connection import Connection, SourceError, readable_errors
from statetrace_ui.wal.records import MOST_KEY_BYTES, Change
from statetrace_ui.wal.row_digests import SUMS, Digests, bucket_of, digest_of, whole
from statetrace_ui.wal.row_limit import MOST_CHARACTERS
from statetrace_ui.wal.shapes import Shape

PAGE_BYTES = 8192
FIRST_PAGES, LEAST_PAGES, MOST_PAGES = 512, 16, 65_536
# A slice holds its lock about so long; the next one is larger or smaller.
SHORT_SECONDS, LONG_SECONDS = 0.3, 1.0
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 1.0
# Types whose texts need no escape in JSON.
PLAIN_TYPES = {"smallint", "integer", "bigint", "uuid"}
T = TypeVar("T")


class SourceRow(NamedTuple):
    """place: the row's address within the snapshot. digest: '' as long as the row has yet to be digested here."""

    key: str
    digest: str
    place: str


class SourceRows:
    """The rows of a table under a snapshot."""

    def __init__(
        self, moment: SharedSnapshot, shape: Shape, pause: Callable[[float], object], report: Callable[[int], None]
    ) -> None:
        self._moment, self._shape = moment, shape
        self._pause, self._report = pause, report
        self._relation = shape.relation
        self._names = [name for name in self._relation.names if name not in self._relation.excluded]
        self._table = sql.Identifier(*shape.table)
        self._by_rows = bool(self._relation.masked) or moment.server_encoding == "SQL_ASCII"

    def pages(self) -> int:
        """How large the table is."""
        return self._patiently(self._pages)

    def digests(self, digits: int) -> Digests:
        """The sums of all rows."""
        found = Digests(digits)
        large: list[str] = []
        if self._by_rows:
            for rows in self._slices(self._read):
                for row in rows:
                    found.add_row(row.key, row.digest)
                self._report(found.rows)
        else:
            for sums in self._slices(partial(self._summed, digits)):
                large += _add(found, sums)
                self._report(found.rows + len(large))
        for _, change in self.changes(large):
            found.add_row(change.record_key, self._digest(change))
        return found

    def rows(self, digits: int, buckets: Sequence[str]) -> Iterator[SourceRow]:
        """The rows of some buckets."""
        wanted = set(buckets)
        large: list[str] = []
        for rows in self._slices(self._read if self._by_rows else partial(self._listed, digits, list(buckets))):
            for row in rows:
                if not row.digest:
                    large.append(row.place)
                elif bucket_of(row.key, row.digest, digits) in wanted:
                    yield row
        for place, change in self.changes(large):
            row = SourceRow(change.record_key, self._digest(change), place)
            if bucket_of(row.key, row.digest, digits) in wanted:
                yield row

    def changes(self, places: Sequence[str]) -> Iterator[tuple[str, Change]]:
        """The rows at these places, as a baseline reads them."""
        for place in places:  # one by one: the rows may be large
            for change, _ in self._patiently(partial(self._rows_at, place=place)):
                yield place, change

    def _rows_at(self, connection: Connection, place: str) -> list[tuple[Change, str]]:
        condition = sql.SQL("ctid = {}::tid").format(sql.Literal(place))
        return list(snapshot.rows_where(connection, self._shape, condition))

    # slices

    def _slices(self, read: Callable[[sql.Composable, Connection], T]) -> Iterator[T]:
        """What `read` makes of each range of pages. The last has no end: the table may have grown."""
        last, first, pages = self.pages(), 0, FIRST_PAGES
        while True:
            end = first + pages if first + pages < last else None
            began = time.monotonic()
            yield self._patiently(partial(read, _range(first, end)))
            if end is None:
                return
            first, pages = end, _next_pages(pages, time.monotonic() - began)

    def _pages(self, connection: Connection) -> int:
        row = connection.execute("SELECT pg_relation_size(%s::oid)", [self._shape.oid]).fetchone()
        return -(-row[0] // PAGE_BYTES) if row and row[0] else 0

    def _patiently(self, read: Callable[[Connection], T]) -> T:
        """Read in a transaction of its own. Somebody who alters the table goes first."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with readable_errors(f"The table {self._shape.name} cannot be read"), self._moment.reading() as reader:
                    return read(reader)
            except SourceError as error:
                if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable) or time.monotonic() > deadline:
                    raise
            self._pause(PAUSE_SECONDS)

    def _summed(self, digits: int, pages: sql.Composable, connection: Connection) -> list[tuple[Any, ...]]:
        query = sql.SQL(
            "SELECT left(encode(bucket, 'hex'), {digits}), count(*), sum({first}), sum({second}),"
            " array_agg(place) FILTER (WHERE d IS NULL) FROM {digested} AS found GROUP BY 1"
        ).format(
            digits=sql.Literal(digits),
            first=sql.SQL(SUMS[0]),
            second=sql.SQL(SUMS[1]),
            digested=self._digested(pages),
        )
        return connection.execute(query).fetchall()

    def _listed(
        self, digits: int, buckets: list[str], pages: sql.Composable, connection: Connection
    ) -> list[SourceRow]:
        query = sql.SQL(
            "SELECT key, COALESCE(encode(d, 'hex'), ''), place FROM {digested} AS found"
            " WHERE d IS NULL OR left(encode(bucket, 'hex'), {digits}) = ANY ({buckets})"
        ).format(digested=self._digested(pages), digits=sql.Literal(digits), buckets=sql.Literal(buckets))
        return [SourceRow(*row) for row in connection.execute(query)]

    def _digested(self, pages: sql.Composable) -> sql.Composable:
        """(place, key, bucket, d): both digests are null of a row that must be digested here."""
        names = sql.SQL(", ").join(map(sql.Identifier, self._names))
        return sql.SQL(
            "(SELECT place, key, d, CASE WHEN d IS NULL THEN NULL WHEN key = '' THEN d"
            " ELSE sha256(convert_to(key, 'UTF8')) END AS bucket FROM ("
            " SELECT place, key, CASE WHEN octet_length(text) <= {most} AND octet_length(key) <= {most_key}"
            "  THEN sha256(convert_to(key || text, 'UTF8')) END AS d FROM ("
            "  SELECT ctid::text AS place, {key} AS key, textin(record_out(ROW({names}))) AS text"
            "  FROM ONLY {table} WHERE {pages} OFFSET 0) AS found OFFSET 0) AS digested OFFSET 0)"
        ).format(
            most=sql.Literal(MOST_CHARACTERS),
            most_key=sql.Literal(self._most_key),
            key=self._key(),
            names=names,
            table=self._table,
            pages=pages,
        )

    @property
    def _most_key(self) -> int:
        """A longer key may be capped; in other encodings its text may be shorter than in UTF-8."""
        return MOST_KEY_BYTES if self._moment.server_encoding == "UTF8" else MOST_KEY_BYTES // 4

    def _key(self) -> sql.Composable:
        """The record key, as `records.record_key` writes it."""
        key = [column for column in self._relation.columns if column.key]
        if not key:
            return sql.SQL("''::text")
        parts = [
            sql.SQL(
                """'"' || {}::text || '"'""" if column.type in PLAIN_TYPES else "to_json(format('%s', {}))::text"
            ).format(sql.Identifier(column.name))
            for column in key
        ]
        return sql.SQL("'[' || {} || ']'").format(sql.SQL(" || ',' || ").join(parts))

    def _read(self, pages: sql.Composable, connection: Connection) -> list[SourceRow]:
        found = snapshot.rows_where(connection, self._shape, pages)
        return [SourceRow(change.record_key, self._digest(change), place) for change, place in found]

    def _digest(self, change: Change) -> str:
        row, marks = change.new or {}, change.cut.get("new", {})
        return digest_of(change.record_key, [whole(row.get(name), marks.get(name)) for name in self._names])


def _add(found: Digests, sums: Sequence[tuple[Any, ...]]) -> list[str]:
    """Add a slice's sums; the places of rows that must be digested here."""
    large: list[str] = []
    for bucket, count, first, second, places in sums:
        if bucket is not None:
            found.add(bucket, count, int(first), int(second))
        large += places or []
    return large


def _range(first: int, end: int | None) -> sql.Composable:
    condition = sql.SQL("ctid >= {}::tid").format(sql.Literal(f"({first},0)"))
    if end is None:
        return condition
    return sql.SQL("{} AND ctid < {}::tid").format(condition, sql.Literal(f"({end},0)"))


def _next_pages(pages: int, seconds: float) -> int:
    if seconds > LONG_SECONDS:
        return max(LEAST_PAGES, pages // 2)
    return min(MOST_PAGES, pages * 2) if seconds < SHORT_SECONDS else pages
