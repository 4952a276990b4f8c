"""A captured session on one time axis: rows of the replica → groups of lanes (see `statetrace_ui.web.timeline`)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from adbc_driver_postgresql import dbapi
from django.urls import reverse
from django.utils.http import urlencode

from replica import queries
from replica.databases.arrow import column_cursor
from replica.schema.models import (
    CaptureIssue,
    CaptureSession,
    FunctionCallThread,
    SessionLabel,
    SessionMetadata,
    SessionTimeseries,
)
from replica.series.downsampling import curve
from replica.series.reading import TIMEOUT, read_points
from replica.series.units import ms_per_unit
from statetrace_ui.web.timeline import Group, Lane, Span, colour_of, fitted

SPANS_A_LANE = 2000
CURVE_POINTS = 300
OPEN_HOSTS = 12  # more lanes than this and the group starts folded
OPEN_SERIES = 6
# The beginnings of the issue groups' names; what a person felt is worse than what caused it.
ISSUE_TONES = {"user": "bad", "root": "warn", "warning": "warn", "testing": "info", "pitfall": "info"}


def groups(alias: str, session: SessionMetadata, length: float) -> list[Group]:
    """What happened in the session, from what was wanted down to what ran; kinds without data are left out."""
    found = [
        label_group(queries.labels(alias, session.session_id), length),
        issue_group(queries.issues(alias, session.session_id), length),
        network_group(queries.exchanges(alias, session.session_id), session, length),
        thread_group(alias, session, length),
    ]
    return [group for group in found if group.lanes]


def label_group(labels: Iterable[SessionLabel], length: float) -> Group:
    """A lane a category; labels without one come last."""
    lanes: dict[str, Lane] = {}
    href = ""
    for label in labels:
        category = label.category or ""
        href = href or reverse("replica:labels", args=[label.session_id])
        lane = lanes.setdefault(category, Lane(f"labels-{category}", category or "No category"))
        lane.spans.append(_label_span(label))
    ordered = [lanes[category] for category in sorted(lanes, key=lambda name: (not name, name))]
    return Group("labels", "Labels", _fit(ordered, length), href=href)


def _label_span(label: SessionLabel) -> Span:
    return Span(
        start=label.start_time,
        end=max(label.start_time, label.end_time),
        name=label.name,
        colour=colour_of(label.category or ""),
        href=reverse("replica:label", args=[label.session_id, label.label_id]),
        key=f"label-{label.label_id}",
    )


def issue_group(issues: Iterable[CaptureIssue], length: float) -> Group:
    """A lane an issue card, its impacts as spans."""
    lanes: dict[str, Lane] = {}
    for issue in issues:
        lane = lanes.setdefault(issue.category, Lane(f"issues-{issue.category}", issue.category))
        lane.spans.append(_issue_span(issue))
    return Group("issues", "Issues", _fit(list(lanes.values()), length))


def _issue_span(issue: CaptureIssue) -> Span:
    address = reverse("replica:issue", args=[issue.session_id, issue.issue_id, issue.impact_id])
    return Span(
        start=issue.start_time_ms,
        end=max(issue.start_time_ms, issue.end_time_ms),
        name=f"{issue.category}: {issue.name}" if issue.name else issue.category,
        tone="info" if issue.reference else issue_tone(issue.issue_group),
        href=f"{address}?{urlencode({'category': issue.category})}",
        key=f"issue-{issue.impact_id}",
    )


def issue_tone(group: str | None) -> str:
    name = (group or "").lower()
    return next((tone for beginning, tone in ISSUE_TONES.items() if name.startswith(beginning)), "")


def network_group(exchanges: Iterable[CaptureSession], session: SessionMetadata, length: float) -> Group:
    """A lane a host, in order of first request."""
    lanes: dict[str, Lane] = {}
    for exchange in exchanges:
        host = host_of(exchange.url)
        lane = lanes.setdefault(host, Lane(f"host-{host}", host))
        lane.spans.append(_exchange_span(exchange, session))
    return Group(
        "network",
        "Network",
        _fit(list(lanes.values()), length),
        folded=len(lanes) > OPEN_HOSTS,
        href=reverse("replica:network", args=[session.session_id]),
    )


def _exchange_span(exchange: CaptureSession, session: SessionMetadata) -> Span:
    start, end = exchange_times(exchange, session)
    return Span(
        start=start,
        end=end,
        name=f"{exchange.status or 'no answer'} {path_of(exchange.url)}",
        colour=colour_of(kind_of(exchange.content_type)),
        tone="bad" if failed(exchange) else "",
        href=reverse("replica:exchange", args=[exchange.session_id, exchange.message_id]),
        key=f"exchange-{exchange.message_id}",
    )


def exchange_times(exchange: CaptureSession, session: SessionMetadata) -> tuple[float, float]:
    """Start and end of an exchange in ms after the session's start."""
    start = queries.milliseconds(exchange.start_time - session.start_time)
    if exchange.end_time:
        return start, max(start, queries.milliseconds(exchange.end_time - session.start_time))
    return start, start + max(0, exchange.duration or 0)


