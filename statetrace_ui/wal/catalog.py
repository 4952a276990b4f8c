"""Reads the catalogue of an audited database: its tables, their columns and keys."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import sql

from statetrace_ui.wal.connection import Connection
from statetrace_ui.wal.protocol import RelationMessage
from statetrace_ui.wal.records import Column, Relation
from statetrace_ui.wal.type_names import short_names

ANNOTATIONS = "statetrace_annotations"  # the table of annotations, in any schema

# Every permanent table outside the system schemas; partitions count for the table that they belong to. A change names
# its row by the replica identity; PostgreSQL refuses UPDATE and DELETE on a published table that has none. (A partition
# gets its key from its parent, so a parent with a primary key stays safe when partitions are added.)
TABLES = """
SELECT c.oid::bigint, n.nspname, c.relname, c.relreplident::text, c.relkind::text,
       pg_has_role(c.relowner, 'USAGE') AS owned,
       has_table_privilege(c.oid, 'SELECT') AS readable,
       EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
               WHERE r.prrelid = c.oid AND p.pubname = %(publication)s) AS published,
       EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
               WHERE r.prrelid = c.oid AND p.pubname = %(inserts)s) AS inserts_published,
       ARRAY(SELECT leaf.relkind::text || leaf.oid::regclass::text
         FROM (SELECT c.oid AS relid UNION SELECT relid FROM pg_partition_tree(c.oid)) AS member
         JOIN pg_class leaf ON leaf.oid = member.relid
        WHERE NOT CASE
            WHEN leaf.relkind = 'p' OR leaf.relreplident = 'd' THEN EXISTS (
                SELECT FROM pg_index i WHERE i.indrelid = leaf.oid AND i.indisprimary AND i.indimmediate)
            WHEN leaf.relreplident = 'i' THEN EXISTS (
                SELECT FROM pg_index i WHERE i.indrelid = leaf.oid AND i.indisreplident)
            ELSE leaf.relreplident = 'f' END ORDER BY 1) AS lacking,
       (current_setting('server_version_num')::int >= 180000 AND EXISTS (
            SELECT FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> ''
               AND (c.relreplident = 'f' OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid
                                                    AND i.indisreplident AND a.attnum = ANY (i.indkey)))))
       AS generated_in_identity,
       pg_get_userbyid(c.relowner)::text AS owner, current_user::text AS role
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
  AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
"""

PRIMARY_KEY = """
SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = %s AND i.indisprimary
"""


class Table(NamedTuple):
    """A table with the properties that preflight checks: one row of TABLES.

    lacking: itself and its partitions, as far as they have no replica identity, each as `relkind` and qualified name.
    role: whoever asks.
    """

    oid: int
    schema_name: str
    table_name: str
    replica_identity: str
    kind: str
    owned: bool
    readable: bool
    published: bool
    inserts_published: bool
    lacking: list[str]
    generated_in_identity: bool
    owner: str
    role: str

    @property
    def name(self) -> str:
        return f"{self.schema_name}.{self.table_name}"

    @property
    def publishes_inserts_only(self) -> bool:
        """Whether it is an annotation table without a key: its inserts need none, and only they count."""
        return self.table_name == ANNOTATIONS and bool(self.lacking)

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema_name, self.table_name)


def tables(connection: Connection, publication: str) -> list[Table]:
    names = {"publication": publication, "inserts": inserts_name(publication)}
    return [Table(*row) for row in connection.execute(TABLES, names)]


def inserts_name(publication: str) -> str:
    """The name of the second publication beside `publication`, which publishes inserts alone."""
    return f"{publication}_inserts"


def members(connection: Connection, table: Table) -> set[int]:
    """The oids of the table and of its partitions."""
    query = "SELECT %s::bigint UNION SELECT relid::bigint FROM pg_catalog.pg_partition_tree(%s::oid)"
    return {oid for (oid,) in connection.execute(query, [table.oid, table.oid])}


UNKNOWN = "???"  # as format_type() names a type that does not exist


class Describer:
    """Turns relation messages into relations; asks the catalogue for type names and keys, which messages lack."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._types: dict[tuple[int, int], str] = {}

    def __call__(self, message: RelationMessage) -> Relation:
        self._learn_types([(column.type_oid, column.type_modifier) for column in message.columns])
        key = self._key(message)
        columns = tuple(
            Column(column.name, self._types.get((column.type_oid, column.type_modifier), UNKNOWN), column.name in key)
            for column in message.columns
        )
        return Relation(message.oid, message.schema_name, message.table_name, message.replica_identity, columns)

    def _key(self, message: RelationMessage) -> set[str]:
        """Under FULL the message flags every column as key, so the primary key is read from the catalogue."""
        if message.replica_identity != "f":
            return {column.name for column in message.columns if column.key}
        rows: Sequence[tuple[Any, ...]] = self._connection.execute(PRIMARY_KEY, [message.oid]).fetchall()
        key = {name for (name,) in rows}
        return key if key <= {column.name for column in message.columns} else set()

    def _learn_types(self, types: list[tuple[int, int]]) -> None:
        missing = [pair for pair in types if pair not in self._types]
        if not missing:
            return
        rows = self._connection.execute(
            "SELECT oid, modifier, format_type(oid::oid, modifier)"
            " FROM unnest(%s::bigint[], %s::int[]) AS wanted (oid, modifier)",
            [[oid for oid, _ in missing], [modifier for _, modifier in missing]],
        ).fetchall()
        short = short_names(self._connection, [name for _, _, name in rows])
        # A type may be of a transaction that has not ended: it is asked for again.
        known = {(oid, modifier): short[name] for oid, modifier, name in rows if not name.startswith(UNKNOWN)}
        self._types.update(known)
