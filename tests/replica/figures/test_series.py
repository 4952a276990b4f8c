"""Charts of time series."""

import numpy as np
import orjson

from replica.figures.series import SeriesCurve, Shade, series_figure
from replica.series.blocks import prepared
from replica.series.downsampling import Curve


def downsample(x: np.ndarray, y: np.ndarray, limit: int) -> Curve:
    return prepared(x, y).curve(-np.inf, np.inf, limit)


def test_series_of_one_unit_share_a_plot_and_all_share_the_time_axis() -> None:
    points = downsample(np.arange(100.0), np.arange(100.0), 1000)
    items = [SeriesCurve(str(n), f"s{n}", unit, points) for n, unit in enumerate(["MiB", "%", "MiB"])]
    figure = series_figure(items, 0, 2000)
    assert [trace["yaxis"] for trace in figure["data"]] == ["y", "y2", "y"]
    assert figure["layout"]["yaxis2"]["title"]["text"] == "%"
    assert figure["layout"]["xaxis"]["range"] == [0, 2]
    first, second = figure["layout"]["yaxis"]["domain"], figure["layout"]["yaxis2"]["domain"]
    assert second[0] == 0 < second[1] < first[0] < first[1] == 1


def test_irregular_series_are_steps() -> None:
    steps = downsample(np.array([0.0, 1.0, 90.0, 91.0, 300.0]), np.arange(5.0), 100)
    (trace,) = series_figure([SeriesCurve("a", "a", "", steps)], 0, 1)["data"]
    assert trace["line"]["shape"] == "hv"


def test_twenty_series_can_be_told_apart() -> None:
    points = downsample(np.arange(3.0), np.arange(3.0), 100)
    figure = series_figure([SeriesCurve(str(n), str(n), "", points) for n in range(20)], 0, 1)
    assert len({(trace["line"]["color"], trace["line"]["dash"]) for trace in figure["data"]}) == 20


def test_a_figure_is_json_without_nan() -> None:
    points = downsample(np.arange(3.0), np.array([1, np.nan, 2]), 100)
    text = orjson.dumps(series_figure([SeriesCurve("a", "a", "", points)], 0, 1)).decode()
    assert "bdata" in text
    assert "NaN" not in text


def test_the_longest_labels_in_sight_are_shaded_and_named_where_there_is_room() -> None:
    points = downsample(np.arange(3.0), np.arange(3.0), 100)
    shades = [Shade("Open <b>", 1, 0, 5000), Shade("within", 2, 0, 400), Shade("Pay", 3, 9000, 30_000)]
    shades += [Shade("gone", 4, 20_000, 30_000)] + [Shade("tiny", 5, 6000, 6000 + n) for n in range(60)]
    figure = series_figure([SeriesCurve("a", "a", "", points)], 0, 10_000, shades)
    shapes = figure["layout"]["shapes"]
    assert len(shapes) == 40
    assert [(one["x0"], one["x1"]) for one in shapes if one["x1"] - one["x0"] >= 0.3] == [(0, 5), (0, 0.4), (9, 10)]
    assert [one["label"]["text"] for one in shapes if "label" in one] == ["Open &lt;b&gt;", "Pay"]
