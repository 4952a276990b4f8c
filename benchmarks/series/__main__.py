"""`python -m benchmarks.series [--points N] [--peer]`: a series of many points, read, drawn whole and zoomed.

Ours (blocks built from the replica) beside what has to be paid anyway, the read of the same rows by ADBC, and with
--peer beside plotly-resampler, which pip installs into a temporary environment. The server is an embedded one.
The peer has no reader of its own: its cold time is told with rows as a cursor gives them, and with the ADBC read.
"""

import argparse
import json
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
        ours = _ours(url, x, options.repeats, median(plain))
        if options.peer:
            _beside(ours, _theirs(x, y), median(plain), median(_ms(lambda: rows_read(url)) for _ in range(3)))


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


def rows_read(url: str) -> Any:
    """The same rows by a cursor, in order and as an array: what is done without a reader of columns."""
    import psycopg

    with psycopg.connect(url) as connection:
        return np.array(connection.execute(PLAIN.format(session=SESSION, key=KEY) + " ORDER BY x_value").fetchall()).T


def _ours(url: str, x: Any, repeats: int, plain: float) -> dict[str, float]:
    from replica.series.blocks import open_series
    from replica.series.reader import read_series

    folder = Path(tempfile.mkdtemp(prefix="statetrace-benchmark-")) / "blocks" / "version"
    cold = []
    for _ in range(repeats):
        shutil.rmtree(folder.parent, ignore_errors=True)
        cold.append(_ms(lambda: _drawn(open_series(folder, lambda: read_series(url, SESSION))[KEY], x[0], x[-1])))
    _tell("ours, cold", cold, f"{median(cold) / plain:.2f} × the read")
    stored = open_series(folder, list)[KEY]
    whole = [_ms(lambda: _drawn(stored, x[0], x[-1])) for _ in range(20)]
    curve = [_ms(lambda: stored.curve(x[0], x[-1], 4000)) for _ in range(20)]
    zoomed = [_ms(partial(_drawn, stored, first, last)) for first, last in zooms(x)]
    zoomed_curve = [_ms(partial(stored.curve, first, last, 4000)) for first, last in zooms(x)]
    _tell("ours, whole", whole)
    _tell("  its curve", curve)
    _tell("ours, zoomed", zoomed)
    _tell("  its curve", zoomed_curve)
    shutil.rmtree(folder.parent.parent, ignore_errors=True)
    return {"cold": median(cold), "whole": median(curve), "zoomed": median(zoomed_curve)}


def _drawn(stored: Any, first: float, last: float) -> None:
    stored.curve(first, last, 4000)
    stored.summary(first, last)


def _theirs(x: Any, y: Any) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-") as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "plotly-resampler"], check=True)
        np.save(Path(folder, "x.npy"), x)
        np.save(Path(folder, "y.npy"), y)
        command = [python, "-m", "benchmarks.series.peer", folder]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    times: dict[str, list[float]] = json.loads(told)
    for name, values in times.items():
        _tell(f"theirs, {name}", values)
    return times


def _beside(ours: dict[str, float], theirs: dict[str, list[float]], plain: float, rows: float) -> None:
    """How many times as long they take: they draw a curve alone, so ours is without statistics, but for the first."""
    first = median(theirs["first"])
    print(f"read as rows {rows:,.0f} ms; theirs ÷ ours:")
    print(f"  cold, rows read by a cursor  {(rows + first) / ours['cold']:.2f}")
    print(f"  cold, columns read by ADBC   {(plain + first) / ours['cold']:.2f}")
    print(f"  cold, ours built at export   {(plain + first) / ours['whole']:,.0f}")
    for name in ("whole", "zoomed"):
        print(f"  warm, {name:<23}{median(theirs[name]) / ours[name]:.2f}")


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
