"""A captured session on one time axis: rows of the replica → groups of lanes (see `statetrace_ui.web.timeline`). Pure.

Each function makes one group of the rows of one kind, which come in order of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from replica.network import exchange_times, failed, host_of, kind_of, path_of
from statetrace_ui.web.timeline import Group, Lane, Span, colour_of, condense_to_limit

if TYPE_CHECKING:
    from datetime import datetime

    from replica.addresses import SessionAddresses
    from replica.queries.calls import BusySpan
    from replica.schema.models import Exchange, Issue, SessionLabel, SessionTimeseries

SPANS_A_LANE = 2000
OPEN_HOSTS = 12  # a group of more lanes than this starts folded
OPEN_THREADS = 12
OPEN_SERIES = 6
NO_CATEGORY = "No category"
# The beginnings of the issue groups' names; what a person felt is worse than what caused it.
ISSUE_TONES = {"user": "bad", "root": "warn", "warning": "warn", "testing": "info", "pitfall": "info"}


@dataclass(frozen=True, slots=True)
class SessionAxis:
    """The time axis of a session page: when it begins, its length in ms, and where its things are explained."""

    origin: datetime
    length: float
    addresses: SessionAddresses


@dataclass(frozen=True, slots=True)
class BusyThreads:
    """When a session's threads were busy, and the names that are known of them and of their processes."""

    spans: Iterable[BusySpan]
    threads: Mapping[tuple[int, int], str | None]  # by process id and thread id
    processes: Mapping[int, str | None]
    methods: Mapping[tuple[int, int], str] = field(default_factory=dict)  # by process id and method id


def label_group(labels: Iterable[SessionLabel], axis: SessionAxis) -> Group:
    """A lane for each category; labels without one come last."""
    lanes: dict[str, Lane] = {}
    for label in labels:
        category = label.category or ""
        lane = lanes.setdefault(category, Lane(f"labels-{category}", category or NO_CATEGORY))
        lane.spans.append(_label_span(label, axis))
    ordered = [lanes[category] for category in sorted(lanes, key=lambda name: (not name, name))]
    return Group("labels", "Labels", _condensed(ordered, axis), href=axis.addresses.labels())


def _label_span(label: SessionLabel, axis: SessionAxis) -> Span:
    return Span(
        start=label.start_time,
        end=max(label.start_time, label.end_time),
        name=label.name,
        colour=colour_of(label.category or ""),
        href=axis.addresses.label(label.label_id),
        key=f"label-{label.label_id}",
    )


def issue_group(issues: Iterable[Issue], axis: SessionAxis) -> Group:
    """A lane for each issue card, with its impacts as spans."""
    lanes: dict[str, Lane] = {}
    for issue in issues:
        category = issue.category or NO_CATEGORY
        lane = lanes.setdefault(category, Lane(f"issues-{category}", category))
        lane.spans.append(_issue_span(issue, axis))
    return Group("issues", "Issues", _condensed(list(lanes.values()), axis), href=axis.addresses.issues())


def _issue_span(issue: Issue, axis: SessionAxis) -> Span:
    return Span(
        start=issue.start_time_ms,
        end=max(issue.start_time_ms, issue.end_time_ms),
        name=": ".join(filter(None, (issue.category or NO_CATEGORY, issue.name))),
        tone="info" if issue.reference else issue_tone(issue.issue_group),
        href=axis.addresses.issue(issue.issue_id, issue.impact_id, issue.category),
        key=f"issue-{issue.impact_id}",
    )


def issue_tone(group: str | None) -> str:
    """The meaning colour of an issue group; none for a group that is not known."""
    name = (group or "").lower()
    return next((tone for beginning, tone in ISSUE_TONES.items() if name.startswith(beginning)), "")


def network_group(exchanges: Iterable[Exchange], axis: SessionAxis) -> Group:
    """A lane for each host, in order of its first request."""
    lanes: dict[str, Lane] = {}
    for exchange in exchanges:
        host = host_of(exchange.url)
        lane = lanes.setdefault(host, Lane(f"host-{host}", host))
        lane.spans.append(_exchange_span(exchange, axis))
    ordered = _condensed(list(lanes.values()), axis)
    return Group("network", "Network", ordered, folded=len(lanes) > OPEN_HOSTS, href=axis.addresses.network())


