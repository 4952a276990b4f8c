"""`python -m benchmarks.series [--points N] [--peer]`: a series of many points, read, drawn whole and zoomed.

Ours (blocks built from the replica) beside what has to be paid anyway, the read of the same rows by ADBC, and with
--peer beside plotly-resampler, which pip installs into a temporary environment. The server is an embedded one.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np

from benchmarks.own_site import own_site
from benchmarks.series.ranges import zooms

SESSION, KEY = "cccccccc-0000-4000-8000-000000000001", "signal"
ROWS = """
INSERT INTO user_flow VALUES ('f', 'Check out', '', '2026-01-01');
INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time)
    VALUES ('{session}', 'f', 'Run', 'Passed', '2026-03-01 10:00');
INSERT INTO session_timeseries VALUES ('{session}', '{key}', 'Signal', 'ms', 'V');
INSERT INTO session_timeseries_data
    SELECT '{session}', '{key}', n + floor(n / 1e6) * 5000, sin(n / 5e4) + random()
    FROM generate_series(0, {points} - 1) n;
ANALYZE
"""
PLAIN = (
    "SELECT x_value, y_value FROM session_timeseries_data WHERE session_id = '{session}' AND timeseries_key = '{key}'"
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=1_000_000, metavar="N")
    arguments.add_argument("--repeats", type=int, default=5, metavar="N")
    arguments.add_argument("--peer", action="store_true")
    options = arguments.parse_args()
    with own_site():
        url = _fill(options.points)
        x, y = plain_read(url)
        plain = [_ms(lambda: plain_read(url)) for _ in range(options.repeats)]
        print(f"{options.points:,} points")
        _tell("plain ADBC read", plain)
        _ours(url, x, options.repeats, median(plain))
        if options.peer:
            _theirs(x, y)


def _fill(points: int) -> str:
    import psycopg
    from django.conf import settings

    from replica.schema.definition import create_tables
    from statetrace_ui.embedded import database_url

    url = database_url(settings.REPLICA_SERVER_URL, "series")
    with psycopg.connect(url, autocommit=True) as connection:
        create_tables(connection)
        for statement in ROWS.format(session=SESSION, key=KEY, points=points).split(";"):
            connection.execute(statement)
    return url


def plain_read(url: str) -> tuple[Any, Any]:
    """The rows as arrays, in no order and with nothing made of them."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(PLAIN.format(session=SESSION, key=KEY))
        table = cursor.fetch_arrow_table()
    return table["x_value"].to_numpy(), table["y_value"].to_numpy()


def _ours(url: str, x: Any, repeats: int, plain: float) -> None:
    from replica.series.blocks import open_series
    from replica.series.reader import read_series

    folder = Path(tempfile.mkdtemp(prefix="statetrace-benchmark-")) / "blocks" / "version"
    cold = []
    for _ in range(repeats):
        shutil.rmtree(folder.parent, ignore_errors=True)
        cold.append(_ms(lambda: _drawn(open_series(folder, lambda: read_series(url, SESSION))[KEY], x[0], x[-1])))
    _tell("ours, cold", cold, f"{median(cold) / plain:.2f} × the read")
    stored = open_series(folder, list)[KEY]
    _tell("ours, whole", [_ms(lambda: _drawn(stored, x[0], x[-1])) for _ in range(20)])
    _tell("ours, zoomed", [_ms(partial(_drawn, stored, first, last)) for first, last in zooms(x)])
    _tell("  its curve", [_ms(partial(stored.curve, first, last, 4000)) for first, last in zooms(x)])
    shutil.rmtree(folder.parent.parent, ignore_errors=True)


def _drawn(stored: Any, first: float, last: float) -> None:
    stored.curve(first, last, 4000)
    stored.summary(first, last)


def _theirs(x: Any, y: Any) -> None:
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-") as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "plotly-resampler"], check=True)
        np.save(Path(folder, "x.npy"), x)
        np.save(Path(folder, "y.npy"), y)
        subprocess.run([python, "-m", "benchmarks.series.peer", folder], check=True)


def _ms(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begin)


def _tell(name: str, times: list[float], more: str = "") -> None:
    print(
        f"{name:<18} median {median(times):>8.1f} ms   p95 {quantiles(times, n=20)[-1]:>8.1f} ms   {more}", flush=True
    )


if __name__ == "__main__":
    main()
