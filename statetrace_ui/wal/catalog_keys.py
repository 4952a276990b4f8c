"""Which columns of tables refer to which others, as the catalogue of an audited database says now."""

from collections import defaultdict
from collections.abc import Sequence

from statetrace_ui.wal.connection import Connection
from statetrace_ui.wal.foreign_keys import ForeignKey

MOST_PARTITIONS = 20  # of a table that is referred to
# A table that refers may be a partition, which has the constraints of its parent as its own. One that is referred to is
# taken as its partitions, which have the rows; constraints that PostgreSQL keeps for each of them are passed over. Of a
# key with PERIOD (PostgreSQL 18) equal values say nothing.
FOREIGN_KEYS = """
WITH RECURSIVE refers AS (
    SELECT k.oid, k.conname, k.conrelid, k.confrelid, k.conkey, k.confkey FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'f' AND k.conrelid = ANY (%(tables)s::oid[])
      AND NOT COALESCE((pg_catalog.to_jsonb(k) ->> 'conperiod')::boolean, false)
      AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)),
member (root, relid) AS (
    SELECT DISTINCT confrelid, confrelid FROM refers
    UNION
    SELECT m.root, i.inhrelid FROM member m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.relid
      JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition),
leaf (root, relids) AS (
    SELECT m.root, pg_catalog.array_agg(m.relid) FROM member m
      JOIN pg_catalog.pg_class c ON c.oid = m.relid AND c.relkind = 'r'
     GROUP BY m.root HAVING pg_catalog.count(*) <= %(most)s)
SELECT t.oid::bigint,
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY key.place)
          FROM pg_catalog.unnest(r.conkey) WITH ORDINALITY AS key (number, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = key.number),
       n.nspname::text, c.relname::text,
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY key.place)
          FROM pg_catalog.unnest(r.confkey) WITH ORDINALITY AS key (number, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = r.confrelid AND a.attnum = key.number)
FROM pg_catalog.pg_class t
LEFT JOIN (refers r JOIN leaf l ON l.root = r.confrelid
           JOIN pg_catalog.pg_class c ON c.oid = ANY (l.relids)
           JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace) ON r.conrelid = t.oid
WHERE t.oid = ANY (%(tables)s::oid[])
ORDER BY t.oid, r.conname, n.nspname, c.relname
"""


def foreign_keys(connection: Connection, oids: Sequence[int]) -> dict[int, list[ForeignKey]]:
    """{oid: foreign keys, each once} of the tables that there are. No table is locked, and no right is needed."""
    found: dict[int, dict[ForeignKey, None]] = defaultdict(dict)
    values = {"tables": list(oids), "most": MOST_PARTITIONS}
    for oid, columns, schema, table, to in connection.execute(FOREIGN_KEYS, values):
        keys = found[oid]
        if columns:
            keys[ForeignKey(tuple(columns), schema, table, tuple(to))] = None
    return {oid: list(keys) for oid, keys in found.items()}
