"""How long AutoSync takes: from the end of an import to the moment when the session can be read in the replica.

Run: python -m benchmarks.autosync [--imports N] [--points N]. One worker runs in a process of its own,
as `manage.py up` starts it; store and replica lie on one embedded server in a temporary folder.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import psycopg

from benchmarks.own_site import own_site

LOOK_SECONDS = 0.005
PATIENCE_SECONDS = 120


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    for name, default in (("imports", 30), ("points", 10_000)):
        arguments.add_argument(f"--{name}", type=int, default=default, metavar="N")
    chosen = arguments.parse_args()
    with own_site(log_level="ERROR"):
        _run(chosen.imports, chosen.points)


def _run(imports: int, points: int) -> None:
    from django.core.management import call_command

    from replica.databases.provisioning import ensure_replica
    from replica.exports.models import ExportDefaults
    from statetrace_ui.web.models import Organisation

    call_command("migrate", verbosity=0)
    organisation = Organisation.objects.create(name="Acme", slug="acme")
    ExportDefaults.objects.create(organisation=organisation, autosync=True)
    replica = ensure_replica(organisation)
    with _worker(), psycopg.connect(replica.owner_url, autocommit=True) as reader:
        seconds = [_seconds(reader, number, points) for number in range(imports + 1)][1:]  # the first one warms up
    p95 = quantiles(seconds, n=20)[-1]
    print(f"{imports} imports of {points:,} points each, from the end of an import to the row in the replica:")
    print(f"median {median(seconds):.2f} s, p95 {p95:.2f} s, longest {max(seconds):.2f} s")


@contextmanager
def _worker() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "manage.py", "procrastinate", "worker"])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _seconds(reader: "psycopg.Connection[tuple[int]]", number: int, points: int) -> float:
    from django.core.management import call_command

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"run {number}.csv")
        file.write_text("time,JS heap [MiB]\n" + "".join(f"{n},{n % 97 + number}\n" for n in range(points)))
        call_command("import_sessions", str(file), user_flow="Checkout", verbosity=0)
    began = time.perf_counter()
    while reader.execute("SELECT count(*) FROM session_metadata").fetchone() != (number + 1,):
        if time.perf_counter() - began > PATIENCE_SECONDS:
            sys.exit("A session did not arrive. Does the worker run?")
        time.sleep(LOOK_SECONDS)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
