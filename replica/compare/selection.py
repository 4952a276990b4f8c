"""Which sessions a group is made of, as a line: `variant=slow status:Passed since:2026-11-01`.

Words of one kind are alternatives (two session ids, two values of one tag), different kinds narrow each other down.
"""

import datetime as dt
import re
from dataclasses import dataclass

WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
KINDS = ("session", "status", "device", "version", "since", "until", "newest")
BASELINE = "baseline"
HELP = "Write tags as key=value, session ids, status:, device:, version:, since: or until:, newest:, or baseline."


class NotASelection(ValueError):
    """Says what of the line is not understood."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is empty or None is not asked. `until` is exclusive."""

    baseline: bool = False
    session_ids: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    statuses: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    newest: int | None = None  # how many


def parse(line: str, zone: dt.tzinfo) -> Selection:
    """Raises NotASelection."""
    words = [word.replace('"', "") for word in WORD.findall(line)]
    kinds = [_kind_and_value(word) for word in words]

    def values(wanted: str) -> tuple[str, ...]:
        return tuple(value for kind, value in kinds if kind == wanted)

    if not words:
        raise NotASelection(f"No session is chosen. {HELP}")
    since = [_day_or_moment(text, zone)[0] for text in values("since")]
    until = [_day_or_moment(text, zone)[1] for text in values("until")]
    return Selection(
        baseline=BASELINE in values(BASELINE),
        session_ids=values("session"),
        tags=tuple((key, value) for key, _, value in (text.partition("=") for text in values("tag"))),
        statuses=values("status"),
        devices=values("device"),
        versions=values("version"),
        since=max(since, default=None),
        until=min(until, default=None),
        newest=min(map(_count, values("newest")), default=None),
    )


def _kind_and_value(word: str) -> tuple[str, str]:
    if word == BASELINE:
        return BASELINE, BASELINE
    kind, colon, value = word.partition(":")
    if colon and kind in KINDS:
        if not value:
            raise NotASelection(f"Nothing stands behind {kind}: in this line.")
        return kind, value
    return ("tag" if "=" in word.strip("=") else "session"), word


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) > 0):
        raise NotASelection(f"“{text}” is no number of sessions. Write newest:10.")
    return int(text[:6])


def _day_or_moment(text: str, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
    """The beginning and the end of what the text names: a day, or a moment."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise NotASelection(f"“{text}” is no time. Write 2026-11-24, or 2026-11-24T10:30.") from None
    start = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return start, start + dt.timedelta(days=1) if len(text) == len("2026-11-24") else start


def of_sessions(session_ids: list[str]) -> str:
    """The line that chooses these sessions."""
    return " ".join(quoted(f"session:{one}") for one in session_ids)


def of_tag(key: str, value: str) -> str:
    return quoted(f"{key}={value}")


def quoted(word: str) -> str:
    """The word as it stands in a line."""
    return f'"{word}"' if re.search(r"\s", word) else word
