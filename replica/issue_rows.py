"""Issues as pages list them: cards of one session, and a flow's map of session × category. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replica.analyses.intervals import union_within
from replica.lanes import NO_CATEGORY, issue_tone

if TYPE_CHECKING:
    from replica.queries.issues import IssueHeat
    from replica.schema.models import Issue, SessionMetadata

# From which share of a session on a cell of the map is warmer by one step.
WARMER = (0.0, 0.02, 0.05, 0.1, 0.25)
SCALE = 1_000  # how wide a card's strip is, in its own units


@dataclass(frozen=True, slots=True)
class Mark:
    """An impact on a strip of SCALE units."""

    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Card:
    """All impacts of one category in a session: `union` ms of it, `share` of its length."""

    category: str
    group: str
    tone: str
    impacts: list[Issue]
    references: int
    union: float
    share: float
    marks: list[Mark]


def cards(issues: Iterable[Issue], length: float) -> list[Card]:
    """A card for each category, the largest impact first."""
    by_category: dict[str, list[Issue]] = defaultdict(list)
    for issue in issues:
        by_category[issue.category or NO_CATEGORY].append(issue)
    made = [_card(category, found, length) for category, found in by_category.items()]
    return sorted(made, key=lambda card: (-card.union, card.category))


def _card(category: str, issues: list[Issue], length: float) -> Card:
    spans = [(one.start_time_ms, one.end_time_ms) for one in issues if not one.reference]
    union = union_within(spans, length)
    group = next((one.issue_group for one in issues if one.issue_group), "")
    return Card(
        category=category,
        group=group,
        tone=issue_tone(group),
        impacts=issues,
        references=len(issues) - len(spans),
        union=union,
        share=union / length if length else 0.0,
        marks=_marks(spans, length),
    )


def _marks(spans: Iterable[tuple[float, float]], length: float) -> list[Mark]:
    """At most one for each unit of the strip, however many impacts there are; each is at least one unit wide."""
    marks: dict[int, float] = {}
    for start, end in spans:
        first = max(0, min(SCALE - 1, int(start / length * SCALE))) if length else 0
        width = max(1.0, (min(end, length) - start) / length * SCALE) if length else 1.0
        marks[first] = max(marks.get(first, 0.0), min(width, SCALE - first))
    return [Mark(start, round(width, 1)) for start, width in sorted(marks.items())]


@dataclass(frozen=True, slots=True)
class Cell:
    """What issues of one category did to one session. heat: 0 for nothing, then as WARMER has it."""

    category: str
    impacts: int
    union: float
    share: float
    heat: int


@dataclass(frozen=True, slots=True)
class MapRow:
    """A session with a cell for each category of the map; `length` in ms."""

    session: SessionMetadata
    length: float
    cells: list[Cell]


def categories(heats: Iterable[IssueHeat]) -> list[str]:
    """Those that any of the sessions has, the largest impact of all first."""
    unions: dict[str, float] = defaultdict(float)
    for heat in heats:
        unions[heat.category] += heat.union_ms
    return sorted(unions, key=lambda category: (-unions[category], category))


def map_rows(
    sessions: Sequence[SessionMetadata], lengths: dict[str, float], heats: Iterable[IssueHeat], columns: Sequence[str]
) -> list[MapRow]:
    found = {(heat.session_id, heat.category): heat for heat in heats}
    return [
        MapRow(session, length, [_cell(found.get((session.session_id, name)), name, length) for name in columns])
        for session in sessions
        for length in [lengths.get(session.session_id, 0.0)]
    ]


def _cell(heat: IssueHeat | None, category: str, length: float) -> Cell:
    if heat is None:
        return Cell(category, 0, 0.0, 0.0, 0)
    share = heat.union_ms / length if length else 0.0
    return Cell(category, heat.impacts, heat.union_ms, share, sum(share > least for least in WARMER))
