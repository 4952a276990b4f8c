"""`python -m benchmarks.flame [--calls N …]`: from navigation to drawn, ours beside speedscope, in one table.

The same generated calls, one Chromium a visit with nothing cached, the viewers taking turns. Needs Chromium and npm.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.flame import peer
from benchmarks.flame.browser import OURS, THEIRS, Measured, measure
from benchmarks.flame.site import Dashboard, dashboard
from tests.replica.generated import generate

HEADER = (
    f"{'calls':>10}  {'viewer':<18} {'drawn, median':>14} {'min – max':>16} {'ratio':>7} "
    f"{'renderer peak':>14} {'frame median':>13} {'p95':>9}"
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--calls", type=int, nargs="+", default=[100_000, 1_000_000], metavar="N")
    arguments.add_argument("--repeats", type=int, default=3, metavar="N")
    options = arguments.parse_args()
    release = peer.install()
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-") as folder, dashboard(Path(folder)) as site:
        print(HEADER)
        for count in options.calls:
            show(count, compare(site, release, count, options.repeats, Path(folder) / "calls.json"))


def compare(site: Dashboard, release: Path, count: int, repeats: int, file: Path) -> dict[str, Measured]:
    calls = generate(count)
    address = site.add(calls)
    peer.write(calls, file)
    results = {name: Measured() for name in ("ours, cold", "ours, warm", "speedscope")}
    with peer.served(release, file) as theirs:
        for _ in range(repeats):
            site.forget_blocks()
            measure(address, OURS, results["ours, cold"], site.cookie)
            measure(address, OURS, results["ours, warm"], site.cookie)
            measure(theirs, THEIRS, results["speedscope"])
    return results


def show(count: int, results: dict[str, Measured]) -> None:
    whole = results["speedscope"].median
    for name, measured in results.items():
        drawn = measured.drawn
        spread = f"{min(drawn) / 1e3:.2f} – {max(drawn) / 1e3:.2f} s"
        print(
            f"{count:>10,}  {name:<18} {measured.median / 1e3:>12.2f} s {spread:>16} {whole / measured.median:>6.1f}× "
            f"{max(measured.memory):>10.0f} MiB {measured.frame_median:>10.1f} ms {measured.frame_p95:>6.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
