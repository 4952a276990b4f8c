"""Takes over an empty database of somebody else's server: makes the replica's tables in it."""

from replica.databases.server import Connection
from replica.exports.failures import NotEmpty
from replica.schema.definition import create_tables
from replica.schema.table_types import TABLE_TYPES

FOUND = """
SELECT relname::text FROM pg_catalog.pg_class
WHERE relnamespace = 'public'::pg_catalog.regnamespace AND relname = ANY(%s) ORDER BY 1
"""
IS_OURS = "SELECT pg_catalog.to_regclass('bookkeeping.session_revisions') IS NOT NULL"


def require_ours(target: Connection) -> None:
    """Make the tables, unless they are there already. Raises NotEmpty if others than this dashboard made them."""
    row = target.execute(IS_OURS).fetchone()
    found = [name for (name,) in target.execute(FOUND, [list(TABLE_TYPES.values())]).fetchall()]
    if found and not (row and row[0]):
        raise NotEmpty(
            f"The target's database has a table called {found[0]} already, which no dashboard made. Only an empty"
            " database is taken over: name another, or drop its tables."
        )
    create_tables(target)
