"""The trend of a flow's sessions."""

import datetime as dt
from zoneinfo import ZoneInfo

from replica.figures.trend import TrendDot, trend_figure

NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def test_a_trend_has_a_dot_for_each_session_that_leads_to_it() -> None:
    dots = [TrendDot("", "", tone, NEW_YEAR, 100.0, href=f"/{n}") for n, tone in enumerate(["good", "bad", ""])]
    (trace,) = trend_figure(dots, "Duration", "ms", dt.UTC)["data"]
    assert trace["customdata"] == ["/0", "/1", "/2"]
    assert trace["marker"]["color"] == ["var(--good)", "var(--bad)", "var(--text-faint)"]


def test_a_trend_is_in_the_viewers_zone_and_names_it() -> None:
    at = dt.datetime(2026, 7, 1, 23, 30, tzinfo=dt.UTC)
    dot = TrendDot("Run 1", "Passed", "good", at, 1.0)
    figure = trend_figure([dot], "Duration", "ms", ZoneInfo("Europe/Berlin"))
    assert figure["data"][0]["x"] == ["2026-07-02T01:30:00"]
    assert figure["layout"]["xaxis"]["title"]["text"] == "Started (Europe/Berlin)"
    assert figure["layout"]["yaxis"]["rangemode"] == "tozero"


def test_a_sessions_name_is_text_alone() -> None:
    (trace,) = trend_figure([TrendDot("<b>", "Passed", "good", NEW_YEAR, 1.0)], "x", "ms", dt.UTC)["data"]
    assert trace["text"] == ["&lt;b&gt;<br>Passed"]