def failed(exchange: CaptureSession) -> bool:
    """An error of HTTP, or no answer at all."""
    return not exchange.status or exchange.status >= 400


def host_of(url: str) -> str:
    return _split(url)[0] or "no host"


def path_of(url: str) -> str:
    return _split(url)[1] or "/"


def _split(url: str) -> tuple[str, str]:
    """Host, and path with query; whatever was captured must not break a page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url
    if not parts.netloc:
        return "", url
    return parts.netloc.rpartition("@")[2], f"{parts.path}{'?' if parts.query else ''}{parts.query}"


def kind_of(content_type: str | None) -> str:
    """What was transferred, in one word: the colour of an exchange."""
    media = (content_type or "").partition(";")[0].strip().lower()
    for kind in ("json", "html", "javascript", "css", "image", "font", "video", "audio"):
        if kind in media:
            return kind
    return media


def series_group(alias: str, session: SessionMetadata) -> Group:
    """A lane a time series; the outlines of many points take long to read, so they come after the page."""
    address = reverse("replica:series", args=[session.session_id])
    lanes = [
        Lane(
            key=f"series-{found.timeseries_key}",
            name=found.timeseries_name,
            unit=found.y_units or "",
            href=f"{address}?{urlencode({'series': found.timeseries_key})}",
        )
        for found in queries.series(alias, session.session_id)
    ]
    curves = reverse("replica:series_outlines", args=[session.session_id])
    return Group("series", "Time series", lanes, folded=len(lanes) > OPEN_SERIES, href=address, curves=curves)


def outlines(alias: str, url: str, session_id: str) -> dict[str, list[tuple[float, float | None]]]:
    """The curves of the lanes of `series_group`, by lane key: (ms, value), None where there is a gap."""
    known = queries.series(alias, session_id)
    with column_cursor(url, TIMEOUT) as cursor:
        return {f"series-{found.timeseries_key}": _outline(cursor, found) for found in known}


def _outline(cursor: dbapi.Cursor, found: SessionTimeseries) -> list[tuple[float, float | None]]:
    x, y = read_points(cursor, found.session_id, found.timeseries_key)
    thin = curve(x * ms_per_unit(found.x_units), y, CURVE_POINTS)
    return [(float(a), float(b) if np.isfinite(b) else None) for a, b in zip(thin.x, thin.y, strict=True)]


def thread_group(alias: str, session: SessionMetadata, length: float) -> Group:
    """A lane a thread with function calls; its spans say when it was busy, and lead to the flame graph."""
    names = queries.process_names(alias, session.session_id)
    known = {(thread.process_id, thread.id): thread for thread in queries.threads(alias, session.session_id)}
    lanes: dict[tuple[int, int], Lane] = {}
    for row in queries.busy_threads(alias, session.session_id, length / SPANS_A_LANE):
        key = row["process_id"], row["thread_id"]
        if key not in lanes:
            name = thread_name(known.get(key), key[1])
            process = names.get(key[0], f"Process {key[0]}")
            lanes[key] = Lane(
                f"thread-{key[0]}-{key[1]}",
                f"{name} · {process}" if len(names) > 1 else name,
                href=flame_address(session.session_id, *key),
            )
        lanes[key].spans.append(_busy_span(row, session.session_id))
    address = reverse("replica:flame", args=[session.session_id])
    return Group("threads", "Threads", _fit(list(lanes.values()), length), folded=len(lanes) > OPEN_HOSTS, href=address)


def thread_name(thread: FunctionCallThread | None, thread_id: int) -> str:
    return (thread and thread.name) or f"Thread {thread_id}"


def flame_address(session_id: str, process_id: int, thread_id: int) -> str:
    """The flame graph at one thread."""
    return f"{reverse('replica:flame', args=[session_id])}?{urlencode({'process': process_id, 'thread': thread_id})}"


def _busy_span(row: dict[str, Any], session_id: str) -> Span:
    process, thread, calls = row["process_id"], row["thread_id"], row["calls"]
    return Span(
        start=row["start_us"] / 1000,
        end=row["end_us"] / 1000,
        name="root call",
        href=reverse("replica:thread", args=[session_id, process, thread]),
        key=f"thread-{process}-{thread}-{row['start_us']}",
        count=calls,
    )


def _fit(lanes: list[Lane], length: float) -> list[Lane]:
    for lane in lanes:
        lane.spans = fitted(lane.spans, length, SPANS_A_LANE)
    return lanes
