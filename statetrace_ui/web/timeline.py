"""One time axis for both kinds of session: groups of lanes, lanes of spans or of a curve; drawn by static/js/timeline.

Positions are milliseconds since the axis's origin. A span that stands for merged neighbours counts them. Pure.
"""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from os.path import commonprefix
from typing import Any

from statetrace_ui.web.condensing import Marks, condensed, marks, rows_needed

COLOURS = 8  # --category-1 … --category-8 in static/css/tokens.css
# Sizes in CSS pixels, as static/js/timeline/layout.js and model.js have them: the page keeps the timeline's place.
ROW, GROUP_HEIGHT, CURVE_HEIGHT, PADDING, LABEL_HEIGHT = 18, 26, 46, 6, 18
STRIP_HEIGHT = 60
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
    strip: bool = False  # its spans are pictures, each at its `href` followed by `image/`
    side: str = ""  # the key of the `Side` that it belongs to, where the axis shows two sessions
    leads_away: bool = False  # its spans lead to pages, at the range that is shown, instead of being explained here
    rows: int = 0  # in how many its spans stand, where some were merged since then


@dataclass(slots=True)
class Group:
    key: str
    name: str
    lanes: list[Lane]
    folded: bool = False
    href: str = ""  # a page that shows this group in full
    curves: str = ""  # answers {lane key: curve}; asked when the group is first seen open, where reading takes long
    finer: str = ""  # answers {lane key: packed spans} of a range; asked where spans were merged


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
    if lane.strip:
        return STRIP_HEIGHT + PADDING
    plotted = awaited or bool(lane.curve)
    rows = lane.rows or rows_needed(marks_of(lane.spans)).get(0) or (0 if plotted else 1)
    return (CURVE_HEIGHT if plotted else 0) + rows * ROW + PADDING


def milliseconds(delta: timedelta) -> float:
    return delta / timedelta(milliseconds=1)


@lru_cache(maxsize=1024)
def colour_of(category: str) -> int:
    """The colour of a category, the same on every page: 1…COLOURS; 0 for none."""
    return zlib.crc32(category.encode()) % COLOURS + 1 if category else 0


def condense_to_limit(spans: Sequence[Span], limit: int = 4000) -> list[Span]:
    """At most `limit` spans, in order of time: all, or runs, which count them and bear the name of the longest one."""
    of = marks_of(spans)
    runs = condensed(of, limit)
    columns = zip(*(column.tolist() for column in runs.columns), strict=True)
    return [replace(spans[row], start=start, end=end, count=count) for row, start, end, count in columns]


def marks_of(spans: Sequence[Span]) -> Marks:
    return marks([s.start for s in spans], [s.end for s in spans], count=[s.count for s in spans])
