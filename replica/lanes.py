"""A captured session on one time axis: rows of the replica → groups of lanes (see `statetrace_ui.web.timeline`). Pure.

Each function makes one group of the rows of one kind, which come in order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from replica.network import failed, host_of, kind_of, path_of
from statetrace_ui.web.condensing import Marks, condensed, marks, rows_needed
from statetrace_ui.web.timeline import Group, Lane, Span, colour_of

if TYPE_CHECKING:
    from datetime import datetime

    from replica.addresses import SessionAddresses
    from replica.queries.calls import BusySpan
    from replica.queries.labels import MarkedLabel
    from replica.queries.network import MarkedExchange
    from replica.schema.models import Issue, SessionTimeseries

K = TypeVar("K", bound=Hashable)
SPANS_A_GROUP = 1000  # what a page holds of each kind; a range that is zoomed to has as many again
LONGEST_NAME = 200  # letters; the inspector has the rest
OPEN_HOSTS = 12  # a group of more lanes than this starts folded
OPEN_THREADS = 12
OPEN_SERIES = 6
NO_CATEGORY = "No category"
# The beginnings of the issue groups' names; what a person felt is worse than what caused it.
ISSUE_TONES = {"user": "bad", "root": "warn", "warning": "warn", "testing": "info", "pitfall": "info"}


@dataclass(frozen=True, slots=True)
class SessionAxis:
    """The time axis of a session page: when it begins, its length in ms, and where its things are explained.

    selected: the key of the span that the page's address names, which is never merged with others.
    """

    origin: datetime
    length: float
    addresses: SessionAddresses
    selected: str = ""


@dataclass(frozen=True, slots=True)
class BusyThreads:
    """When a session's threads were busy, and the names that are known of them and of their processes."""

    spans: Sequence[BusySpan]
    threads: Mapping[tuple[int, int], str | None]  # by process id and thread id
    processes: Mapping[int, str | None]
    methods: Mapping[tuple[int, int], str] = field(default_factory=dict)  # by process id and method id

    @property
    def are_calls(self) -> bool:
        """Whether the spans name calls, which the profile's blocks know, not only root calls."""
        return any(span.at_us is not None for span in self.spans)


def label_group(labels: Sequence[MarkedLabel], axis: SessionAxis) -> Group:
    """A lane for each category; labels without one come last."""
    group = Group("labels", "Labels", [], href=axis.addresses.labels())
    ordered = sorted({label.category for label in labels}, key=lambda name: (not name, name))
    lanes = {category: Lane(f"labels-{category}", category or NO_CATEGORY) for category in ordered}
    of = marks(
        [label.start_time for label in labels],
        [label.end_time for label in labels],
        _numbers(lanes, [label.category for label in labels]),
    )
    return _filled(group, lanes, of, lambda n: _label_span(labels[n], axis), axis)


def _label_span(label: MarkedLabel, axis: SessionAxis) -> Span:
    return Span(
        start=label.start_time,
        end=label.end_time,
        name=label.name[:LONGEST_NAME],
        colour=colour_of(label.category),
        href=axis.addresses.label(label.label_id),
        key=f"label-{label.label_id}",
    )


def issue_group(issues: Sequence[Issue], axis: SessionAxis) -> Group:
    """A lane for each issue card, with its impacts as spans."""
    group = Group("issues", "Issues", [], href=axis.addresses.issues())
    categories = [issue.category or NO_CATEGORY for issue in issues]
    lanes = {category: Lane(f"issues-{category}", category) for category in dict.fromkeys(categories)}
    of = marks(
        [issue.start_time_ms for issue in issues],
        [issue.end_time_ms for issue in issues],
        _numbers(lanes, categories),
    )
    return _filled(group, lanes, of, lambda n: _issue_span(issues[n], axis), axis)


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


