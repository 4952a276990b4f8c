"""The rows of a table as history knows them at a position of the log: their digests, and single rows.

The database folds: the newest change of each key says what the row is now, and a table without a key holds what was
added to it less what was taken away. Rows that SQL alone cannot write down are folded here, one by one: those whose
last change did not send all values, those that were cut, and those of shapes that no present column follows from.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from statetrace_ui.history.models import Relation as StoredRelation
from statetrace_ui.history.models import Table
from statetrace_ui.history.present_sql import Cell, text_expression
from statetrace_ui.history.row_arrays import Columns, named
from statetrace_ui.history.table_state import Marker, row_after
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.records import Relation, Row
from statetrace_ui.wal.row_digests import SUMS, Digests, bucket_of, digest_of, whole

WORK_MEM = "64MB"
NO_VALUE = "\0"  # no text of PostgreSQL holds it, so a row with it equals none
# Shapes that a table had before are looked for among so many.
MOST_SHAPES = 200
MARKERS = """
SELECT id, kind, relation_id, old, old_absent, new, new_absent FROM history_change
WHERE source_id = %(source)s AND table_id = %(table)s AND record_key = '' AND kind = ANY ('{T,S,A,E}')
  AND NOT baseline AND id <= %(until)s AND transaction_id <> ALL (%(unseen)s) AND id >= COALESCE((
    SELECT id FROM history_change
    WHERE source_id = %(source)s AND table_id = %(table)s AND record_key = '' AND kind = ANY ('{T,S,E}')
      AND NOT baseline AND id <= %(until)s AND transaction_id <> ALL (%(unseen)s)
    ORDER BY id DESC LIMIT 1), 0)
ORDER BY id
"""
CHANGE = """
SELECT relation_id, record_key, old_record_key, old, old_absent, new, new_absent, cut FROM history_change
WHERE source_id = %(source)s AND id = %(id)s
"""
EARLIER = """
SELECT id, relation_id, old_record_key, new, new_absent, cut FROM history_change
WHERE source_id = %(source)s AND table_id = %(table)s AND record_key = %(key)s AND id < %(before)s AND id > %(since)s
  AND transaction_id <> ALL (%(unseen)s)
ORDER BY id DESC LIMIT 1
"""


class KnownRow(NamedTuple):
    """key: '' of a table without one. times: -1 of a row that was taken away there. id, side: where it is stored."""

    key: str
    digest: str
    times: int
    id: int
    side: str


@dataclass(frozen=True)
class Horizon:
    """What of history counts: the changes up to an id, but for transactions that the snapshot does not show."""

    until: int
    unseen: Sequence[int] = ()


# A value with what is known of all of it, if only its beginning was kept.
Stored = tuple[str | None, dict[str, Any] | None]


@dataclass(frozen=True)
class Known:
    """A row by its present columns; those of which nothing is known are missing. erased: its values were taken away."""

    values: dict[str, Stored]
    erased: bool = False

    @property
    def row(self) -> Row:
        return {name: text for name, (text, _) in self.values.items()}

    def stands_for(self, name: str) -> str | None:
        """What of the column goes into the row's digest."""
        return whole(*self.values.get(name, (NO_VALUE, None)))


