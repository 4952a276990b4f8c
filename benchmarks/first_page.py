"""How long the first page takes, as of 30 million changes of a year, and with 200 user flows in a replica.

The counts are written by SQL and not by the store: as they are a year after 3 sources began, of 200 tables, 5,000
actors and 740,000 sessions, with what weeding leaves of them. The changes themselves are not there: the page does not
read them. Everything else is real: schema, indexes, statistics, Django's test client. One embedded server of its own.

Run: python -m benchmarks.first_page [--visits N] [--flows N] [--folder DIR]
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

from benchmarks.own_site import own_site

CHANGES, DAYS = 30_000_000, 365
SOURCES, TABLES, ACTORS, SESSIONS = 3, 67, 1_667, 4  # each after the first: of a source; sessions of ten days and actor
LIMIT_MS = 150
# {first}: where the first ten days begin; a session's number follows from its source, time, actor and place.
NUMBER = """(((%(nth)s::bigint * 37 + floor(extract(epoch FROM {at} - %(first)s) / 864000)::int) * %(actors)s + {actor})
            * %(sessions)s + {place} + 1)"""
ACTOR = "(n + extract(epoch FROM at)::bigint / seconds)::int %% %(actors)s"
FILL = f"""
INSERT INTO history_session (
    id, source_id, key, actor_id, actor_full_name, actor_email, actor_avatar, client_user_agent, application_id,
    application_type, announced, started_at, last_at, action_count, change_count)
SELECT {NUMBER.format(at="at", actor="n", place="k")}, %(source)s, 's' || n || ' ' || k || ' ' || at, n::text,
       'First ' || n || ' Last ' || n %% 97, 'actor' || n || '@example.com', '', 'Firefox', 'shop', 'web', true,
       at + k * interval '1 day', at + k * interval '1 day 1 hour', 10, 40
FROM generate_series(%(first)s::timestamptz, %(now)s, '10 days') AS at, generate_series(0, %(actors)s - 1) AS n,
     generate_series(0, %(sessions)s - 1) AS k;
INSERT INTO history_changecount (source_id, seconds, at, kind, outside, changes)
SELECT %(source)s, seconds, at, kind, outside, 1 + %(rate)s * seconds * share * CASE WHEN outside THEN 0.02 ELSE 1 END
FROM (VALUES (60, '8 days'), (600, '60 days'), (3600, '365 days'), (86400, '365 days'), (864000, '365 days'))
     AS lengths (seconds, kept),
     generate_series(date_bin(seconds * interval '1 second', %(now)s - kept::interval, 'epoch'), %(now)s,
                     seconds * interval '1 second') AS at,
     (VALUES ('I', 0.35), ('U', 0.5), ('D', 0.15)) AS kinds (kind, share), (VALUES (true), (false)) AS o (outside);
INSERT INTO history_tablecount (source_id, seconds, at, table_id, changes)
SELECT %(source)s, seconds, at, table_id, 1 + %(rate)s * seconds / nth
FROM (VALUES (3600), (86400), (864000)) AS lengths (seconds),
     generate_series(date_bin(seconds * interval '1 second', %(now)s - interval '365 days', 'epoch'), %(now)s,
                     seconds * interval '1 second') AS at,
     unnest(%(tables)s::int[]) WITH ORDINALITY AS tables (table_id, nth);
INSERT INTO history_actorcount (source_id, seconds, at, session_id, changes)
SELECT %(source)s, seconds, at, {NUMBER.format(at="at", actor=ACTOR, place="0")}, 1 + %(rate)s * seconds / (n + 1)
FROM (VALUES (3600, '60 days', 400), (86400, '365 days', 900), (864000, '365 days', %(actors)s))
     AS lengths (seconds, kept, active),
     generate_series(date_bin(seconds * interval '1 second', %(now)s - kept::interval, 'epoch'), %(now)s,
                     seconds * interval '1 second') AS at,
     generate_series(0, active - 1) AS n
WHERE n < %(most)s OR at + seconds * interval '1 second' >= %(now)s - interval '2 days';
INSERT INTO history_actorcount (source_id, seconds, at, session_id, changes)
SELECT source_id, seconds, at, 0, sum(changes) FROM history_actorcount
WHERE source_id = %(source)s AND at + seconds * interval '1 second' < %(now)s - interval '2 days' GROUP BY 1, 2, 3;
INSERT INTO history_uncountedhistory (source_id, below) VALUES (%(source)s, 0);
INSERT INTO history_uncountedactors (source_id, below) VALUES (%(source)s, 0)
"""
FLOWS = """
INSERT INTO user_flow SELECT 'flow-' || f, 'Flow ' || f, 'One of many', '2026-01-01'
    FROM generate_series(1, %(flows)s) f;
INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time, end_time)
    SELECT 'f' || f || '-' || s, 'flow-' || f, 'Run ' || s, 'Passed', timestamp '2026-03-01' + s * interval '1 day',
           timestamp '2026-03-01 00:05' + s * interval '1 day'
    FROM generate_series(1, %(flows)s) f, generate_series(1, 20) s;
INSERT INTO session_labels (session_id, label_id, name, category, start_time, end_time)
    SELECT 'f' || f || '-' || s, 'l' || n, 'Step ' || n, 'part', n * 140, n * 140 + 120 + (f * s * n) %% 17
    FROM generate_series(1, %(flows)s) f, generate_series(1, 20) s, generate_series(1, 10) n;
