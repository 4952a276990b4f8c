"""Figures: what is drawn, and that nothing foreign is read as markup."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pytest

from replica import figures
from replica.series.downsampling import curve
from replica.series.statistics import summarise


def test_foreign_text_is_shown_letter_by_letter() -> None:
    assert figures.plain("<b>&\n") == "&lt;b&gt;&amp; "
    assert figures.plain("x" * 1000) == "x" * 39 + "…"


@pytest.mark.parametrize(
    ("most", "unit", "expected"), [(1999, "ms", "ms"), (2000, "ms", "s"), (300_000, "ms", "min"), (1e9, "MiB", "MiB")]
)
def test_long_milliseconds_become_seconds_or_minutes(most: float, unit: str, expected: str) -> None:
    assert figures.readable_scale([most], unit)[1] == expected


def test_a_trend_has_a_dot_a_session_that_leads_to_it() -> None:
    dots = [
        {
            "session_id": str(n),
            "name": None,
            "status": status,
            "start_time": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            "value": 100.0,
            "href": f"/{n}",
        }
        for n, status in enumerate(["Passed", "Failed", "Excluded"])
    ]
    (trace,) = figures.trend(dots, "Duration", "ms", dt.UTC)["data"]
    assert trace["customdata"] == ["/0", "/1", "/2"]
    assert trace["marker"]["color"] == ["var(--good)", "var(--bad)", "var(--text-faint)"]


def test_a_trend_is_in_the_viewers_zone_and_names_it() -> None:
    at = dt.datetime(2026, 7, 1, 23, 30, tzinfo=dt.UTC)
    dot = {"session_id": "a", "name": None, "status": "Passed", "start_time": at, "value": 1.0}
    figure = figures.trend([dot], "Duration", "ms", ZoneInfo("Europe/Berlin"))
    assert figure["data"][0]["x"] == ["2026-07-02T01:30:00"]
    assert figure["layout"]["xaxis"]["title"]["text"] == "Started (Europe/Berlin)"
    assert figure["layout"]["yaxis"]["rangemode"] == "tozero"


def test_label_bars_lie_between_start_and_end() -> None:
    figure = figures.label_bars([figures.LabelBar("Pay <now>", "step", 3, 500, 1500, "/x")])
    (trace,) = figure["data"]
    assert (trace["base"], trace["x"]) == ([500], [1000])
    assert trace["marker"]["color"] == ["var(--category-3)"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["Pay &lt;now&gt;"]
    assert "&lt;now&gt;" in trace["hovertext"][0]


def test_a_spread_shows_every_value_the_middle_half_the_median_and_this_session() -> None:
    values = [100.0, 200.0, 300.0, 400.0]
    summary = summarise(values)
    assert summary is not None
    figure = figures.label_spreads([figures.Spread("Pay", 1, values, ["/"] * 4, summary, here=[200.0])])
    half, dots, median, here = figure["data"]
    assert (half["base"], half["x"]) == ([175], [150])
    assert (dots["x"], median["x"], here["x"]) == (values, [250], [200])


def test_series_of_one_unit_share_a_plot_and_all_share_the_time_axis() -> None:
    points = curve(np.arange(100.0), np.arange(100.0), 1000)
    items = [figures.SeriesCurve(str(n), f"s{n}", unit, points) for n, unit in enumerate(["MiB", "%", "MiB"])]
    figure = figures.series(items, 0, 2000)
    assert [trace["yaxis"] for trace in figure["data"]] == ["y", "y2", "y"]
    assert figure["layout"]["yaxis2"]["title"]["text"] == "%"
    assert figure["layout"]["xaxis"]["range"] == [0, 2]
    first, second = figure["layout"]["yaxis"]["domain"], figure["layout"]["yaxis2"]["domain"]
    assert second[0] == 0 < second[1] < first[0] < first[1] == 1


def test_irregular_series_are_steps() -> None:
    steps = curve(np.array([0.0, 1.0, 90.0, 91.0, 300.0]), np.arange(5.0), 100)
    (trace,) = figures.series([figures.SeriesCurve("a", "a", "", steps)], 0, 1)["data"]
    assert trace["line"]["shape"] == "hv"


def test_twenty_series_can_be_told_apart() -> None:
    points = curve(np.arange(3.0), np.arange(3.0), 100)
    figure = figures.series([figures.SeriesCurve(str(n), str(n), "", points) for n in range(20)], 0, 1)
    assert len({(trace["line"]["color"], trace["line"]["dash"]) for trace in figure["data"]}) == 20


def test_a_figure_is_json_without_nan() -> None:
    points = curve(np.arange(3.0), np.array([1, np.nan, 2]), 100)
    text = orjson.dumps(figures.series([figures.SeriesCurve("a", "a", "", points)], 0, 1)).decode()
    assert "bdata" in text
    assert "NaN" not in text
