"""What is read for the metrics: a few queries of the dashboard's own database, each bounded, and the disk's figures."""

import shutil
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from statetrace_ui.capture.processes import SILENT_SECONDS

MOST_SOURCES = 2_000
# A worker without a heartbeat for so long counts as dead; see PROCRASTINATE_WORKER_DEFAULTS.
WORKER_SECONDS = 20

# Neither errors nor addresses: they may name hosts, roles and values. Recordings have no worker.
SOURCES = """
SELECT organisation.slug AS organisation, source.name AS source, source.status, source.lag_bytes,
       extract(epoch FROM source.seen_at)::float8 AS seen_at, extract(epoch FROM now() - source.seen_at)::float8 AS age,
       figures.transactions, figures.rows, figures.flushes, figures.flush_seconds, figures.errors,
       figures.lag_seconds, figures.retained_wal,
       (SELECT count(*) FROM history_gap AS gap WHERE gap.source_id = source.id AND gap.missed) AS gaps,
       EXISTS (SELECT 1 FROM history_gap AS gap WHERE gap.source_id = source.id AND gap.closed_at IS NULL)::int
           AS open_gap,
       extract(epoch FROM verified.finished_at)::float8 AS verified_at, (verified.outcome = 'clean')::int AS clean
FROM history_source AS source
JOIN web_organisation AS organisation ON organisation.id = source.organisation_id
LEFT JOIN capture_figures AS figures ON figures.source_id = source.id
LEFT JOIN LATERAL (
    SELECT finished_at, outcome FROM capture_verification
    WHERE source_id = source.id AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1) AS verified ON true
WHERE source.status <> 'recorded' AND source.url <> ''
ORDER BY organisation.slug, source.name LIMIT %s
"""
PROCESSES = """
SELECT (SELECT count(*) FROM capture_process WHERE beat_at > now() - make_interval(secs => %s)),
       (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s))
"""
PARTITIONS = "SELECT branch, sealed_at IS NOT NULL, count(*) FROM history_partition GROUP BY 1, 2 ORDER BY 1, 2"
SIZE = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True)
class Measures:
    """sources: rows of SOURCES as dicts. partitions: (branch, whether full, how many).

    database_bytes: by name; what could not be measured is left out.
    """

    sources: list[dict[str, Any]]
    capture_processes: int
    export_workers: int
    partitions: list[tuple[str, bool, int]] = field(default_factory=list)
    database_bytes: dict[str, int] = field(default_factory=dict)
    disk_free_bytes: int = 0
    disk_bytes: int = 0


def measure(sizes: dict[str, int]) -> Measures:
    """sizes: of the databases, which are not measured each time. Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute(SOURCES, [MOST_SOURCES])
        names = [column.name for column in cursor.description]
        sources = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        cursor.execute(PROCESSES, [SILENT_SECONDS, WORKER_SECONDS])
        processes, workers = cursor.fetchone()
        cursor.execute(PARTITIONS)
        partitions = cursor.fetchall()
    disk = shutil.disk_usage(settings.HOME)
    return Measures(sources, processes, workers, partitions, sizes, disk.free, disk.total)


def database_sizes() -> dict[str, int]:
    """The bytes of the dashboard's own database and of the store. One that does not answer is left out."""
    sizes = {}
    for name, url in (("dashboard", settings.DATABASE_URL), ("store", settings.STORE_URL)):
        try:
            with psycopg.connect(url, connect_timeout=3, options="-c statement_timeout=5s") as own:
                row = own.execute(SIZE).fetchone()
        except psycopg.Error:
            continue
        if row:
            sizes[name] = row[0]
    return sizes
