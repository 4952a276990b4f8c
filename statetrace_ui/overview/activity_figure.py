"""Changes over time as a figure: a bar for each span, its kinds above each other."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from replica.figures.base import LEGEND, Json, axis, figure
from statetrace_ui.history.activity import COLOURS
from statetrace_ui.history.models import Change
from statetrace_ui.history.queries.rollups import Counted, Span

HEIGHT = 260
UNITS = {60: "minute", 600: "10 minutes", 3_600: "hour", 86_400: "day (UTC)", 864_000: "10 days (UTC)"}
WHOLE_STEPS = 5  # of up to so many changes, the axis would have fractions
KINDS = {**COLOURS, "E": "var(--chart-6)", "G": "var(--warn)"}


def unit_of(counted: Counted) -> str:
    return UNITS[counted.seconds]


def activity_figure(counted: Counted, zone: str) -> Json:
    order = list(KINDS)
    spans = sorted(counted.spans, key=lambda span: (order.index(span.kind), span.at))
    traces = [_trace(list(some), counted.seconds, zone) for _, some in groupby(spans, key=lambda span: span.kind)]
    ends = [_local(end, zone) for end in (counted.start, counted.end)]
    x_axis = axis(f"Time ({zone})", type="date", range=ends, ticklabelstandoff=8, automargin=True)
    y_axis = axis(f"Changes per {unit_of(counted)}", rangemode="tozero", tickformat=",d", fixedrange=True)
    y_axis["dtick"] = 1 if _highest(counted) <= WHOLE_STEPS else None
    layout = {"barmode": "stack", "showlegend": True, "legend": LEGEND, "margin": {"l": 64, "r": 16, "t": 32, "b": 60}}
    places = _places(counted, zone)
    return figure([*traces, places], HEIGHT, xaxis=x_axis, yaxis=y_axis, bargap=0.1, **layout)


def _highest(counted: Counted) -> int:
    sums: Counter[datetime] = Counter()
    for span in counted.spans:
        sums[span.at] += span.changes
    return max(sums.values(), default=0)


def _places(counted: Counted, zone: str) -> Json:
    """Two empty bars beside each other: without them, ticks keep the distance of bars that lie far apart."""
    step = timedelta(seconds=counted.seconds)
    times = [_local(counted.start + step * (n + 0.5), zone) for n in range(2)]
    return {"type": "bar", "x": times, "y": [0, 0], "hoverinfo": "skip", "showlegend": False}


def _trace(spans: list[Span], seconds: int, zone: str) -> Json:
    kind = Change.Kind(spans[0].kind)
    middle = timedelta(seconds=seconds / 2)
    return {
        "type": "bar",
        "name": kind.label,
        "x": [_local(span.at + middle, zone) for span in spans],
        "y": [span.changes for span in spans],
        "width": seconds * 900,
        "hovertemplate": f"%{{x|%H:%M, %-d %b %Y}}<br>%{{y:,}} {kind.label.lower()}<extra></extra>",
        "marker": {"color": KINDS[kind.value]},
    }


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat()
