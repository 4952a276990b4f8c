"""`python -m benchmarks.flame.stacks [--calls N]`: trees, tables, sandwiches and differences out of blocks on disk.

No browser and no database: the generated calls are written as blocks, whole and a range in their middle are measured.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from replica.profiles.blocks import Blocks, Method, Profile, Thread, open_blocks
from replica.profiles.call_tree import merge_calls
from replica.profiles.calls import NO_PARENT, CallSites, arrange
from replica.profiles.diff_rows import diff_columns, diff_rows
from replica.profiles.sandwich import sandwich
from replica.profiles.stacks import Span, Stacks, select
from replica.profiles.table_rows import heaviest, method_rows
from replica.profiles.tree_diff import merge_sides, paired, renumbered
from tests.replica.generated import METHODS, Generated, generate, method_name

PART = 0.02  # of the profile, in its middle: a label's time


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--calls", type=int, default=1_000_000, metavar="N")
    arguments.add_argument("--repeats", type=int, default=5, metavar="N")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-") as folder:
        began = time.perf_counter()
        sides = [written(generate(options.calls, seed), Path(folder, str(seed))) for seed in (7, 8)]
        print(f"2 × {options.calls:,} calls, made and written in {time.perf_counter() - began:.1f} s")
        for what, span in (("whole", None), (f"{PART:.0%}", middle(sides[0]))):
            for name, work in measured(sides[0], sides[1], span):
                print(f"{what:>6} {name:<20} {median_ms(work, options.repeats):>8.0f} ms", flush=True)


def written(calls: Generated, folder: Path) -> Blocks:
    folder.mkdir()
    return open_blocks(folder / "version", lambda: profile_of(calls))


def profile_of(calls: Generated) -> Profile:
    sites = CallSites(
        thread=np.zeros(len(calls), np.int64),
        method=calls.method,
        id=np.arange(len(calls)),
        start=calls.start,
        duration=calls.end - calls.start,
        cpu=(calls.end - calls.start) * 3 // 4,
        parent=np.where(calls.parent < 0, NO_PARENT, calls.parent),
        depth=calls.depth,
    )
    methods = [Method(1, number, *reversed(method_name(number))) for number in range(METHODS)]
    return Profile(arrange(sites), [Thread(1, 1, "app", "main")], methods, True)


def middle(blocks: Blocks) -> Span:
    length = int(blocks.extent * PART)
    start = (blocks.extent - length) // 2
    return start, start + length


def measured(base: Blocks, new: Blocks, span: Span | None) -> Iterator[tuple[str, Callable[[], object]]]:
    """What the pages' requests do, without the network."""
    count = len(base.methods)
    numbers, methods = paired([base.methods, new.methods])
    chosen = heaviest(base, select(base, None, "wall", span))

    def sides(sessions: int) -> tuple[list[Stacks], list[Stacks]]:
        both = zip((base, new), numbers, strict=True)
        before, after = ([renumbered(select(one, None, "wall", span), n)] * sessions for one, n in both)
        return before, after

    yield "tree", lambda: merge_calls(select(base, None, "wall", span), count, [])
    yield "table", lambda: method_rows(base, select(base, None, "wall", span))
    yield "sandwich", lambda: sandwich(select(base, None, "wall", span), chosen, count)

    def diff(sessions: int) -> object:
        return diff_columns(merge_sides(sides(sessions), len(methods)), methods, [sessions, sessions])

    def diff_table(sessions: int) -> object:
        return diff_rows(sides(sessions), methods)

    for sessions in (1, 5):
        yield f"diff, {sessions} a side", partial(diff, sessions)
        yield f"its table, {sessions} a side", partial(diff_table, sessions)


def median_ms(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
