"""One time axis for both kinds of session: groups of lanes, lanes of spans or of a curve; drawn by static/js/timeline.

Positions are milliseconds since the axis's origin. A span that stands for merged neighbours counts them. Pure.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

COLOURS = 8  # --category-1 … --category-8 in static/css/tokens.css


@dataclass(slots=True)
class Span:
    """A thing that happened from `start` to `end`, which are equal for an instant."""

    start: float
    end: float
    name: str
    colour: int = 0  # 1…COLOURS a category's colour; 0 neutral
    tone: str = ""  # "", "good", "warn", "bad" or "info": overrides the colour
    href: str = ""  # the fragment that explains it, opened in the inspector
    key: str = ""  # names it in the page's address
    count: int = 1


@dataclass(slots=True)
class Lane:
    """One row: spans (which may overlap; the drawing stacks them) or a curve of (ms, value) points with its unit."""

    key: str
    name: str
    spans: list[Span] = field(default_factory=list)
    curve: list[tuple[float, float | None]] = field(default_factory=list)
    unit: str = ""
    href: str = ""  # a page that shows this lane alone


@dataclass(slots=True)
class Group:
    key: str
    name: str
    lanes: list[Lane]
    folded: bool = False
    href: str = ""  # a page that shows this group in full
    curves: str = ""  # answers {lane key: curve}; asked when the group is first seen open, where reading takes long


@dataclass(slots=True)
class Timeline:
    origin: datetime
    length: float  # ms
    groups: list[Group]

    def as_json(self) -> dict[str, Any]:
        """The timeline as static/js/timeline reads it: fields named as here, the origin in ISO 8601."""
        return {**asdict(self), "origin": self.origin.isoformat()}


def milliseconds(delta: timedelta) -> float:
    return delta / timedelta(milliseconds=1)


def colour_of(category: str) -> int:
    """The colour of a category, the same on every page: 1…COLOURS; 0 for none."""
    return zlib.crc32(category.encode()) % COLOURS + 1 if category else 0


def condense(spans: Iterable[Span], resolution: float) -> list[Span]:
    """Merge spans no longer than `resolution` ms that start within it of each other into runs, which count them.

    Longer spans stay as they are. A run keeps the name and href of its longest member.
    """
    result: list[Span] = []
    for span in sorted(spans, key=lambda s: s.start):
        last = result[-1] if result else None
        if (
            last
            and span.end - span.start <= resolution
            and span.start - last.start <= resolution >= last.end - last.start
        ):
            result[-1] = _merged(last, span)
        else:
            result.append(span)
    return result


def _merged(run: Span, span: Span) -> Span:
    longest: Span = max(run, span, key=lambda s: s.end - s.start)
    return Span(
        start=run.start,
        end=max(run.end, span.end),
        name=longest.name,
        colour=longest.colour,
        tone=longest.tone,
        href=longest.href,
        key=longest.key,
        count=run.count + span.count,
    )


def condense_to_limit(spans: Sequence[Span], length: float, limit: int = 4000) -> list[Span]:
    """At most `limit` spans: all of them, or runs no coarser than that takes on an axis of `length` ms."""
    resolution = length / limit
    result = list(spans)
    while len(result) > limit:
        result = condense(result, resolution)
        resolution *= 2
    return result
