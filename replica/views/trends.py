"""The trend of a flow: a dot for each session, coloured by a tag, over the median, with the steps of the values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from replica.compare.steps import step_changes
from replica.comparisons.rows import signed
from replica.figures.trend import WINDOW, TrendDot, TrendStep, group_colours, trend_figure
from replica.queries.flows import SessionValue, label_names, label_trend, measurement_names, trend
from replica.queries.sessions import tags
from replica.schema.models import SessionTag
from replica.schema.statuses import SessionStatus
from replica.tags import distinctive
from statetrace_ui.web.tones import known, tone_of

LABEL = "label:"  # in front of a label's name
MOST_GROUPS = 8  # values of a tag that colours can tell apart


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the dots are of."""

    value: str
    title: str
    unit: str


def trend_context(alias: str, user_flow_id: str, wanted: str, colour: str) -> dict[str, Any]:
    """What the template shows of a measurement or a label; of durations where the flow has no such thing."""
    units, labels = measurement_names(alias, user_flow_id), label_names(alias, user_flow_id)
    chosen = _chosen(wanted, units, labels)
    sessions = _values(alias, user_flow_id, chosen)
    by_key = _groups(tags(alias, [session.session_id for session in sessions]))
    dots = [_dot(session, by_key.get(colour, {})) for session in sessions]
    steps = _steps([dot for dot in dots if dot.counted], chosen.unit)
    return {
        "measurements": units,
        "labels": [(f"{LABEL}{name}", name) for name in labels],
        "measurement": chosen.value,
        "colours": sorted(by_key),
        "colour": colour if colour in by_key else "",
        "groups": _legend(dots),
        "steps": steps,
        "window": WINDOW if sum(dot.counted for dot in dots) >= WINDOW else None,
        "trend": trend_figure(dots, chosen.title, chosen.unit, timezone.get_current_timezone(), steps)
        if len(dots) > 1
        else None,
    }


def _chosen(wanted: str, units: dict[str, str], labels: list[str]) -> _Chosen:
    if wanted.startswith(LABEL) and wanted.removeprefix(LABEL) in labels:
        return _Chosen(wanted, wanted.removeprefix(LABEL), "ms")
    return _Chosen(wanted, wanted, units[wanted]) if wanted in units else _Chosen("", "Duration", "ms")


def _values(alias: str, user_flow_id: str, chosen: _Chosen) -> list[SessionValue]:
    if chosen.value.startswith(LABEL):
        return label_trend(alias, user_flow_id, chosen.title)
    return trend(alias, user_flow_id, chosen.value)


def _groups(tags_of: dict[str, list[SessionTag]]) -> dict[str, dict[str, str]]:
    """By key: the value of each session. Only of tags that have a few values, each session one."""
    found: dict[str, dict[str, str]] = {}
    for session_id, carried in tags_of.items():
        for tag in distinctive(carried):
            found.setdefault(tag.tag_key, {})[session_id] = tag.tag_value
    return {key: values for key, values in found.items() if 1 < len(set(values.values())) <= MOST_GROUPS}


def _dot(session: SessionValue, groups: dict[str, str]) -> TrendDot:
    status = known(SessionStatus, session.status or "")
    return TrendDot(
        name=session.name or session.session_id,
        status=session.status or "",
        tone=tone_of(status),
        start=session.start_time,
        value=session.value,
        href=reverse("replica:session", args=[session.session_id]),
        group=groups.get(session.session_id, ""),
        counted=status != SessionStatus.EXCLUDED,
    )


def _legend(dots: Sequence[TrendDot]) -> list[tuple[str, str]]:
    """(value of the tag, number of its colour), in the order in which they first appear."""
    found = {dot.group: colour for dot, colour in zip(dots, group_colours(dots), strict=True) if dot.group}
    return [(group, colour.removeprefix("var(--chart-").removesuffix(")")) for group, colour in found.items()]


def _steps(dots: Sequence[TrendDot], unit: str) -> list[TrendStep]:
    return [
        TrendStep(dots[step.index].start, signed(step.shift.value, unit), step.shift.value > 0)
        for step in step_changes([dot.value for dot in dots])
    ]
