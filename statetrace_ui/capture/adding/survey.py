"""What a database holds, before anything is captured of it: tables with their sizes, and columns that look secret."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from statetrace_ui.capture.patterns import Pattern
from statetrace_ui.capture.rules import Rules
from statetrace_ui.wal.catalog import Table
from statetrace_ui.wal.connection import Connection
from statetrace_ui.wal.records import Column

MOST_TABLES = 200
MOST_SECRETS = 500
# Of a table that was never analysed the server knows the size alone.
BYTES_OF_ROW = 100
SIZES = """
SELECT wanted.oid, coalesce(sum(CASE WHEN leaf.reltuples >= 0 THEN leaf.reltuples::float8
                                     ELSE pg_relation_size(leaf.oid) / %(bytes)s::float8 END), 0)::bigint,
       coalesce(sum(pg_table_size(leaf.oid)), 0)::bigint
FROM unnest(%(oids)s::bigint[]) AS wanted (oid)
CROSS JOIN LATERAL (
    SELECT wanted.oid::oid AS relid UNION SELECT relid FROM pg_partition_tree(wanted.oid::oid)) AS member
JOIN pg_class AS leaf ON leaf.oid = member.relid AND leaf.relkind = 'r'
GROUP BY wanted.oid
"""
# Partitions are captured under their own names.
COLUMNS = """
SELECT n.nspname, leaf.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM unnest(%(oids)s::bigint[]) AS wanted (oid)
CROSS JOIN LATERAL (
    SELECT wanted.oid::oid AS relid UNION SELECT relid FROM pg_partition_tree(wanted.oid::oid)) AS member
JOIN pg_class AS leaf ON leaf.oid = member.relid AND leaf.relkind = 'r'
JOIN pg_namespace AS n ON n.oid = leaf.relnamespace
JOIN pg_attribute AS a ON a.attrelid = leaf.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1, 2, a.attnum
"""


@dataclass(frozen=True)
class SeenTable:
    """rows: about how many."""

    name: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class SeenSecret:
    """A column that is masked unless somebody decides otherwise. pattern: its name as a rule has it."""

    pattern: str
    type: str
    why: str


@dataclass
class Survey:
    """tables: the largest; count, rows and bytes are of all. secrets: the first; secret_count is of all."""

    tables: list[SeenTable] = field(default_factory=list)
    secrets: list[SeenSecret] = field(default_factory=list)
    count: int = 0
    rows: int = 0
    bytes: int = 0
    secret_count: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        tables = [SeenTable(**table) for table in kept.get("tables", ())]
        secrets = [SeenSecret(**secret) for secret in kept.get("secrets", ())]
        return cls(**(kept | {"tables": tables, "secrets": secrets}))

    @property
    def further_tables(self) -> int:
        return self.count - len(self.tables)

    @property
    def further_secrets(self) -> int:
        return self.secret_count - len(self.secrets)


def survey(connection: Connection, tables: list[Table]) -> Survey:
    """What capture would take of the tables by the default rules."""
    names = {table.oid: table.name for table in tables}
    sizes = connection.execute(SIZES, {"oids": list(names), "bytes": BYTES_OF_ROW}).fetchall()
    seen = sorted((SeenTable(names[oid], *size) for oid, *size in sizes), key=lambda table: (-table.bytes, table.name))
    secrets = list(_secrets(connection, list(names)))
    return Survey(
        tables=seen[:MOST_TABLES],
        secrets=secrets[:MOST_SECRETS],
        count=len(tables),
        rows=sum(table.rows for table in seen),
        bytes=sum(table.bytes for table in seen),
        secret_count=len(secrets),
    )


def _secrets(connection: Connection, oids: list[int]) -> Iterator[SeenSecret]:
    rules = Rules()
    for schema, table, name, type_name in connection.execute(COLUMNS, {"oids": oids}):
        verdict = rules.of_column(schema, table, Column(name, type_name, False))
        if verdict.acts:
            yield SeenSecret(str(Pattern.of(schema, table, name)), type_name, verdict.why)
