"""Exchanges as bars on one axis: where each began, and how long its phases took. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replica.lanes import issue_tone
from replica.network import ExchangeRow
from statetrace_ui.web.quantities import duration

if TYPE_CHECKING:
    from replica.beside.models import ExchangeDetail
    from replica.schema.models import Exchange, Issue

# The phases in the order in which they happen; `queue` is what is left of the time, which nothing else explains.
PHASES = {
    "queue": "Queue and the rest",
    "dns": "DNS look-up",
    "connect": "TCP connect",
    "tls": "TLS handshake",
    "send": "Send",
    "wait": "Wait for first byte",
    "receive": "Receive",
    "whole": "not divided",
}
LEAST_WIDTH = 0.25  # percent of the axis: what is shorter is still seen
MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Axis:
    """The stretch of time, in ms of the session, on which bars stand."""

    start: float
    end: float

    def percent(self, ms: float) -> float:
        return 100 * (ms - self.start) / max(self.end - self.start, 1e-9)


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of an exchange: `x` and `width` in percent of the axis, as attributes of SVG take them."""

    phase: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: str
    text: str


@dataclass(frozen=True, slots=True)
class WaterfallRow:
    """An exchange with its bars; `spoken` says its phases in words. `issues` name it; `tone` is that of the first.

    method: "" where it is not known; detail: what else our own side knows of it. href: what explains it.
    """

    row: ExchangeRow
    bars: list[Bar]
    spoken: str
    issues: Sequence[Issue]
    tone: str
    method: str
    href: str
    detail: ExchangeDetail | None


def axis_of(rows: Sequence[ExchangeRow]) -> Axis:
    """From the first start to the last end of the rows."""
    start = min((row.start for row in rows), default=0.0)
    return Axis(start, max((row.start + row.ms for row in rows), default=start + 1))


def waterfall_row(
    row: ExchangeRow,
    axis: Axis,
    issues: Sequence[Issue] = (),
    method: str = "",
    href: str = "",
    detail: ExchangeDetail | None = None,
) -> WaterfallRow:
    parts = phase_times(row.exchange, row.ms, detail)
    spoken = ", ".join(f"{PHASES[phase]} {duration(ms)}" for phase, ms in parts if phase != "whole")
    tone = issue_tone(issues[0].issue_group) if issues else ""
    return WaterfallRow(row, bars(parts, row.start, axis), spoken, issues, tone, method, href, detail)


def phase_times(exchange: Exchange, ms: float, detail: ExchangeDetail | None = None) -> list[tuple[str, float]]:
    """The phases that were measured, in order, which together take `ms`; longer ones are shortened alike."""
    measured = {
        "dns": detail and detail.dns_ms,
        "connect": exchange.tcp_connect,
        "tls": exchange.tls_handshake,
        "send": detail and detail.send_ms,
        "wait": exchange.wait,
        "receive": exchange.receive,
    }
    known = {phase: float(value) for phase, value in measured.items() if value and value > 0}
    total = sum(known.values())
    if not total:
        return [("whole", ms)]
    if total > ms:
        return [(phase, value * ms / total) for phase, value in known.items()]
    rest = [("queue", ms - total)] if ms - total > 0 else []
    return [*rest, *known.items()]


def bars(parts: Sequence[tuple[str, float]], start: float, axis: Axis) -> list[Bar]:
    """Bars beside each other; an exchange that took no time is still seen."""
    result = []
    at = start
    for phase, ms in parts:
        width = axis.percent(at + ms) - axis.percent(at)
        result.append((phase, axis.percent(at), width))
        at += ms
    if sum(width for _, _, width in result) < LEAST_WIDTH:
        result = [(max(parts, key=lambda part: part[1])[0], result[0][1], LEAST_WIDTH)]
    return [Bar(phase, f"{x:.2f}%", f"{width:.2f}%") for phase, x, width in result if width >= 0.005]


def ticks(axis: Axis) -> list[Tick]:
    """Round moments of the session on the axis, in steps of 1, 2 or 5 and zeros."""
    least = max(axis.end - axis.start, 1e-6) / MOST_TICKS
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)
    first = math.ceil(axis.start / step)
    places = [n * step for n in range(first, int(axis.end // step) + 1)]
    return [Tick(f"{axis.percent(ms):.2f}%", duration(ms)) for ms in places]
