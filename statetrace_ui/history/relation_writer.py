"""The store's writer of relations: finds the row of a table's shape, or adds one where the shape is new."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from statetrace_ui.wal import records

# The newest shape of each table. A table that changes back to an older shape also gets a new row.
NEWEST_RELATIONS = """
SELECT DISTINCT ON (oid) id, oid, schema_name, table_name, replica_identity, columns
FROM history_relation WHERE source_id = %s AND oid = ANY (%s) ORDER BY oid, id DESC
"""
INSERT_RELATION = """
INSERT INTO history_relation (source_id, oid, schema_name, table_name, replica_identity, columns, seen_at)
VALUES (%s, %s, %s, %s, %s, %s, now()) RETURNING id
"""


class RelationWriter:
    """Knows the newest stored shape, and its row's id, of each table that was asked for: {oid: (relation, id)}."""

    def __init__(self, cursor: CursorWrapper, source_id: int) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._newest: dict[int, tuple[records.Relation | None, int]] = {}

    def ids(self, relations: Sequence[records.Relation]) -> list[int | None]:
        """The ids of the relations' rows, in the order of `relations`, which is that of their changes.

        None for NO_TABLE.
        """
        self._load({relation.oid for relation in relations} - self._newest.keys())
        ids: list[int | None] = []
        latest: records.Relation | None = None
        for relation in relations:
            # Most changes concern the same table as the change before them, and share its relation's object.
            ids.append(ids[-1] if relation is latest else self._id(relation))
            latest = relation
        return ids

    def _load(self, oids: Iterable[int]) -> None:
        missing = list(oids)
        if not missing:
            return
        self._newest.update(dict.fromkeys(missing, (None, 0)))
        self._cursor.execute(NEWEST_RELATIONS, [self._source_id, missing])
        for number, *shape in self._cursor.fetchall():
            relation = _relation(*shape)
            self._newest[relation.oid] = relation, number

    def _id(self, relation: records.Relation) -> int | None:
        if relation is records.NO_TABLE:
            return None
        newest, number = self._newest[relation.oid]
        if newest is not relation and newest != relation:  # comparing shapes is slow
            number = self._insert(relation)
        self._newest[relation.oid] = relation, number
        return number

    def _insert(self, relation: records.Relation) -> int:
        values: list[Any] = [
            self._source_id,
            relation.oid,
            relation.schema_name,
            relation.table_name,
            relation.replica_identity,
            orjson.dumps([column.as_json() for column in relation.columns]).decode(),
        ]
        self._cursor.execute(INSERT_RELATION, values)
        return int(self._cursor.fetchone()[0])


def _relation(oid: int, schema_name: str, table_name: str, replica_identity: str, columns: Any) -> records.Relation:
    """columns: as the database driver returns JSON, parsed or not."""
    parsed = orjson.loads(columns) if isinstance(columns, str) else columns
    shape = tuple(records.Column(**column) for column in parsed)
    return records.Relation(oid, schema_name, table_name, replica_identity, shape)
