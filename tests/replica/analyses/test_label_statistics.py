"""Groups of labels, what they ask for, and the statistics of their values."""

import json

import numpy as np
import pytest

from replica.analyses.label_statistics import METRICS, groups, intervals_text, metrics_of, statistics
from replica.analyses.recorded import Label


def request(metrics: object, key: str = "memory", method: str = "stats") -> str:
    return json.dumps({"method": method, "time_series_key": key, "parameters": {"metrics": metrics}})


def label(start: float, end: float, group: str | None = "g", type_: str = "user", data: str | None = None) -> Label:
    return Label(type_, start, end, data, group)


def test_a_group_without_a_request_gets_all_metrics_of_every_series() -> None:
    [group] = groups([label(0, 10), label(5, 20), label(30, 40), label(0, 99, group=None)])
    assert list(group.intervals) == [(0, 20), (30, 40)]
    assert metrics_of(group, "anything") == METRICS


def test_a_request_says_which_metrics_of_which_series() -> None:
    asked = request(["mean", "percentile 99.5", "made up"])
    [group] = groups([label(0, 10, type_="time-series-request", data=asked), label(20, 30)])
    assert metrics_of(group, "memory") == ("mean", "percentile 99.5")
    assert metrics_of(group, "cpu") == ()


@pytest.mark.parametrize(
    "data",
    [None, "", "[]", "7", "{", "[" * 5_000, request(7), request([7]), request(["mean"], method="range")],
)
def test_a_request_that_is_not_understood_asks_for_nothing_special(data: str | None) -> None:
    [group] = groups([label(0, 10, type_="time-series-request", data=data)])
    assert metrics_of(group, "memory") == METRICS


def test_statistics_of_known_values() -> None:
    wanted = (*METRICS, "sum", "median")
    assert statistics(np.array([1.0, 2.0, 3.0, 4.0]), wanted) == {
        "count": 4,
        "mean": 2.5,
        "std": pytest.approx(1.118034),
        "min": 1,
        "max": 4,
        "sum": 10,
        "median": 2.5,
        "percentile 50": 2.5,
        "percentile 90": pytest.approx(3.7),
        "percentile 95": pytest.approx(3.85),
    }


def test_no_value_has_no_statistics() -> None:
    assert statistics(np.empty(0), METRICS) == {}


def test_intervals_are_written_as_json_or_not_at_all() -> None:
    assert intervals_text([(0.0, 1250.5), (2000.0, 2000.0)]) == "[[0, 1250.5], [2000, 2000]]"
    assert intervals_text([(float(n), n + 0.5) for n in range(0, 10_000, 2)]) is None


@pytest.mark.parametrize(
    ("limits", "metric", "share"),
    [
        ({"upper_limit": 4.0}, "percent to 4", 75),
        ({"lower_limit": 2}, "percent from 2", 75),
        ({"lower_limit": -1.5, "upper_limit": 1}, "percent from -1.5 to 1", 25),
    ],
)
def test_a_range_asks_which_share_of_the_values_lies_within(limits: object, metric: str, share: float) -> None:
    data = json.dumps({"method": "range", "time_series_key": "memory", "parameters": limits})
    [group] = groups([label(0, 10, type_="time-series-request", data=data)])
    assert metrics_of(group, "memory") == (metric,)
    assert statistics(np.array([1.0, 2.0, 4.0, 9.0]), [metric]) == {metric: share}


@pytest.mark.parametrize("limits", [{}, {"upper_limit": "4"}, {"upper_limit": True}, {"lower_limit": float("nan")}])
def test_a_range_without_limits_asks_for_nothing_special(limits: object) -> None:
    data = json.dumps({"method": "range", "time_series_key": "memory", "parameters": limits})
    [group] = groups([label(0, 10, type_="time-series-request", data=data)])
    assert metrics_of(group, "memory") == METRICS
