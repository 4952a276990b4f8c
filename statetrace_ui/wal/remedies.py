"""The statements that mend what a preflight finds, ready to be run as they are."""

from collections.abc import Iterable, Sequence

from psycopg import sql

from statetrace_ui.wal.catalog import Table

MOST_STATEMENTS = 200


def name(*parts: str) -> str:
    """A name, quoted."""
    return sql.Identifier(*parts).as_string()


def replicate(role: str) -> str:
    return f"ALTER ROLE {name(role)} REPLICATION;"


def publish(database: str, role: str) -> str:
    return f"GRANT CREATE ON DATABASE {name(database)} TO {name(role)};"


def identities(tables: Sequence[Table]) -> str:
    """Tables, and partitions, are told apart by whole rows. Only a primary key helps a partitioned table itself."""
    return _lines(_identity(member) for table in tables for member in table.lacking)


def _identity(member: str) -> str:
    kind, table = member[0], member[1:]
    return f"ALTER TABLE {table} {'ADD PRIMARY KEY (…)' if kind == 'p' else 'REPLICA IDENTITY FULL'};"


def default_identities(tables: Sequence[Table]) -> str:
    return _lines(f"ALTER TABLE {_of(table)} REPLICA IDENTITY DEFAULT;" for table in tables)


def ownership(tables: Sequence[Table]) -> str:
    """Membership in each of the owners."""
    return _lines(
        f"GRANT {name(owner)} TO {name(role)};" for owner, role in sorted({(t.owner, t.role) for t in tables})
    )


def reading(tables: Sequence[Table]) -> str:
    schemas = sorted({(table.schema_name, table.role) for table in tables})
    usage = [f"GRANT USAGE ON SCHEMA {name(schema)} TO {name(role)};" for schema, role in schemas]
    return _lines([*usage, *(f"GRANT SELECT ON {_of(table)} TO {name(table.role)};" for table in tables)])


def _of(table: Table) -> str:
    return name(table.schema_name, table.table_name)


def _lines(statements: Iterable[str]) -> str:
    found = list(statements)
    more = [f"-- and {len(found) - MOST_STATEMENTS} more"] if len(found) > MOST_STATEMENTS else []
    return "\n".join([*found[:MOST_STATEMENTS], *more])
