"""About how much of history's tables each source, and each of its tables, takes: by the server's own statistics.

Partitions and tables hold rows of all sources. Counting millions of rows every hour would cost more than the answer is
worth; ANALYZE keeps which values are how frequent. What is small is counted: few rows alter much of it at once.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history import partitions

# (table, its column that says whose the rows are): those that grow with what is captured.
OF_SOURCES = ("history_transaction", "history_action", "history_session")
COUNTED_BELOW = 64 * 1024 * 1024  # bytes
STATISTICS = """
SELECT c.relname, greatest(c.reltuples, 0)::float8, pg_table_size(c.oid), pg_total_relation_size(c.oid),
       s.most_common_vals::text::bigint[], s.most_common_freqs::float8[]
FROM pg_class AS c
LEFT JOIN pg_stats AS s ON s.schemaname = current_schema() AND s.tablename = c.relname AND s.attname = %s
WHERE c.relname = ANY (%s) AND c.relnamespace = current_schema()::regnamespace
"""
COUNT = "SELECT {column}, count(*) FROM {table} GROUP BY 1"
TABLES = "SELECT id, source_id, schema_name, table_name FROM history_table"


@dataclass
class Amount:
    rows: float = 0.0
    bytes: float = 0.0

    def add(self, rows: float, size: float) -> None:
        self.rows += rows
        self.bytes += size


@dataclass
class SourceSize:
    """changes: rows of history; tables: by their names, and the parts of it that are no changes."""

    whole: Amount = field(default_factory=Amount)
    tables: dict[str, Amount] = field(default_factory=lambda: defaultdict(Amount))


def measure_sources() -> dict[int, SourceSize]:
    """By the source's id."""
    found: dict[int, SourceSize] = defaultdict(SourceSize)
    with connection.cursor() as cursor:
        names = [leaf.name for leaf in partitions.leaves(cursor)]
        cursor.execute(TABLES)
        tables = {pk: (source, f"{schema}.{table}") for pk, source, schema, table in cursor.fetchall()}
        for table, rows, size in _shares(cursor, "table_id", names):
            if table in tables:
                source, name = tables[table]
                found[source].whole.add(rows, size)
                found[source].tables[name].add(rows, size)
        for source, _, size in _shares(cursor, "source_id", OF_SOURCES):
            found[source].whole.add(0, size)
            found[source].tables["sessions, actions and transactions"].add(0, size)
    return found


def _shares(cursor: CursorWrapper, column: str, tables: Iterable[str]) -> list[tuple[int, float, float]]:
    """(value of the column, about how many rows, about how many bytes), table by table."""
    cursor.execute(STATISTICS, [column, list(tables)])
    shares = []
    for name, rows, heap, size, values, frequencies in cursor.fetchall():
        known = dict(zip(values or (), frequencies or (), strict=True))
        if heap <= COUNTED_BELOW:
            rows, known = _counted(cursor, name, column)
        shares += [(value, rows * share, size * share) for value, share in known.items() if value is not None]
    return shares


def _counted(cursor: CursorWrapper, table: str, column: str) -> tuple[float, dict[int, float]]:
    cursor.execute(COUNT.format(column=column, table=table))
    counts: dict[int, int] = dict(cursor.fetchall())
    total = sum(counts.values())
    return float(total), {value: count / total for value, count in counts.items()}
