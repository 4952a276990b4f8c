"""The rows of a table as history knows them at a position of the log: their digests, and single rows.

The database folds: the newest change of each key says what the row is now, and a table without a key holds what was
added to it less what was taken away. Rows that SQL alone cannot write down are folded here, one by one: those whose
last change did not send all values, those that were cut, and those of shapes that no present column follows from.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from statetrace_ui.history.erasure.replaced_keys import ReplacedKeys
from statetrace_ui.history.present.folding import Known, RowFolder
from statetrace_ui.history.present.horizon import Horizon
from statetrace_ui.history.present.queries import TableQueries
from statetrace_ui.history.present.table import TableHistory
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.records import Relation
from statetrace_ui.wal.row_digests import Digests, bucket_of, digest_of

WORK_MEM = "64MB"
BATCH = 200  # rows that are folded at once


class KnownRow(NamedTuple):
    """key: '' of a table without one. times: -1 of a row that was taken away there. id, side: where it is stored."""

    key: str
    digest: str
    times: int
    id: int
    side: str


class PresentRows:
    """The rows of one table. relation: as it is now at the source.

    is_replaced: whether a key, of which nothing is known, is one that an erasure replaced.
    """

    def __init__(self, source_id: int, relation: Relation, horizon: Horizon, masker: Masker) -> None:
        table = TableHistory(source_id, relation, horizon)
        self._queries, self._folder = TableQueries(table), RowFolder(table, masker)
        self.is_replaced = ReplacedKeys(source_id, table.parameters["table"]).has
        self._names = [name for name in relation.names if name not in relation.excluded]

    def digests(self, digits: int) -> Digests:
        """The sums of all rows. One statement, which sorts in the database."""
        found, special = Digests(digits), 0
        with _reading() as cursor:
            cursor.execute(self._queries.summed(digits))
            for bucket, rows, first, second, more in cursor.fetchall():
                if bucket is not None:
                    found.add(bucket, rows, int(first), int(second))
                special += more
            if special:
                for row in self._listed(cursor, sql.SQL("true"), sql.SQL("d IS NULL")):
                    found.add_row(row.key, row.digest, row.times)
        return found

    def rows(self, digits: int, buckets: Sequence[str]) -> Iterator[KnownRow]:
        """The rows of some buckets; of a table without a key, everything that was added or taken away there."""
        wanted = set(buckets)
        named_so = sql.SQL("left(encode({}, 'hex'), {}) = ANY ({})").format(
            self._queries.bucket, sql.Literal(digits), sql.Literal(list(buckets))
        )
        with _reading() as cursor:
            for row in self._listed(cursor, named_so, sql.SQL("true")):
                if bucket_of(row.key, row.digest, digits) in wanted:
                    yield row

    def known(self, change_id: int, side: str = "new") -> Known:
        """The row that a change left, as it is now."""
        with connection.cursor() as cursor:
            return next(self._folder.fold(cursor, [(change_id, side)]))

    def _listed(self, cursor: CursorWrapper, only: sql.Composable, condition: sql.Composable) -> Iterator[KnownRow]:
        """only, condition: what rows are wanted, said before and after the database has folded."""
        query = sql.SQL("SELECT key, id, side, times, encode(d, 'hex') FROM {} AS found WHERE {}").format(
            self._queries.rows(only), condition
        )
        with cursor.cursor.connection.cursor("present_rows") as rows:
            rows.execute(query)
            while batch := rows.fetchmany(BATCH):
                yield from self._digested(cursor, batch)

    def _digested(self, cursor: CursorWrapper, batch: Sequence[tuple[Any, ...]]) -> Iterator[KnownRow]:
        """The rows with their digests, which are null of those that are folded here."""
        special = [(number, side) for _, number, side, _, digest in batch if digest is None]
        folded = self._folder.fold(cursor, special) if special else iter(())
        for key, number, side, times, digest in batch:
            yield KnownRow(key, digest or self._digest(key, next(folded)), times, number, side)

    def _digest(self, key: str, known: Known) -> str:
        return digest_of(key, [known.stands_for(name) for name in self._names])


@contextmanager
def _reading() -> Iterator[CursorWrapper]:
    """All statements see the same rows: what retention or masking does meanwhile is seen by none of them."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        yield cursor
