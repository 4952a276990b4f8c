"""The store's writer of relations: finds the rows of a table's name and shape, or adds them where they are new."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain.canonical import Section
from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.history.lines import NULL
from statetrace_ui.wal import records

# The newest shape of each table. A table that changes back to an older shape also gets a new row.
NEWEST_RELATIONS = """
SELECT DISTINCT ON (oid) id, table_id, oid, schema_name, table_name, replica_identity, columns
FROM history_relation WHERE source_id = %s AND oid = ANY (%s) ORDER BY oid, id DESC
"""
TABLE_OF_NAME = """
INSERT INTO history_table (source_id, schema_name, table_name) VALUES (%s, %s, %s)
ON CONFLICT (source_id, schema_name, table_name) DO UPDATE SET table_name = EXCLUDED.table_name RETURNING id
"""
INSERT_RELATION = """
INSERT INTO history_relation (source_id, table_id, oid, schema_name, table_name, replica_identity, columns, seen_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, now()) RETURNING id
"""


class Place(NamedTuple):
    """The ids of the rows of a table's shape and of its name; both NULL of what has no table."""

    relation_id: int | str
    table_id: int | str


NOWHERE = Place(NULL, NULL)


class RelationWriter:
    """Knows the newest stored shape, and its place, of each table that was asked for: {oid: (relation, place)}."""

    def __init__(self, cursor: CursorWrapper, source_id: int, chain: ChainWriter) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._chain = chain
        self._newest: dict[int, tuple[records.Relation | None, Place]] = {}

    def places(self, relations: Sequence[records.Relation]) -> list[Place]:
        """The places of the relations, in the order of `relations`, which is that of their changes."""
        self._load({relation.oid for relation in relations} - self._newest.keys())
        places: list[Place] = []
        latest: records.Relation | None = None
        for relation in relations:
            # Most changes concern the same table as the change before them, and share its relation's object.
            places.append(places[-1] if relation is latest else self._place(relation))
            latest = relation
        return places

    def _load(self, oids: Iterable[int]) -> None:
        missing = list(oids)
        if not missing:
            return
        self._newest.update(dict.fromkeys(missing, (None, NOWHERE)))
        self._cursor.execute(NEWEST_RELATIONS, [self._source_id, missing])
        for number, table_id, *shape in self._cursor.fetchall():
            relation = _relation(*shape)
            self._newest[relation.oid] = relation, Place(number, table_id)

    def _place(self, relation: records.Relation) -> Place:
        newest, place = self._newest[relation.oid]
        if relation is records.NO_TABLE:
            return NOWHERE
        if newest is not relation and newest != relation:  # comparing shapes is slow
            place = self._insert(relation)
        self._newest[relation.oid] = relation, place
        return place

    def _insert(self, relation: records.Relation) -> Place:
        name = [relation.schema_name, relation.table_name]
        self._cursor.execute(TABLE_OF_NAME, [self._source_id, *name])
        table_id = int(self._cursor.fetchone()[0])
        columns = orjson.dumps([column.as_json() for column in relation.columns]).decode()
        values: list[Any] = [self._source_id, table_id, relation.oid, *name, relation.replica_identity, columns]
        self._cursor.execute(INSERT_RELATION, values)
        number = int(self._cursor.fetchone()[0])
        self._chain.added(Section.RELATIONS, [number])
        return Place(number, table_id)


def _relation(oid: int, schema_name: str, table_name: str, replica_identity: str, columns: Any) -> records.Relation:
    """columns: as the database driver returns JSON, parsed or not."""
    parsed = orjson.loads(columns) if isinstance(columns, str) else columns
    shape = tuple(records.Column(**column) for column in parsed)
    return records.Relation(oid, schema_name, table_name, replica_identity, shape)
