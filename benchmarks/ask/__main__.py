"""Questions to a history: how long the first 50 matches take, with and without search indexes, and what these cost.

Run: python -m benchmarks.ask [--size 300000] [--partition-ids N] [--folder DIR] [--times 15]. On one embedded server of
its own. With small partitions a small history has as many of them as a large one.
"""

import argparse
import time

from benchmarks.own_site import own_site


def main() -> None:
    options = _options()
    with own_site(options.folder):
        _run(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=300_000)
    parser.add_argument("--partition-ids", type=int, default=0, help="0: as the settings say")
    parser.add_argument("--folder", default=None)
    parser.add_argument("--times", type=int, default=15)
    return parser.parse_args()


def _run(options: argparse.Namespace) -> None:
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks.ask.questions import ask_all, scanned_per_second
    from benchmarks.ask.sealing import seal
    from benchmarks.history.filler import Filler

    if options.partition_ids:
        settings.HISTORY_PARTITION_IDS = options.partition_ids
    call_command("migrate", verbosity=0)
    filler = Filler()
    begun = time.perf_counter()
    filler.fill(options.size)
    rate = filler.stored / (time.perf_counter() - begun)
    print(f"{filler.stored:,} changes, {rate:,.0f} a second through the store", flush=True)
    seal()
    without = ask_all(filler.organisation, options.times)
    print(f"\nchanges looked at: {scanned_per_second(filler.organisation):,.0f} a second", flush=True)
    seal(indexed=True)
    indexed = ask_all(filler.organisation, options.times)
    print(f"\n{'p95 in ms to the first 50 matches':42}{'matches':>9}{'without':>10}{'indexed':>10}")
    for name, (found, taken) in indexed.items():
        print(f"{name:42}{found:>9}{without[name][1]:>10.1f}{taken:>10.1f}")


if __name__ == "__main__":
    main()
