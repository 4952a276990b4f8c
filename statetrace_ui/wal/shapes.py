"""The shapes of published tables, and what tells that a table's rows changed without a row event.

Names and types of columns are not enough: `ALTER COLUMN … USING` and a column that is dropped and added again leave
both as they were. A rewrite changes the table's file, a new column its number, and a type that is altered the texts
of values which no row event concerns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from statetrace_ui.wal.connection import Connection
from statetrace_ui.wal.records import Column, Relation, Ruling
from statetrace_ui.wal.type_names import short_names

# The published tables, with partitions in place of the table that they belong to. Generated columns are not sent.
# Nothing in it locks a table, as pg_publication_tables and pg_relation_size() do: whoever looks must not have to wait
# for somebody who alters one table for hours.
SHAPES = """
SELECT c.oid::bigint, n.nspname, c.relname, c.relreplident::text,
       pg_catalog.array_agg(a.attname::text ORDER BY a.attnum),
       pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum),
       pg_catalog.array_agg(EXISTS (
            SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey)
               AND CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END) ORDER BY a.attnum),
       pg_catalog.array_agg(a.attnum::int ORDER BY a.attnum), c.relfilenode::bigint,
       (SELECT pg_catalog.string_agg(r.oid::text, ',' ORDER BY r.oid)
          FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
         WHERE p.pubname = ANY (%(publications)s)
           AND (r.prrelid = c.oid OR r.prrelid IN (SELECT relid FROM pg_catalog.pg_partition_ancestors(c.oid))))
       || COALESCE((SELECT ' ' || pg_catalog.string_agg(i.xmin::text, ',' ORDER BY i.inhrelid)
          FROM pg_catalog.pg_inherits i WHERE c.relispartition
           AND i.inhrelid IN (SELECT relid FROM pg_catalog.pg_partition_ancestors(c.oid))), ''),
       c.relpages::bigint * pg_catalog.current_setting('block_size')::int,
       COALESCE((SELECT k.oid::bigint FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p'), 0)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND EXISTS (
    SELECT FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
     WHERE p.pubname = ANY (%(publications)s)
       AND (r.prrelid = c.oid OR c.relispartition
            AND r.prrelid IN (SELECT relid FROM pg_catalog.pg_partition_ancestors(c.oid))))
GROUP BY c.oid, n.nspname, c.relname, c.relreplident, c.relfilenode, c.relispartition
ORDER BY n.nspname, c.relname
"""

# What decides the texts of values of types that users made, also inside arrays, domains, composites and ranges: one
# text for each label of an enum, and one for all attributes of a composite. Below 16384 are PostgreSQL's own types.
# A label that was renamed and back has another xmin: values were written in between under its other name.
TYPE_TEXTS = """
WITH RECURSIVE used (relid, type) AS (
    SELECT a.attrelid, a.atttypid FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = ANY (%s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384
    UNION
    SELECT u.relid, inner_type.oid
      FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.type
      CROSS JOIN LATERAL (
        SELECT t.typelem UNION ALL SELECT t.typbasetype
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                   WHERE t.typrelid <> 0 AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid
        UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE r.rngmultitypid = t.oid
      ) AS inner_type (oid)
     WHERE inner_type.oid >= 16384)
SELECT u.relid::bigint, pg_catalog.array_agg(part.text ORDER BY part.text)
  FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.type
  CROSS JOIN LATERAL (
    SELECT 'enum ' || e.oid || ' ' || e.xmin || ' ' || e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid
    UNION ALL
    SELECT 'composite ' || t.oid || ' ' || pg_catalog.string_agg(
               a.attnum || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a
     WHERE t.typrelid <> 0 AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped HAVING count(*) > 0
  ) AS part (text)
 GROUP BY u.relid
"""


RELATION = ("oid", "schema_name", "table_name", "replica_identity", "columns")


@dataclass(frozen=True)
class Shape:
    """A published table: the relation as the stream describes it, and what tells of changes without row events.

    numbers: pg_attribute's number of each column. file: changes when the table is rewritten or truncated. types: texts
    of the types that users made. membership: differs if the table left the publication in between, be it by itself or
    as a partition. key: the primary key's oid, 0 if there is none: a key that went and came back has another, and rows
    that were written in between are known without it. size: about that of the table in bytes; no part of the shape.
    """

    relation: Relation
    numbers: tuple[int, ...]
    file: int
    types: tuple[str, ...]
    membership: str = ""
    size: int = 0
    key: int = 0

    @property
    def oid(self) -> int:
        return self.relation.oid

    @property
    def table(self) -> tuple[str, str]:
        """(schema, name)."""
        return self.relation.schema_name, self.relation.table_name

    @property
    def name(self) -> str:
        return ".".join(self.table)

    @cached_property
    def _names_by_number(self) -> dict[int, str]:
        return dict(zip(self.numbers, self.relation.names, strict=False))

    def as_json(self) -> dict[str, Any]:
        return {
            **self.relation.as_json(),
            "numbers": list(self.numbers),
            "file": self.file,
            "types": list(self.types),
            "membership": self.membership,
            "key": self.key,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Shape":
        """Data without numbers, file and types come from a version that did not know them."""
        relation = {name: data[name] for name in RELATION}
        return cls(
            Relation.from_json(relation),
            tuple(data.get("numbers", ())),
            data.get("file", 0),
            tuple(data.get("types", ())),
            data.get("membership", ""),
            key=data.get("key", 0),
        )

    def names_before(self, before: "Shape") -> dict[str, str]:
        """The columns that had another name: {name now: name before}."""
        known = before._names_by_number
        names = self._names_by_number.items()
        return {name: known[number] for number, name in names if known.get(number, name) != name}

    def added_columns(self, before: "Shape") -> list[str]:
        """The columns that were not there before, also one that was dropped and added again under its name."""
        if not before.numbers:
            return [name for name in self.relation.names if name not in before.relation.names]
        return [name for number, name in self._names_by_number.items() if number not in before.numbers]

    def dropped_columns(self, before: "Shape") -> list[str]:
        """The columns that are gone."""
        if not before.numbers:
            return [name for name in before.relation.names if name not in self.relation.names]
        return [name for number, name in before._names_by_number.items() if number not in self.numbers]

    def is_comparable(self, before: "Shape") -> bool:
        """Whether rows known under the shape before can be recognised by their keys, which rules may have masked."""
        if self._has_another_key(before):
            return False
        key, key_before = (
            [(column.name, column.type, column.rule) for column in shape.relation.columns if column.key]
            for shape in (self, before)
        )
        return bool(key) and key == key_before and self.table == before.table

    def _has_another_key(self, before: "Shape") -> bool:
        """Whether the key was dropped and made again, as far as that is known."""
        return 0 not in (self.key, before.key) and self.key != before.key

    @cached_property
    def _columns(self) -> set[tuple[str, str, bool]]:
        """Without rules: a change of rules changes no row."""
        return {(column.name, column.type, column.key) for column in self.relation.columns}

    def must_be_read(self, before: "Shape") -> bool:
        """Whether rows may have changed without a row event. Dropping a column changes no other value."""
        return (
            self.file != before.file
            or self.membership != before.membership
            or not self._names_by_number.items() <= before._names_by_number.items()
            or not set(before.types) <= set(self.types)
            or not self._columns <= before._columns
            or self.table != before.table
            or self._has_another_key(before)
        )


def published_shapes(
    connection: Connection, publications: Sequence[str], ruling: Ruling = lambda relation: relation
) -> list[Shape]:
    """The shapes of the published tables under the rules of their columns, by name.

    Tables without columns, and those that are not stored at all, are left out.
    """
    rows = connection.execute(SHAPES, {"publications": list(publications)}).fetchall()
    short = short_names(connection, [name for row in rows for name in row[5]])
    types: dict[int, list[str]] = dict(connection.execute(TYPE_TEXTS, [[row[0] for row in rows]]).fetchall())
    shapes = [
        Shape(
            Relation(
                oid, schema, name, identity, tuple(map(Column, names, map(short.__getitem__, column_types), keys))
            ),
            tuple(numbers),
            file,
            tuple(types.get(oid, ())),
            membership,
            size,
            key,
        )
        for oid, schema, name, identity, names, column_types, keys, numbers, file, membership, size, key in rows
    ]
    ruled = [replace(shape, relation=ruling(shape.relation)) for shape in shapes]
    return [shape for shape in ruled if shape.relation.stored]
