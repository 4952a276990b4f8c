"""The lanes of a session's timeline: one of its actions, and one of row changes for each table."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.http import urlencode

from statetrace_ui.history import queries
from statetrace_ui.history.models import Change, Gap, Session
from statetrace_ui.history.queries import ActionRun, ChangeRun
from statetrace_ui.web.timeline import Group, Lane, Span, colour_of, condense_to_limit, milliseconds
from statetrace_ui.web.tones import Tone

MOST_SINGLE_ACTIONS = 4000  # a session of more actions is drawn as runs of actions
LEAST_LENGTH_MS = 1000.0
VERBS = {Change.Kind.INSERT: "inserted", Change.Kind.UPDATE: "updated", Change.Kind.DELETE: "deleted"}


def axis(session: Session) -> tuple[datetime, float]:
    """The axis of a session, from the start of its first action to its last commit: (begin, length in ms)."""
    first = queries.first_action(session)
    begin = session.started_at
    if first:
        begin = min(begin, first.at - timedelta(milliseconds=first.length_ms or 0))
    return begin, max(milliseconds(session.last_at - begin), LEAST_LENGTH_MS)


def timeline_groups(session: Session, origin: datetime, length_ms: float, gaps: Sequence[Gap] = ()) -> list[Group]:
    """The lanes of the session from `origin` for `length_ms`; an empty list if nothing was committed then.

    gaps: of its source, in that time.
    """
    actions = queries.actions_between(session, origin, length_ms)
    resolution = length_ms / MOST_SINGLE_ACTIONS if session.action_count > MOST_SINGLE_ACTIONS else 0.0
    spans = [_action_span(run, origin) for run in queries.action_runs(actions, origin, resolution)]
    if not spans:
        return []
    groups = [Group("actions", "Actions", [Lane("actions", "Actions", condense_to_limit(spans))])]
    lanes = _change_lanes(queries.change_runs(session, origin, length_ms, resolution), origin)
    if lanes:
        groups.append(Group("changes", "Row changes", lanes))
    if gaps:
        missed = [_gap_span(gap, origin, length_ms) for gap in gaps]
        groups.append(Group("gaps", "Gaps", [Lane("gaps", "Not captured", missed)]))
    return groups


def _gap_span(gap: Gap, origin: datetime, length_ms: float) -> Span:
    """As much of the gap as lies on the axis."""
    end = min(_ms(gap.until_at, origin), length_ms) if gap.until_at else length_ms
    return Span(
        start=min(max(_ms(gap.since_at, origin), 0.0), end),
        end=end,
        name=f"Gap: {gap.sentence}",
        tone=Tone.BAD,
        href=reverse("history:change", args=[gap.entry]),
        key=f"g{gap.pk}",
    )


def _action_span(run: ActionRun, origin: datetime) -> Span:
    end = _ms(run.last, origin)
    start = min(_ms(run.first, origin) - (run.length_ms or 0), end)
    return Span(
        start=max(start, 0.0),
        end=end,
        name=f"{run.method} {run.url}".strip() or "Action",
        colour=colour_of(run.method),
        href=reverse("history:action_changes", args=[run.action]),
        key=f"a{run.action}",
        count=run.count,
    )


def _change_lanes(runs: Sequence[ChangeRun], origin: datetime) -> list[Lane]:
    """One lane for each table, by name. In a lane, one span for each run."""
    lanes: dict[str, Lane] = {}
    for run in runs:
        table = f"{run.schema_name}.{run.table_name}"
        lane = lanes.setdefault(table, Lane(f"table-{table}", table.removeprefix("public.")))
        lane.spans.append(_change_span(run, table, origin))
    for lane in lanes.values():
        lane.spans = condense_to_limit(lane.spans, MOST_SINGLE_ACTIONS // len(lanes))
    return sorted(lanes.values(), key=lambda lane: lane.name)


def _change_span(run: ChangeRun, table: str, origin: datetime) -> Span:
    return Span(
        start=_ms(run.first, origin),
        end=_ms(run.last, origin),
        name=f"{table.removeprefix('public.')}: {run.count} {VERBS.get(run.kind, 'truncated')}",
        tone=Change.Kind(run.kind).tone,
        href=f"{reverse('history:action_changes', args=[run.action])}?{urlencode({'table': table})}",
        key=f"c{run.action}-{run.kind}-{table}",
    )


def _ms(at: datetime, origin: datetime) -> float:
    return milliseconds(at - origin)
