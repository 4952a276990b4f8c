"""plotly-resampler on the arrays of a folder; run by an environment that has it and nothing of ours. Prints JSON."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.series.ranges import zooms


def main() -> None:
    import plotly.graph_objects as go
    from plotly_resampler import FigureResampler  # type: ignore[import-not-found]

    folder = Path(sys.argv[1])
    x, y = np.load(folder / "x.npy"), np.load(folder / "y.npy")
    first = []
    for _ in range(5):
        begin = time.perf_counter()
        figure: Any = FigureResampler(go.Figure(), default_n_shown_samples=4000)
        figure.add_trace(go.Scattergl(name="signal"), hf_x=x, hf_y=y)
        first.append(1000 * (time.perf_counter() - begin))
    whole = [_ms(figure, float(x[0]), float(x[-1])) for _ in range(20)]
    zoomed = [_ms(figure, *part) for part in zooms(x)]
    print(json.dumps({"first": first, "whole": whole, "zoomed": zoomed}))


def _ms(figure: Any, first: float, last: float) -> float:
    begin = time.perf_counter()
    figure._construct_update_data({"xaxis.range[0]": first, "xaxis.range[1]": last})  # what its callback answers
    return 1000 * (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