ANALYZE
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=40)
    parser.add_argument("--flows", type=int, default=200, help="0: no replica")
    parser.add_argument("--folder", default=None)
    options = parser.parse_args()
    os.environ["ALLOWED_HOSTS"] = "testserver"
    with own_site(options.folder):
        _run(options)


def _run(options: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.utils import timezone

    from benchmarks.history.pages import HTMX, prepare_settings, signed_in
    from statetrace_ui.web.models import Organisation

    prepare_settings()
    call_command("migrate", verbosity=0)
    organisation, now = Organisation.objects.create(name="Acme", slug="acme"), timezone.now()
    for nth in range(SOURCES):
        fill_source(organisation, nth, now)
    if options.flows:
        fill_flows(organisation, options.flows)
    _print_sizes()
    import_module("statetrace_ui.wsgi")  # as the server begins
    client = signed_in(organisation)
    print(f"\n{'':34} {'median, ms':>10} {'p95, ms':>10} {'statements':>11}")
    for name, query in _ranges(now).items():
        _measure(f"first page, {name}", partial(client.get, f"/?{query}"), options.visits)
        _measure("what of it is kept current", partial(client.get, f"/?{query}", headers=HTMX), options.visits)
    for name, days in (("1h", 1 / 24), ("24h", 1), ("7d", 7), ("a year", 365)):
        _measure(f"busiest actors alone, {name}", _actors(organisation, now, days), options.visits)


def fill_source(organisation: Any, nth: int, now: datetime) -> None:
    from django.db import connection

    from statetrace_ui.history.models import Source, Table
    from statetrace_ui.history.rollups.spans import TEN_DAYS, floor
    from statetrace_ui.history.rollups.weeding import MOST_ACTORS

    source = Source.objects.create(organisation=organisation, name=f"shop {nth}", slot_name=f"s{nth}")
    names = [Table(source=source, schema_name="public", table_name=f"table_{n}") for n in range(TABLES)]
    values: dict[str, Any] = {
        "source": source.pk,
        "nth": nth,
        "now": now,
        "first": floor(now - timedelta(days=DAYS), TEN_DAYS),
        "rate": CHANGES / SOURCES / DAYS / 86_400,
        "tables": [table.pk for table in Table.objects.bulk_create(names)],
        "actors": ACTORS,
        "sessions": SESSIONS,
        "most": MOST_ACTORS,
    }
    with connection.cursor() as cursor:
        for statement in FILL.split(";"):
            cursor.execute(statement, values)
        cursor.execute("ANALYZE")


def fill_flows(organisation: Any, flows: int) -> None:
    import psycopg
    from django.conf import settings

    from replica.databases.models import Replica
    from replica.flow_trends.service import refresh
    from replica.schema.definition import create_tables
    from statetrace_ui.embedded import database_url

    url = database_url(settings.REPLICA_SERVER_URL, "acme_flows")
    with psycopg.connect(url, autocommit=True) as connection:
        create_tables(connection)
        for statement in FLOWS.split(";"):
            connection.execute(statement, {"flows": flows})
    Replica.objects.create(
        organisation=organisation, database="acme_flows", login_role="acme", reader_url=url, owner_url=url
    )
    refresh(organisation)  # as a worker does


def _ranges(now: datetime) -> dict[str, str]:
    year = {"since": (now - timedelta(days=DAYS)).date().isoformat(), "until": now.date().isoformat()}
    return {**{name: f"range={name}" for name in ("1h", "24h", "7d")}, "a year": urlencode(year)}


def _actors(organisation: Any, now: datetime, days: float) -> Callable[[], Any]:
    from statetrace_ui.history.queries.rollups import busiest_actors

    return lambda: busiest_actors(organisation, now - timedelta(days=days), now, now, 8)


def _measure(name: str, ask: Callable[[], Any], visits: int) -> None:
    ask()  # the first visit does not count
    with _counted() as statements:
        answer = ask()
    assert getattr(answer, "status_code", 200) == 200, name
    taken = sorted(_taken(ask) for _ in range(visits))
    p95 = quantiles(taken, n=20)[-1]
    slow = f"  above {LIMIT_MS} ms" if p95 > LIMIT_MS else ""
    print(f"{name:34} {median(taken):>10.1f} {p95:>10.1f} {len(statements):>11}{slow}", flush=True)


def _taken(ask: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    ask()
    return (time.perf_counter() - begun) * 1_000


@contextmanager
def _counted() -> Iterator[list[str]]:
    """The statements of all of Django's connections that are open."""
    from django.db import connections

    found: list[str] = []

    def note(execute: Any, statement: str, *rest: Any) -> Any:
        found.append(statement)
        return execute(statement, *rest)

    for connection in connections.all():
        connection.execute_wrappers.append(note)
    yield found
    for connection in connections.all():
        if note in connection.execute_wrappers:  # not of one that was opened again
            connection.execute_wrappers.remove(note)


def _print_sizes() -> None:
    from django.db import connection

    for table in ("history_changecount", "history_tablecount", "history_actorcount", "history_session"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*), pg_total_relation_size('{table}') FROM {table}")
            rows, size = cursor.fetchone()
        print(f"{table:24} {rows:>10,} rows {size / 1e6:>8,.0f} MB")


if __name__ == "__main__":
    main()
