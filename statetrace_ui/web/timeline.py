"""One time axis for both kinds of session: groups of lanes, lanes of spans or of a curve; drawn by static/js/timeline.

Positions are milliseconds since the axis's origin. A span that stands for merged neighbours counts them. Pure.
"""

import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from heapq import heappush, heapreplace
from os.path import commonprefix
from typing import Any

COLOURS = 8  # --category-1 … --category-8 in static/css/tokens.css
# Sizes in CSS pixels, as static/js/timeline/layout.js and model.js have them: the page keeps the timeline's place.
MOST_ROWS = 6
ROW, GROUP_HEIGHT, CURVE_HEIGHT, PADDING, LABEL_HEIGHT = 18, 26, 46, 6, 18
DIGITS = 5  # of milliseconds: hundredths of a microsecond are the finest that an address holds


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
    side: str = ""  # the key of the `Side` that it belongs to, where the axis shows two sessions
    leads_away: bool = False  # its spans lead to pages, at the range that is shown, instead of being explained here


@dataclass(slots=True)
class Group:
    key: str
    name: str
    lanes: list[Lane]
    folded: bool = False
    href: str = ""  # a page that shows this group in full
    curves: str = ""  # answers {lane key: curve}; asked when the group is first seen open, where reading takes long


@dataclass(slots=True)
class Side:
    """One of two sessions on one axis: parts (start, end, place on the axis) line it up with the other, in ms."""

    key: str
    name: str
    parts: list[tuple[float, float, float]]


@dataclass(slots=True)
class Timeline:
    origin: datetime
    length: float  # ms
    groups: list[Group]
    sides: list[Side] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)  # keys of spans that are the same thing on both sides

    def as_json(self) -> dict[str, Any]:
        """The timeline as static/js/timeline reads it: fields named as here, the origin in ISO 8601, spans packed."""
        groups = [{**_plain(group), "lanes": [_packed_lane(lane) for lane in group.lanes]} for group in self.groups]
        sides = {"sides": [asdict(side) for side in self.sides], "pairs": self.pairs} if self.sides else {}
        return {"origin": self.origin.isoformat(), "length": self.length, "groups": groups, **sides}

    def heights(self, folded: Collection[str] | None = None) -> tuple[int, int]:
        """How high the lanes are in CSS pixels: beside their labels, and below them on a narrow screen.

        folded: the keys of the groups that are folded; None for those that are at first.
        """
        shown = [group for group in self.groups if not (group.folded if folded is None else group.key in folded)]
        lanes = [_lane_height(lane, awaited=bool(group.curves)) for group in shown for lane in group.lanes]
        wide = GROUP_HEIGHT * len(self.groups) + sum(lanes)
        return wide, wide + LABEL_HEIGHT * len(lanes)


def _plain(part: Group | Lane) -> dict[str, Any]:
    return {item.name: getattr(part, item.name) for item in fields(part)}


def _packed_lane(lane: Lane) -> dict[str, Any]:
    return {**_plain(lane), "spans": packed(lane.spans)}


def packed(spans: Sequence[Span]) -> dict[str, Any]:
    """Spans as columns: each text once, and of addresses and keys what differs. A tenth of the bytes of objects.

    static/js/timeline/packed.js makes objects of them again.
    """
    names: dict[str, int] = {}
    tones: dict[str, int] = {}
    return {
        "start": [round(span.start, DIGITS) for span in spans],
        "end": [round(span.end, DIGITS) for span in spans],
        "name": [names.setdefault(span.name, len(names)) for span in spans],
        "tone": [tones.setdefault(span.tone, len(tones)) for span in spans],
        "names": list(names),
        "tones": list(tones),
        "colour": [span.colour for span in spans],
        "count": [span.count for span in spans],
        "href": _stemmed([span.href for span in spans]),
        "key": _stemmed([span.key for span in spans]),
    }


def _stemmed(texts: list[str]) -> dict[str, Any]:
    """Texts as what all begin with, what all end with, and what each has between."""
    before = commonprefix(texts)  # noqa: RUF071 - letter by letter is what is wanted
    rests = [text[len(before) :] for text in texts]
    after = commonprefix([rest[::-1] for rest in rests])[::-1]  # noqa: RUF071
    return {"before": before, "after": after, "between": [rest[: len(rest) - len(after)] for rest in rests]}


def _lane_height(lane: Lane, awaited: bool) -> int:
    plotted = awaited or bool(lane.curve)
    rows = rows_needed(lane.spans) or (0 if plotted else 1)
    return (CURVE_HEIGHT if plotted else 0) + rows * ROW + PADDING


def rows_needed(spans: Iterable[Span]) -> int:
    """In how many rows spans stand so that none overlaps another; at most MOST_ROWS, the last of which then counts."""
    ends: list[float] = []  # when each row is free again, the first one first
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        instant = span.end <= span.start
        if ends and (ends[0] < span.start or (ends[0] == span.start and not instant)):
            heapreplace(ends, span.end)
        elif len(ends) == MOST_ROWS:
            break
        else:
            heappush(ends, span.end)
    return len(ends)


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
