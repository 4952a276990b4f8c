"""Statistics of time series within the labels of a group, as `session_timeseries_data_stats` holds them. Pure.

A group is the labels of a session that share `label_group_id`. Where one of them is a `time-series-request` with the
method `stats`, its data name the series and the metrics; a group without such a request gets METRICS of every series.
With the method `range` they name a series and limits: the metric is which share of the values, in percent, lies within.
Counted is each point within the labels, once, however many labels overlap there; both ends belong to a label.
"""

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from replica.analyses.intervals import Interval, union
from replica.analyses.recorded import Floats, Label

VERSION = "2"
METRICS = ("count", "mean", "std", "min", "max", "percentile 50", "percentile 90", "percentile 95")
RANGE = re.compile(r"percent (?:from (\S+))?(?: ?to (\S+))?")
PERCENTILE = re.compile(r"percentile (\d{1,2}(?:\.\d+)?|100)")
FORMULAS: Mapping[str, Callable[[Floats], float]] = {
    "count": lambda y: float(y.size),
    "sum": lambda y: float(y.sum()),
    "mean": lambda y: float(y.mean()),
    "std": lambda y: float(y.std()),  # of the points themselves, not of what they are a sample of
    "min": lambda y: float(y.min()),
    "max": lambda y: float(y.max()),
    "median": lambda y: float(np.median(y)),
}
LONGEST_INTERVALS = 65_535  # characters of the column


@dataclass(frozen=True, slots=True)
class Group:
    """The labels of one group: where they lie, and the metrics that are asked, by series; "" stands for all series."""

    group_id: str
    intervals: tuple[Interval, ...]
    asked: Mapping[str, tuple[str, ...]]


def groups(labels: Iterable[Label]) -> list[Group]:
    members: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        if label.group_id:
            members[label.group_id].append(label)
    return [_group(group_id, members[group_id]) for group_id in sorted(members)]


def _group(group_id: str, labels: list[Label]) -> Group:
    asked: dict[str, tuple[str, ...]] = {}
    for label in labels:
        for key, metrics in _request(label).items():
            asked[key] = tuple(dict.fromkeys((*asked.get(key, ()), *metrics)))
    intervals = union((label.start_ms, label.end_ms) for label in labels)
    return Group(group_id, tuple(intervals), asked or {"": METRICS})


def _request(label: Label) -> dict[str, tuple[str, ...]]:
    """The series and the metrics that a label asks for; none where it asks for nothing that is understood."""
    if label.type != "time-series-request":
        return {}
    try:
        data = json.loads(label.data or "")
        key, parameters = str(data["time_series_key"]), data.get("parameters", {})
        if data["method"] == "range":
            within = _within(parameters)
            return {key: (within,)} if within else {}
        wanted = parameters.get("metrics", METRICS)
        known = [metric for metric in wanted if metric in FORMULAS or PERCENTILE.fullmatch(metric)]
        return {key: tuple(known)} if data["method"] == "stats" else {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _within(parameters: Mapping[str, object]) -> str:
    """`percent from 1 to 4`, or with one limit alone; "" without any."""
    limits = {"from": parameters.get("lower_limit"), "to": parameters.get("upper_limit")}
    numbers = {word: value for word, value in limits.items() if isinstance(value, float) or type(value) is int}
    found = [f"{word} {value:.15g}" for word, value in numbers.items() if math.isfinite(value)]
    return f"percent {' '.join(found)}" if found else ""


def metrics_of(group: Group, key: str) -> tuple[str, ...]:
    """The metrics that the group wants of a series."""
    return group.asked.get("", ()) or group.asked.get(key, ())


def statistics(y: Floats, metrics: Iterable[str]) -> dict[str, float]:
    """The metrics of the values; none where there is no value, or no finite result."""
    if not y.size:
        return {}
    found = {metric: _metric(y, metric) for metric in metrics}
    return {metric: value for metric, value in found.items() if math.isfinite(value)}


def _metric(y: Floats, metric: str) -> float:
    if within := RANGE.fullmatch(metric):
        lower, upper = float(within[1] or "-inf"), float(within[2] or "inf")
        return 100 * float(((y >= lower) & (y <= upper)).mean())
    percentile = PERCENTILE.fullmatch(metric)
    return float(np.percentile(y, float(percentile[1]))) if percentile else FORMULAS[metric](y)


def intervals_text(intervals: Iterable[Interval]) -> str | None:
    """`[[0, 1250.5], [2000, 2000]]`; None where so many do not fit the column."""
    text = json.dumps([[_short(start), _short(end)] for start, end in intervals])
    return text if len(text) <= LONGEST_INTERVALS else None


def _short(ms: float) -> float | int:
    return int(ms) if ms == int(ms) else round(ms, 3)
