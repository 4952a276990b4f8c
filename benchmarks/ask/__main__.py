"""Questions to a history, and pages of records and moments, at several sizes: how long the first matches take.

Run: python -m benchmarks.ask [--sizes 300000 1000000] [--partition-ids N] [--folder DIR] [--times 15]. On one embedded
server of its own. Each size is reached by going on from the one before. With small partitions a small history has as
many of them as a large one. `python -m benchmarks.ask.peers` asks other tools the same.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.own_site import own_site

PAGES = (
    "a record",
    "a record as of a moment",
    "rows of a table",
    "rows of a table, far on",
    "rows of a table as of a moment",
    "a session, with its timeline",
    "changes by transaction",
)
BLOCK = 500_000  # changes that the store writes; more are copies


def main() -> None:
    options = _options()
    with own_site(options.folder):
        _run(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[300_000, 1_000_000])
    parser.add_argument("--partition-ids", type=int, default=0, help="0: as the settings say")
    parser.add_argument("--folder", default=None)
    parser.add_argument("--times", type=int, default=15)
    return parser.parse_args()


def _run(options: argparse.Namespace) -> None:
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks.history.filler import Filler
    from benchmarks.history.multiplying import Multiplier
    from benchmarks.history.pages import prepare_settings

    prepare_settings()
    if options.partition_ids:
        settings.HISTORY_PARTITION_IDS = options.partition_ids
    call_command("migrate", verbosity=0)
    filler = Filler()
    _timed_fill(filler, min(BLOCK, options.sizes[0]), "through the store")
    copies = Multiplier(filler)
    measured = {}
    for size in options.sizes:
        _timed_fill(copies, size, "copied")
        measured[size] = _measure(filler.organisation, options.times)
    _print(measured)


def _timed_fill(filling: Any, size: int, way: str) -> None:
    begun, before = time.perf_counter(), filling.stored
    filling.fill(size)
    rate = (filling.stored - before) / (time.perf_counter() - begun)
    print(f"{filling.stored:,} changes, {rate:,.0f} a second {way}", flush=True)


def _measure(organisation: Any, times: int) -> dict[str, Any]:
    from benchmarks.ask.questions import ask_all, scanned_per_second
    from benchmarks.ask.sealing import seal
    from benchmarks.history.pages import visit_all

    seal()
    seal(indexed=True)
    asked = ask_all(organisation, times)
    visited = visit_all(organisation, 2 * times, PAGES)
    print(f"changes looked at: {scanned_per_second(organisation):,.0f} a second\n", flush=True)
    return {"asked": asked, "visited": visited}


def _print(measured: Mapping[int, dict[str, Any]]) -> None:
    def table(title: str, names: Mapping[str, Any], value: Callable[[dict[str, Any], str], float]) -> None:
        print(f"\n{title:44}" + "".join(f"{size:>14,}" for size in measured) + f"{'ratio':>8}")
        for name in names:
            row = [value(one, name) for one in measured.values()]
            print(f"{name:44}" + "".join(f"{ms:>14.1f}" for ms in row) + f"{row[-1] / row[0]:>8.2f}")

    first = next(iter(measured.values()))
    table("p95 in ms to the first answer", first["asked"], lambda one, name: one["asked"][name].answer)
    table("p95 in ms to the first 50 matches", first["asked"], lambda one, name: one["asked"][name].whole)
    table("p95 in ms of a page", first["visited"], lambda one, name: one["visited"][name])


if __name__ == "__main__":
    main()
