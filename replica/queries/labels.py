"""Labels of a session, and their durations over the sessions of a flow."""

from dataclasses import dataclass

from replica.queries import lookup
from replica.schema.models import SessionLabel
from replica.schema.named_queries import rows

COMPARED_SESSIONS = 500  # how many of a flow's newest sessions a distribution is made of
COMPARED_LABELS = 100_000


@dataclass(frozen=True, slots=True)
class LabelDuration:
    """One label with a duration: `start_time` in ms after its session's start, `ms` from its start to its end."""

    session_id: str
    name: str
    category: str | None
    start_time: float
    ms: float


def labels(alias: str, session_id: str) -> list[SessionLabel]:
    """The session's labels in order of time."""
    labels = SessionLabel.objects.using(alias).filter(lookup.finite("start_time"), session_id=session_id)
    in_order = labels.order_by("start_time", "end_time", "label_id")
    return [_with_fallbacks(label) for label in in_order[: lookup.SPAN_LIMIT]]


def label_or_404(alias: str, session_id: str, label_id: str) -> SessionLabel:
    key = {"session_id": session_id, "label_id": label_id}
    return _with_fallbacks(lookup.one_or_404(SessionLabel, alias, "label", lookup.finite("start_time"), **key))


def _with_fallbacks(label: SessionLabel) -> SessionLabel:
    label = lookup.with_fallbacks(label, name="label_id", end_time="start_time")
    label.name = label.name or "Label without a name"
    return label


def label_durations(alias: str, user_flow_id: str) -> list[LabelDuration]:
    """Every label with a duration in the flow's newest sessions that are not Excluded."""
    limits = {"sessions": COMPARED_SESSIONS, "labels": COMPARED_LABELS}
    return rows(alias, "label_durations", LabelDuration, flow=user_flow_id, **limits)
