"""Reads of a replica how its user flows do: one statement for all of them, and one for those with a baseline."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from replica.comparisons.baselines import Standing, standings
from replica.flow_trends.models import LONGEST_ID, FlowTrend
from replica.schema.named_queries import rows
from statetrace_ui.web.models import Organisation

DRAWN = 30  # newest sessions of each flow
KEPT = 2_000  # flows of a replica that are remembered
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class _Row:
    user_flow_id: str
    name: str
    total: int
    session_id: str | None
    session_name: str | None
    status: str | None
    start_time: dt.datetime | None
    sessions: int
    durations: list[float]


def all_trends(organisation: Organisation, alias: str) -> tuple[list[FlowTrend], int]:
    """The flows with a baseline, then those last used, at most KEPT; and how many there are."""
    found = standings(organisation, alias)
    asked = _rows(alias, flows=None, first=list(found), limit=KEPT)
    return _trends(asked, found), asked[0].total if asked else 0


def trends_of(organisation: Organisation, alias: str, flows: Sequence[str]) -> dict[str, FlowTrend]:
    """The trends of these flows by their ids."""
    asked = _rows(alias, flows=list(flows), first=[], limit=len(flows))
    return {trend.user_flow_id: trend for trend in _trends(asked, standings(organisation, alias, flows))}


def _rows(alias: str, **asked: Any) -> list[_Row]:
    return rows(alias, "flow_trends", _Row, drawn=DRAWN, **asked)


def _trends(asked: Sequence[_Row], found: dict[str, Standing]) -> list[FlowTrend]:
    """Each flow once: a replica of others may hold two of one id."""
    by_id = {row.user_flow_id: row for row in asked if len(row.user_flow_id) <= LONGEST_ID}
    return [_trend(row, found.get(user_flow_id)) for user_flow_id, row in by_id.items()]


def _trend(row: _Row, standing: Standing | None) -> FlowTrend:
    return FlowTrend(
        user_flow_id=row.user_flow_id,
        name=row.name[:LONGEST_NAME],
        sessions=row.sessions,
        durations=row.durations,
        last_session_id=row.session_id or "",
        last_name=(row.session_name or "")[:LONGEST_NAME],
        last_status=(row.status or "")[:LONGEST_NAME],
        last_at=row.start_time,
        **_change(standing),
    )


def _change(standing: Standing | None) -> dict[str, Any]:
    if standing is None:
        return {}
    entry = standing.entry
    base = entry.subject.base_values
    return {
        "certainty": entry.certainty,
        "change_ms": entry.shift.value if entry.shift else None,
        "base_ms": median(base) if base else None,
        "is_slower": standing.is_slower,
    }
