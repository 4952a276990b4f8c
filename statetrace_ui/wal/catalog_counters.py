"""A cheap look at whether a database's catalogue has changed at all."""

from statetrace_ui.wal.connection import Connection

# What the server counts of writes to the catalogue's tables: a dozen look-ups in memory, however many tables there are.
# The counters reach the statistics some seconds late. Where the server does not count, every answer is another.
COUNTERS = """
SELECT CASE WHEN pg_catalog.current_setting('track_counts')::boolean THEN pg_catalog.string_agg(
           pg_catalog.pg_stat_get_tuples_inserted(c.oid) || ' ' || pg_catalog.pg_stat_get_tuples_updated(c.oid)
           || ' ' || pg_catalog.pg_stat_get_tuples_deleted(c.oid), ', ' ORDER BY c.oid)
       ELSE pg_catalog.clock_timestamp()::text END
FROM pg_catalog.pg_class c
WHERE c.oid = ANY (ARRAY['pg_catalog.pg_class', 'pg_catalog.pg_attribute', 'pg_catalog.pg_type', 'pg_catalog.pg_enum',
    'pg_catalog.pg_index', 'pg_catalog.pg_inherits', 'pg_catalog.pg_namespace', 'pg_catalog.pg_publication',
    'pg_catalog.pg_publication_rel', 'pg_catalog.pg_depend', 'pg_catalog.pg_auth_members',
    'pg_catalog.pg_constraint']::regclass[]::oid[])
"""


def read(connection: Connection) -> str:
    """The counters as a text that differs once something was written to the catalogue."""
    row = connection.execute(COUNTERS).fetchone()
    return str(row[0]) if row else ""
