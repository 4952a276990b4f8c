"""Measurements of a session: counts, bytes, averages, and the union impact of each category of issues. Pure.

Their types begin with OURS, so that what files bring has other keys and stays. Names differ between types, since a
trend asks by the name alone. What a session does not have gets no measurement, not 0.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import fmean

from replica.analyses.intervals import Interval, union_within
from replica.analyses.recorded import Recorded
from replica.network import failed

VERSION = "1"
OURS = "Statetrace "
LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Measurement:
    name: str
    type: str
    units: str | None
    value: float


@dataclass(frozen=True, slots=True)
class ImpactSpan:
    """An impact as the store holds it, whoever found it."""

    category: str
    start_ms: float
    end_ms: float
    reference: bool


def measurements(recorded: Recorded, impacts: Iterable[ImpactSpan], analysed: Iterable[str]) -> Iterator[Measurement]:
    """analysed: the categories that were looked for; one without impacts has a union impact of 0."""
    yield from _network(recorded)
    yield from _labels(recorded)
    yield from _series(recorded)
    if recorded.calls:
        yield Measurement("Function calls", f"{OURS}Calls", None, recorded.calls)
    yield from _impacts(recorded.length_ms, impacts, analysed)


def _network(recorded: Recorded) -> Iterator[Measurement]:
    exchanges, kind = recorded.exchanges, f"{OURS}Network"
    if not exchanges:
        return
    yield Measurement("Requests", kind, None, len(exchanges))
    yield Measurement("Failed requests", kind, None, sum(failed(one.status) for one in exchanges))
    yield Measurement("Hosts", kind, None, len({one.host for one in exchanges}))
    yield Measurement("Bytes received", kind, "bytes", sum(one.response_bytes or 0 for one in exchanges))
    yield Measurement("Bytes sent", kind, "bytes", sum(one.request_bytes or 0 for one in exchanges))
    for name, values in {
        "Mean request duration": [one.duration_ms for one in exchanges if one.duration_ms is not None],
        "Mean wait for first byte": [one.wait_ms for one in exchanges if one.wait_ms is not None],
    }.items():
        if values:
            yield Measurement(name, kind, "ms", fmean(values))
    under_way = union_within([(one.start_ms, one.end_ms) for one in exchanges], recorded.length_ms)
    yield Measurement("Time with a request under way", kind, "ms", under_way)


def _labels(recorded: Recorded) -> Iterator[Measurement]:
    if recorded.labels:
        labelled = union_within([(one.start_ms, one.end_ms) for one in recorded.labels], recorded.length_ms)
        yield Measurement("Labels", f"{OURS}Labels", None, len(recorded.labels))
        yield Measurement("Labelled time", f"{OURS}Labels", "ms", labelled)


def _series(recorded: Recorded) -> Iterator[Measurement]:
    """The mean of each series over its points. Where two have one name, that of the first key counts."""
    seen = set()
    for one in sorted(recorded.series, key=lambda series: series.key):
        name = f"Mean of {one.name}"[:LONGEST_NAME]
        if one.mean is not None and name not in seen:
            seen.add(name)
            yield Measurement(name, f"{OURS}Time Series", one.y_units[:LONGEST_NAME] or None, one.mean)


def _impacts(length_ms: float, impacts: Iterable[ImpactSpan], analysed: Iterable[str]) -> Iterator[Measurement]:
    spans: dict[str, list[Interval]] = defaultdict(list)
    for one in impacts:
        if not one.reference:
            spans[one.category].append((one.start_ms, one.end_ms))
    for category in sorted({*spans, *analysed}):
        found, name = spans[category], category[: LONGEST_NAME - 20]
        yield Measurement(f"{name}: impacts", f"{OURS}Issue Count", None, len(found))
        yield Measurement(f"{name}: union impact", f"{OURS}Issue Impact", "ms", union_within(found, length_ms))