def _exchange_span(exchange: Exchange, axis: SessionAxis) -> Span:
    start, end = exchange_times(exchange, axis.origin)
    return Span(
        start=start,
        end=end,
        name=f"{exchange.status or 'no answer'} {path_of(exchange.url)}",
        colour=colour_of(kind_of(exchange.content_type)),
        tone="bad" if failed(exchange.status) else "",
        href=axis.addresses.exchange(exchange.message_id),
        key=f"exchange-{exchange.message_id}",
    )


def thread_group(busy: BusyThreads, axis: SessionAxis) -> Group:
    """A lane for each thread with function calls; its spans say what ran, and lead there in the flame graph."""
    lanes: dict[tuple[int, int], Lane] = {}
    for span in busy.spans:
        thread = span.process_id, span.thread_id
        lane = lanes.get(thread) or lanes.setdefault(thread, _thread_lane(busy, thread, axis))
        lane.spans.append(_busy_span(span, busy, axis))
        lane.leads_away = span.at_us is not None
    ordered = _condensed(list(lanes.values()), axis)
    return Group("threads", "Threads", ordered, folded=len(lanes) > OPEN_THREADS, href=axis.addresses.flame())


def _thread_lane(busy: BusyThreads, thread: tuple[int, int], axis: SessionAxis) -> Lane:
    process_id, thread_id = thread
    name = thread_name(busy.threads.get(thread), thread_id)
    if len(busy.processes) > 1:
        name = f"{name} · {process_name(busy.processes.get(process_id), process_id)}"
    address = axis.addresses.flame_of_thread(process_id, thread_id)
    return Lane(f"thread-{process_id}-{thread_id}", name, href=address)


def _busy_span(span: BusySpan, busy: BusyThreads, axis: SessionAxis) -> Span:
    method = busy.methods.get((span.process_id, span.method_id)) if span.method_id is not None else span.name
    return Span(
        start=span.start_us / 1000,
        end=span.end_us / 1000,
        name=method or "call",
        href=_busy_address(span, axis),
        key=f"thread-{span.process_id}-{span.thread_id}-{span.start_us}",
        count=span.calls,
    )


def _busy_address(span: BusySpan, axis: SessionAxis) -> str:
    """The call in the flame graph; what is known of the thread where no call is."""
    if span.depth is None or span.at_us is None:
        return axis.addresses.thread(span.process_id, span.thread_id)
    return axis.addresses.flame_call(span.process_id, span.thread_id, span.depth, span.at_us)


def thread_name(name: str | None, thread_id: int) -> str:
    return name or f"Thread {thread_id}"


def process_name(name: str | None, process_id: int) -> str:
    return name or f"Process {process_id}"


def screenshot_group(moments: Sequence[float], axis: SessionAxis) -> Group:
    """One lane of pictures."""
    spans = [
        Span(start=ms, end=ms, name="Screenshot", href=axis.addresses.screenshot(number), key=f"screenshot-{number}")
        for number, ms in enumerate(moments)
    ]
    lanes = [Lane("screenshots", "Screen", spans, strip=True)] if spans else []
    return Group("screenshots", "Screenshots", lanes)


def series_group(series: Iterable[SessionTimeseries], axis: SessionAxis) -> Group:
    """A lane for each time series; outlines of many points take long to read, so they come after the page."""
    lanes = [
        Lane(
            key=series_lane_key(one.timeseries_key),
            name=one.timeseries_name,
            unit=one.y_units or "",
            href=axis.addresses.series(one.timeseries_key),
        )
        for one in series
    ]
    return Group(
        "series",
        "Time series",
        lanes,
        folded=len(lanes) > OPEN_SERIES,
        href=axis.addresses.series(),
        curves=axis.addresses.series_outlines(),
    )


def series_lane_key(timeseries_key: str) -> str:
    return f"series-{timeseries_key}"


def _condensed(lanes: list[Lane], axis: SessionAxis) -> list[Lane]:
    for lane in lanes:
        lane.spans = condense_to_limit(lane.spans, axis.length, SPANS_A_LANE)
    return lanes
