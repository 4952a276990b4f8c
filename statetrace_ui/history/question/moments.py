"""Days, times and periods as people write them, in the viewer's zone unless they name another. Pure.

A text names a period: a day, a minute, a second. `since` takes its beginning, `until` its end, `at` both.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)
Period = tuple[datetime, datetime]  # the first moment, and the first after it

AGO = re.compile(r"(\d{1,6}) ?([smhdw])", re.ASCII | re.IGNORECASE)
UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
STAMP = re.compile(
    r"""(?P<day>\d{4}-\d\d-\d\d)?
        (?:(?:(?<=\d)[T ]|(?<!\d))(?P<minute>\d{1,2}:\d\d)(?P<second>:\d\d(?P<fraction>[.]\d{1,6})?)?)?
        \ ?(?P<zone>Z|[+-]\d\d:?\d\d)?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
PERIODS = ("today", "yesterday", "this week", "last week", "this month", "last month")
EXAMPLES = "Write 2026-11-24, 2026-11-24T10:34, 10:34, 15m, 24h, 7d, today, yesterday or last-week."


class MomentError(ValueError):
    """A text names no moment. advice: what to write."""

    def __init__(self, sentence: str, advice: str = EXAMPLES) -> None:
        super().__init__(sentence)
        self.advice = advice


def since(text: str, now: datetime, zone: tzinfo) -> datetime:
    return at(text, now, zone)[0]


def until(text: str, now: datetime, zone: tzinfo) -> datetime:
    """The first moment that is too late. `15m` means 15 minutes ago."""
    start, end = at(text, now, zone)
    return start if AGO.fullmatch(text) else end


def at(text: str, now: datetime, zone: tzinfo) -> Period:
    """The period that a text names. `15m` means the last 15 minutes. Raises MomentError."""
    start, end = _ago(text, now) or _named(text, now, zone) or _written(text, now, zone)
    if not FIRST <= start <= end <= LAST:
        raise MomentError(f"{text} lies outside the years {FIRST.year} to {LAST.year - 1}.")
    return start, end


def _ago(text: str, now: datetime) -> Period | None:
    found = AGO.fullmatch(text)
    if not found:
        return None
    length = int(found[1]) * UNITS[found[2].lower()]
    return (now - length if length < now - FIRST else FIRST), now


def _named(text: str, now: datetime, zone: tzinfo) -> Period | None:
    name = text.lower().replace("-", " ")
    if name not in PERIODS:
        return None
    first, before = _days(name, now.astimezone(zone).date())
    return midnight(first, zone), midnight(before, zone)


def _days(name: str, today: date) -> tuple[date, date]:
    """The first day of a period, and the first after it. Weeks begin on Monday."""
    tomorrow = today + timedelta(days=1)
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    return {
        "today": (today, tomorrow),
        "yesterday": (today - timedelta(days=1), today),
        "this week": (monday, monday + timedelta(days=7)),
        "last week": (monday - timedelta(days=7), monday),
        "this month": (first, (first + timedelta(days=31)).replace(day=1)),
        "last month": ((first - timedelta(days=1)).replace(day=1), first),
    }[name]


def _written(text: str, now: datetime, zone: tzinfo) -> Period:
    found = STAMP.fullmatch(text)
    if not found or not (found["day"] or found["minute"]):
        raise MomentError(f"{text} is neither a time nor a period.")
    try:
        zone = _offset(found["zone"]) if found["zone"] else zone
        day = date.fromisoformat(found["day"]) if found["day"] else now.astimezone(zone).date()
        if not FIRST.year <= day.year < LAST.year:
            raise MomentError(f"{text} lies outside the years {FIRST.year} to {LAST.year - 1}.")
        if not found["minute"]:
            return midnight(day, zone), midnight(day + timedelta(days=1), zone)
        start = _instant(datetime.combine(day, _time(found)), zone)
    except MomentError:
        raise
    except ValueError:
        raise MomentError(f"There is no such day or time: {text}.") from None
    return start, start + _unit(found)


def _time(found: re.Match[str]) -> time:
    hours, minutes = found["minute"].split(":")
    seconds, _, fraction = (found["second"] or ":00")[1:].partition(".")
    return time(int(hours), int(minutes), int(seconds), int(fraction.ljust(6, "0") or 0))


def _unit(found: re.Match[str]) -> timedelta:
    """How long what is named lasts: a minute, a second, or as little as its fraction of a second says."""
    if not found["second"]:
        return timedelta(minutes=1)
    if not found["fraction"]:
        return timedelta(seconds=1)
    return timedelta(microseconds=10 ** (7 - len(found["fraction"])))


def _offset(text: str) -> tzinfo:
    return datetime.fromisoformat(f"2000-01-01T00:00{text.upper()}").tzinfo or UTC


def midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day: where clocks were put forward at midnight, that is not 00:00."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _instant(local: datetime, zone: tzinfo) -> datetime:
    """The moment at which clocks showed a time. Raises MomentError if they never did, or twice."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    if first.astimezone(zone).replace(tzinfo=None) != local:
        raise MomentError(f"Clocks never showed {local:%H:%M} on that day: they were put forward.", "Choose another.")
    zones = " or ".join(f"{local:%Y-%m-%dT%H:%M}{_zone_text(moment.astimezone(zone))}" for moment in (first, second))
    raise MomentError(f"Clocks showed {local:%H:%M} twice on that day: they were put back.", f"Write {zones}.")


def _zone_text(moment: datetime) -> str:
    return moment.isoformat()[-6:]


def write_since(moment: datetime, zone: tzinfo) -> str:
    """A text of which `since` makes the moment."""
    local = moment.astimezone(zone)
    if midnight(local.date(), zone) == moment:
        return local.date().isoformat()
    return _text(moment, zone, _precision(local))


def write_until(end: datetime, zone: tzinfo) -> str:
    """A text of which `until` makes the moment."""
    last = (end - timedelta(microseconds=1)).astimezone(zone).date()
    if midnight(last + timedelta(days=1), zone) == end:
        return last.isoformat()
    precision = _precision(end.astimezone(zone))
    return _text(end - timedelta(**{precision: 1}), zone, precision)


def _precision(local: datetime) -> str:
    return "microseconds" if local.microsecond else "seconds" if local.second else "minutes"


def _text(moment: datetime, zone: tzinfo, precision: str) -> str:
    """In the zone, unless clocks showed that time twice."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    try:
        if _instant(local, zone) == moment:
            return local.isoformat(timespec=precision)
    except MomentError:
        pass
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision)}Z"
