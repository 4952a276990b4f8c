"""Queries for all rows of a table at once, which the database folds and digests."""

from psycopg import sql

from statetrace_ui.history.present.expressions import Cell, text_expression
from statetrace_ui.history.present.table import TableHistory
from statetrace_ui.history.table_state import Marker
from statetrace_ui.wal.row_digests import SUMS


class TableQueries:
    """A digest is null of a row that SQL alone cannot write down, see `folding.py`."""

    def __init__(self, table: TableHistory) -> None:
        self._table = table

    def _text(self, side: str) -> sql.Composable:
        """Null of what must be folded here."""
        markers = [
            Marker(
                marker.id,
                marker.kind,
                marker.names_before,
                {name: Cell(sql.Literal(text), self._rule(name)) for name, (text, _) in marker.values.items()},
            )
            for marker in self._table.markers
            if marker.kind == "A"
        ]
        text = text_expression(self._table.relation, self._table.shapes, side, markers)
        return sql.SQL("CASE WHEN {} IS NULL AND cut IS NULL AND {} IS NOT NULL THEN {} END").format(
            sql.Identifier(f"{side}_absent"), sql.Identifier(side), text
        )

    def _rule(self, name: str) -> str:
        return "mask" if name in self._table.relation.masked else "keep"

    @property
    def bucket(self) -> sql.Composable:
        return sql.SQL("sha256(convert_to(key, 'UTF8'))" if self._table.relation.key else "d")

    def summed(self, digits: int) -> sql.Composable:
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
            bucket=self.bucket,
            digits=sql.Literal(digits),
            sums=sql.SQL(", ").join(sums),
            rows=self.rows(sql.SQL("true")),
        )

    def rows(self, only: sql.Composable) -> sql.Composable:
        """(key, id, side, times, d) of the rows that there are. only: a condition on keys, or else on digests."""
        return self._keyed_rows(only) if self._table.relation.key else self._signed_rows(only)

    def _keyed_rows(self, only: sql.Composable) -> sql.Composable:
        """A row that moved to another key is gone from its former one."""
        return sql.SQL(
            "(SELECT key, id, 'new' AS side, 1 AS times, d FROM ("
            ' SELECT DISTINCT ON (key COLLATE "C") key, id, there, d FROM ('
            "  SELECT record_key AS key, id, kind <> 'D' AS there,"
            "   sha256(convert_to(record_key || {text}, 'UTF8')) AS d"
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
        values = self._table.parameters
        return sql.SQL(
            "source_id = {source} AND table_id = {table} AND id > {since} AND id <= {until}"
            " AND transaction_id <> ALL ({unseen}::bigint[])"
        ).format(
            source=sql.Literal(values["source"]),
            table=sql.Literal(values["table"]),
            since=sql.Literal(self._table.since),
            until=sql.Literal(values["until"]),
            unseen=sql.Literal(values["unseen"]),
        )
