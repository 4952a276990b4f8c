"""Durations, sizes and counts as people read them, each in the unit that reads best. Pure."""

import math
from decimal import ROUND_HALF_UP, Decimal

DAY = 86400
# (unit, its seconds, from how many seconds on it is used)
AGES = (
    ("years", 365 * DAY, 730 * DAY),
    ("months", 30 * DAY, 60 * DAY),
    ("days", DAY, 2 * DAY),
    ("h", 3600, 7200),
    ("min", 60, 120),
    ("s", 1, 5),
)
SIZES = ("B", "kB", "MB", "GB", "TB")


def duration(ms: float | Decimal | None) -> str:
    """Milliseconds in the unit that reads best: 412 µs, 12.3 ms, 1.204 s, 3 min 20 s, 2 h 5 min.

    `duration`, `size`, `ago` and `thousands` have twins in static/js/format.js, which follow the same rules to the
    letter.
    """
    if ms is None or not math.isfinite(ms):
        return "–"
    ms = float(ms)
    if ms < 0:
        return f"−{duration(-ms)}"
    if ms < 5e-7:
        return "0 ms"
    if ms * 1000 < 999.5:
        return f"{_significant(ms * 1000, 3)} µs"
    if ms < 999.5:
        return f"{_significant(ms, 3)} ms"
    if ms < 59_995:
        return f"{_significant(ms / 1000, 4)} s"
    seconds = math.floor(ms / 1000 + 0.5)
    minutes = seconds // 60
    return f"{minutes} min {seconds % 60} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _significant(value: float, digits: int) -> str:
    """So many digits of a value below 1000, halves rounded up; a whole number without decimals."""
    before = sum(value >= power for power in (1, 10, 100))
    rounded = Decimal(value).quantize(Decimal(1).scaleb(before - digits), ROUND_HALF_UP)
    return f"{rounded:f}" if rounded % 1 else f"{rounded:.0f}"


def microseconds(us: float | None) -> str:
    """The same for microseconds, which is what function calls are measured in."""
    return duration(None if us is None else us / 1000)


def size(count: float | None) -> str:
    """Bytes in powers of 1000: 512 B, 14.2 kB, 3.1 MB."""
    if count is None or not math.isfinite(count):
        return "–"
    if count < 0:
        return f"−{size(-count)}"
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(SIZES) - 1:
        value, unit = value / 1000, unit + 1
    return f"{_significant(value, 3)} {SIZES[unit]}"


def thousands(value: int | None) -> str:
    """1,234,567"""
    return "–" if value is None else f"{value:,}"


def ago(seconds: float) -> str:
    """How long ago, in one unit: just now, 42 s ago, 3 min ago, 5 h ago, 12 days ago, 8 years ago; or in 5 min.

    Clocks may differ by 5 s.
    """
    length = abs(seconds)
    for unit, each, least in AGES:
        if length >= least:
            count = f"{int(length // each)} {unit}"
            return f"{count} ago" if seconds > 0 else f"in {count}"
    return "just now"