def network_group(exchanges: Sequence[MarkedExchange], axis: SessionAxis) -> Group:
    """A lane for each host, in order of its first request."""
    group = Group("network", "Network", [], href=axis.addresses.network())
    hosts = [host_of(exchange.url) for exchange in exchanges]
    lanes = {host: Lane(f"host-{host}", host) for host in dict.fromkeys(hosts)}
    group.folded = len(lanes) > OPEN_HOSTS
    of = marks(
        [exchange.start_time for exchange in exchanges],
        [exchange.end_time for exchange in exchanges],
        _numbers(lanes, hosts),
    )
    return _filled(group, lanes, of, lambda n: _exchange_span(exchanges[n], axis), axis)


def _exchange_span(exchange: MarkedExchange, axis: SessionAxis) -> Span:
    return Span(
        start=exchange.start_time,
        end=exchange.end_time,
        name=f"{exchange.status or 'no answer'} {path_of(exchange.url)[:LONGEST_NAME]}",
        colour=colour_of(kind_of(exchange.content_type)),
        tone="bad" if failed(exchange.status) else "",
        href=axis.addresses.exchange(exchange.message_id),
        key=f"exchange-{exchange.message_id}",
    )


def thread_group(busy: BusyThreads, axis: SessionAxis) -> Group:
    """A lane for each thread with function calls; its spans say what ran, and lead there in the flame graph."""
    group = Group("threads", "Threads", [], href=axis.addresses.flame())
    threads = [(span.process_id, span.thread_id) for span in busy.spans]
    lanes = {thread: _thread_lane(busy, thread, axis) for thread in dict.fromkeys(threads)}
    group.folded = len(lanes) > OPEN_THREADS
    of = marks(
        [span.start_us / 1000 for span in busy.spans],
        [span.end_us / 1000 for span in busy.spans],
        _numbers(lanes, threads),
        [span.calls for span in busy.spans],
    )
    return _filled(group, lanes, of, lambda n: _busy_span(busy.spans[n], busy, axis), axis)


def _thread_lane(busy: BusyThreads, thread: tuple[int, int], axis: SessionAxis) -> Lane:
    process_id, thread_id = thread
    name = thread_name(busy.threads.get(thread), thread_id)
    if len(busy.processes) > 1:
        name = f"{name} · {process_name(busy.processes.get(process_id), process_id)}"
    address = axis.addresses.flame_of_thread(process_id, thread_id)
    return Lane(f"thread-{process_id}-{thread_id}", name, href=address, leads_away=busy.are_calls)


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


def series_group(series: Sequence[SessionTimeseries], axis: SessionAxis) -> Group:
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


def _numbers(lanes: Mapping[K, Lane], keys: Iterable[K]) -> list[int]:
    """In which of the lanes something lies."""
    numbers = {key: number for number, key in enumerate(lanes)}
    return [numbers[key] for key in keys]


def _filled(
    group: Group, lanes: Mapping[K, Lane], of: Marks, span_of: Callable[[int], Span], axis: SessionAxis
) -> Group:
    """The group with its lanes, and no more spans in them than a page holds; it says where a range of it is finer.

    span_of: the span of a mark. Of thousands that are merged into one run, only the longest one's is made.
    """
    group.lanes = list(lanes.values())
    runs = condensed(of, SPANS_A_GROUP, _selected(len(of), span_of, axis))
    for row, start, end, count in zip(*(column.tolist() for column in runs.columns), strict=True):
        span = span_of(row)
        span.start, span.end, span.count = start, end, count
        group.lanes[of.lane[row]].spans.append(span)
    if len(runs) < len(of):
        for number, rows in rows_needed(of).items():
            group.lanes[number].rows = rows
    if (runs.count > 1).any():
        group.finer = axis.addresses.spans(group.key)
    return group


def _selected(number: int, span_of: Callable[[int], Span], axis: SessionAxis) -> int | None:
    """The place of the mark that the address names."""
    if not axis.selected:
        return None
    return next((n for n in range(number) if span_of(n).key == axis.selected), None)