class PresentRows:
    """The rows of one table. relation: as it is now at the source. mask_once: gives a text its digest, if it is none."""

    def __init__(self, source_id: int, relation: Relation, horizon: Horizon, masker: Masker) -> None:
        self._source_id, self._relation, self._horizon, self._masker = source_id, relation, horizon, masker
        table = Table.objects.filter(
            source_id=source_id, schema_name=relation.schema_name, table_name=relation.table_name
        ).first()
        self._parameters: dict[str, Any] = {
            "source": source_id,
            "table": table.pk if table else 0,
            "until": horizon.until,
            "unseen": list(horizon.unseen),
        }
        self._names = [name for name in relation.names if name not in relation.excluded]

    def digests(self, digits: int) -> Digests:
        """The sums of all rows. One statement, which sorts in the database."""
        found, special = Digests(digits), 0
        with _reading() as cursor:
            cursor.execute(self._summed(digits))
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
            self._bucket, sql.Literal(digits), sql.Literal(list(buckets))
        )
        with _reading() as cursor:
            for row in self._listed(cursor, named_so, sql.SQL("true")):
                if bucket_of(row.key, row.digest, digits) in wanted:
                    yield row

    def known(self, change_id: int, side: str = "new") -> Known:
        """The row that a change left, as it is now."""
        with connection.cursor() as cursor:
            return self._fold(cursor, change_id, side)

    # in SQL

    @cached_property
    def _shapes(self) -> dict[int, Columns]:
        shapes = StoredRelation.objects.filter(source_id=self._source_id, table_id=self._parameters["table"])
        return dict(shapes.order_by("-id").values_list("id", "columns")[:MOST_SHAPES])

    @cached_property
    def _markers(self) -> list[Marker[Stored]]:
        """What happened to the whole table since its rows last began anew."""
        with connection.cursor() as cursor:
            cursor.execute(MARKERS, self._parameters)
            found = cursor.fetchall()
        return [self._marker(*row) for row in found]

    def _marker(self, number: int, kind: str, relation_id: int, *arrays: Any) -> Marker[Stored]:
        old, old_absent, new, new_absent = arrays
        columns = self._columns(relation_id)
        values = named(columns, new, new_absent) or {}
        return Marker(
            number,
            kind,
            named(columns, old, old_absent) or {},
            {name: (value, None) for name, value in values.items()},
        )

    def _columns(self, relation_id: int) -> Columns:
        if relation_id not in self._shapes:
            [columns] = StoredRelation.objects.filter(source_id=self._source_id, id=relation_id).values_list(
                "columns", flat=True
            )
            self._shapes[relation_id] = columns
        return self._shapes[relation_id]

    @property
    def _since(self) -> int:
        """The id of what last began the table's rows anew; 0 if nothing did."""
        return self._markers[0].id if self._markers and self._markers[0].kind != "A" else 0

    def _text(self, side: str) -> sql.Composable:
        """Null of what must be folded here."""
        markers = [
            Marker(
                marker.id,
                marker.kind,
                marker.names_before,
                {name: Cell(sql.Literal(text), self._rule(name)) for name, (text, _) in marker.values.items()},
            )
            for marker in self._markers
            if marker.kind == "A"
        ]
        text = text_expression(self._relation, self._shapes, side, markers)
        return sql.SQL("CASE WHEN {} IS NULL AND cut IS NULL AND {} IS NOT NULL THEN {} END").format(
            sql.Identifier(f"{side}_absent"), sql.Identifier(side), text
        )

    def _rule(self, name: str) -> str:
        return "mask" if name in self._relation.masked else "keep"

    @property
    def _bucket(self) -> sql.Composable:
        return sql.SQL("sha256(convert_to(key, 'UTF8'))" if self._relation.key else "d")

    def _summed(self, digits: int) -> sql.Composable:
        sums = [
            sql.SQL(
                "COALESCE(sum({0}) FILTER (WHERE times > 0), 0) - COALESCE(sum({0}) FILTER (WHERE times < 0), 0)"
            ).format(sql.SQL(half))
            for half in SUMS
        ]
        return sql.SQL(
            "SELECT left(encode({bucket}, 'hex'), {digits}), COALESCE(sum(times) FILTER (WHERE d IS NOT NULL), 0),"
            " {sums}, count(*) FILTER (WHERE d IS NULL) FROM {rows} AS found GROUP BY 1"
        ).format(
            bucket=self._bucket,
            digits=sql.Literal(digits),
            sums=sql.SQL(", ").join(sums),
            rows=self._rows(sql.SQL("true")),
        )

    def _rows(self, only: sql.Composable) -> sql.Composable:
        """(key, id, side, times, d) of the rows that there are. only: a condition on keys, or else on digests."""
        return self._keyed_rows(only) if self._relation.key else self._signed_rows(only)

    def _keyed_rows(self, only: sql.Composable) -> sql.Composable:
        """A row that moved to another key is gone from its former one."""
        return sql.SQL(
            "(SELECT key, id, 'new' AS side, 1 AS times, d FROM ("
            ' SELECT DISTINCT ON (key COLLATE "C") key, id, there, d FROM ('
            "  SELECT record_key AS key, id, kind <> 'D' AS there, sha256(convert_to(record_key || {text}, 'UTF8')) AS d"
            "  FROM history_change WHERE {counts} AND record_key <> ''"
            "  UNION ALL SELECT old_record_key, id, false, NULL"
            "  FROM history_change WHERE {counts} AND old_record_key <> ''"
            ' ) AS event WHERE {only} ORDER BY key COLLATE "C", id DESC) AS last WHERE there)'
        ).format(text=self._text("new"), counts=self._counts, only=only)

    def _signed_rows(self, only: sql.Composable) -> sql.Composable:
        return sql.SQL(
            "(SELECT * FROM ("
            " SELECT '' AS key, id, 'new' AS side, 1 AS times, sha256(convert_to({new}, 'UTF8')) AS d"
            "  FROM history_change WHERE {counts} AND kind = ANY ('{{I,B,U}}')"
            " UNION ALL SELECT '', id, 'old', -1, sha256(convert_to({old}, 'UTF8'))"
            "  FROM history_change WHERE {counts} AND kind = ANY ('{{U,D}}')) AS event WHERE d IS NULL OR {only})"
        ).format(new=self._text("new"), old=self._text("old"), counts=self._counts, only=only)

    @property
    def _counts(self) -> sql.Composable:
        values = self._parameters
        return sql.SQL(
            "source_id = {source} AND table_id = {table} AND id > {since} AND id <= {until}"
            " AND transaction_id <> ALL ({unseen}::bigint[])"
        ).format(
            source=sql.Literal(values["source"]),
            table=sql.Literal(values["table"]),
            since=sql.Literal(self._since),
            until=sql.Literal(values["until"]),
            unseen=sql.Literal(values["unseen"]),
        )

    def _listed(self, cursor: CursorWrapper, only: sql.Composable, condition: sql.Composable) -> Iterator[KnownRow]:
        query = sql.SQL("SELECT key, id, side, times, encode(d, 'hex') FROM {} AS found WHERE {}").format(
            self._rows(only), condition
        )
        with cursor.cursor.connection.cursor("present_rows") as rows:
            rows.execute(query)
            for key, number, side, times, digest in rows:
                yield KnownRow(key, digest or self._digest(cursor, key, number, side), times, number, side)

    # row by row

    def _digest(self, cursor: CursorWrapper, key: str, number: int, side: str) -> str:
        known = self._fold(cursor, number, side)
        return digest_of(key, [known.stands_for(name) for name in self._names])

    def _fold(self, cursor: CursorWrapper, number: int, side: str) -> Known:
        """What a change left of a row, after the alterations that followed."""
        cursor.execute(CHANGE, {**self._parameters, "id": number})
        relation_id, key, old_key, old, old_absent, new, new_absent, cut = cursor.fetchone()
        array, absent = (new, new_absent) if side == "new" else (old, old_absent)
        values = self._stored(relation_id, array, absent, (cut or {}).get(side))
        if values is None:
            return Known({}, erased="erased" in (cut or {}))
        if absent and side == "new":
            names = {self._columns(relation_id)[place - 1]["name"] for place in absent}
            self._complete(cursor, values, names, number, old_key or key)
        after = row_after(values, number, self._markers) or {}
        return Known(
            {name: self._masked(value) if name in self._relation.masked else value for name, value in after.items()}
        )

    def _stored(self, relation_id: int, array: Any, absent: Any, marks: Any) -> dict[str, Stored] | None:
        row = named(self._columns(relation_id), array, absent)
        return None if row is None else {name: (text, (marks or {}).get(name)) for name, text in row.items()}

    def _complete(
        self, cursor: CursorWrapper, values: dict[str, Stored], missing: set[str], number: int, key: str
    ) -> None:
        """Add the values that a row's last change left untouched and did not send, from the changes before it."""
        markers = [marker for marker in self._markers if marker.id < number]
        before = number
        while missing:
            cursor.execute(EARLIER, {**self._parameters, "key": key, "before": before, "since": self._since})
            change = cursor.fetchone()
            if change is None:
                return
            before, relation_id, old_key, new, new_absent, cut = change
            earlier = self._stored(relation_id, new, new_absent, (cut or {}).get("new"))
            if earlier is None:
                return
            earlier = row_after(earlier, before, markers) or {}
            values.update({name: earlier[name] for name in missing & earlier.keys()})
            missing = missing - earlier.keys()
            key = old_key or key

    def _masked(self, value: Stored) -> Stored:
        """A text of before its column's rule, as the rule would have it."""
        text, mark = value
        if text is None:
            return value
        return self._masker.mask_once(f"sha256:{mark['sha256']}" if mark else text), None


@contextmanager
def _reading() -> Iterator[CursorWrapper]:
    """All statements see the same rows: what retention or masking does meanwhile is seen by none of them."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        yield cursor
