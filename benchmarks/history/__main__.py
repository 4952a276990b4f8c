"""A history of many changes: bytes a row beside the former layout, and how long every page takes at two sizes.

Run: python -m benchmarks.history [--sizes 10000000 30000000] [--partition-ids N] [--folder DIR] [--visits 40].
Everything on one embedded server of its own. Each size is reached by going on from the one before. With small
partitions a small history has as many of them as a large one: 300,000 changes by --partition-ids 40000 as 30 million.
"""

import argparse
import time

from benchmarks.own_site import own_site

MOST_RATIO = 1.3


def main() -> None:
    options = _options()
    with own_site(options.folder):
        _run(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[300_000, 1_000_000])
    parser.add_argument("--partition-ids", type=int, default=0, help="0: as the settings say")
    parser.add_argument("--folder", default=None)
    parser.add_argument("--visits", type=int, default=40)
    return parser.parse_args()


def _run(options: argparse.Namespace) -> None:
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks.history.filler import Filler, add_removals
    from benchmarks.history.pages import prepare_settings, visit_all
    from benchmarks.history.sizes import print_sizes

    prepare_settings()
    if options.partition_ids:
        settings.HISTORY_PARTITION_IDS = options.partition_ids
    call_command("migrate", verbosity=0)
    filler = Filler()
    taken: dict[int, dict[str, float]] = {}
    for size in options.sizes:
        begun, before = time.perf_counter(), filler.stored
        filler.fill(size)
        rate = (filler.stored - before) / (time.perf_counter() - begun)
        print(f"\n{filler.stored:,} changes, {rate:,.0f} a second through the store", flush=True)
        add_removals(filler.sources)
        print_sizes(size == options.sizes[0])
        taken[size] = visit_all(filler.organisation, options.visits)
    _print_times(taken)


def _print_times(taken: dict[int, dict[str, float]]) -> None:
    sizes = list(taken)
    print(f"\n{'p95 in ms':38}" + "".join(f"{size:>14,}" for size in sizes) + f"{'ratio':>8}")
    for name in taken[sizes[0]]:
        row = [taken[size][name] for size in sizes]
        ratio = row[-1] / row[0]
        slower = f" above {MOST_RATIO}" if ratio > MOST_RATIO else ""
        print(f"{name:38}" + "".join(f"{ms:>14.1f}" for ms in row) + f"{ratio:>8.2f}{slower}")


if __name__ == "__main__":
    main()
