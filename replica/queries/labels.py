"""Labels of a session, and their durations over the sessions of a flow."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from replica.queries import lookup
from replica.queries.flows import SessionFilter, flow_sessions
from replica.schema.models import SessionLabel
from replica.schema.named_queries import rows, tuples
from replica.schema.statuses import SessionStatus
from replica.series.statistics import Summary

COMPARED_SESSIONS = 500  # how many of a flow's newest sessions a distribution is made of
COMPARED_LABELS = 100_000
MOST_ELSEWHERE = 1_000
EVERY_SESSION = SessionFilter()
T = TypeVar("T")


class MarkedLabel(NamedTuple):
    """A label as a time axis shows it, from `start_time` to `end_time`, in ms; thousands stand on one."""

    label_id: str | None
    name: str
    category: str
    start_time: float
    end_time: float


@dataclass(frozen=True, slots=True)
class LabelName:
    """A name of a session's labels, and how long the first of them took, in ms."""

    name: str
    ms: list[float]


@dataclass(frozen=True, slots=True)
class LabelSpread:
    """How long labels of one name took over a flow, in ms; `total` is how many such names there are."""

    name: str
    category: str | None
    n: int
    total: int
    least: float
    quantiles: list[float]  # at 0.25, 0.5, 0.75 and 0.9
    most: float

    @property
    def summary(self) -> Summary:
        q1, median, q3, p90 = self.quantiles
        return Summary(self.n, self.least, q1, median, q3, p90, self.most)


@dataclass(frozen=True, slots=True)
class LabelDuration:
    """One label with a duration: `start_time` in ms after its session's start, `ms` from its start to its end."""

    session_id: str
    session_name: str | None
    name: str
    start_time: float
    ms: float


@dataclass(frozen=True, slots=True)
class LabelElsewhere:
    """A label of a flow's session; `start_time` and `ms` as above."""

    session_id: str
    session_name: str | None
    status: str | None
    label_id: str
    start_time: float
    ms: float


def marked_labels(alias: str, session_id: str, first: float = -math.inf, last: float = math.inf) -> list[MarkedLabel]:
    """The session's labels that touch a stretch, in ms, in order of time."""
    values = {"session": session_id, "first": first, "last": last, "limit": lookup.SPAN_LIMIT}
    return [*map(MarkedLabel._make, tuples(alias, "marked_labels", **values))]


def labels(alias: str, session_id: str) -> list[SessionLabel]:
    """The session's labels in order of time."""
    labels = SessionLabel.objects.using(alias).filter(lookup.finite("start_time"), session_id=session_id)
    in_order = labels.order_by("start_time", "end_time", "label_id")
    return [_with_fallbacks(label) for label in in_order[: lookup.SPAN_LIMIT]]


def labels_between(alias: str, session_id: str, first: float, last: float, limit: int) -> list[SessionLabel]:
    """The longest of the labels that touch a stretch of the session, in ms, in order of time."""
    ends = Coalesce("end_time", "start_time")
    labels = SessionLabel.objects.using(alias).filter(lookup.finite("start_time"), session_id=session_id)
    touching = labels.alias(ends=ends).filter(start_time__lte=last, ends__gte=first)
    longest = touching.order_by((ends - F("start_time")).desc(), "start_time", "label_id")[:limit]
    return sorted(map(_with_fallbacks, longest), key=lambda label: (label.start_time, -label.end_time))


def same_labels(alias: str, user_flow_id: str, label: SessionLabel) -> list[LabelElsewhere]:
    """Labels of this name and category with a duration in the newest sessions of the flow, the longest first."""
    values = {"flow": user_flow_id, "label": label.name, "category": label.category or ""}
    return rows(alias, "same_labels", LabelElsewhere, sessions=COMPARED_SESSIONS, labels=MOST_ELSEWHERE, **values)


def label_or_404(alias: str, session_id: str, label_id: str) -> SessionLabel:
    key = {"session_id": session_id, "label_id": label_id}
    return _with_fallbacks(lookup.one_or_404(SessionLabel, alias, "label", lookup.finite("start_time"), **key))


def _with_fallbacks(label: SessionLabel) -> SessionLabel:
    label = lookup.with_fallbacks(label, name="label_id", end_time="start_time")
    label.name = label.name or "Label without a name"
    return label


def timed_labels(alias: str, session_id: str, begin: int, size: int) -> list[SessionLabel]:
    """The session's labels that mark a stretch of time, not a moment, in its order, from the `begin`-th on."""
    begin = min(begin, lookup.SPAN_LIMIT)
    in_order = _timed(alias, session_id).order_by("start_time", "end_time", "label_id")
    return [_with_fallbacks(label) for label in in_order[begin : begin + size]]


def longest_labels(alias: str, session_id: str, limit: int) -> list[SessionLabel]:
    """The longest labels, in order of time."""
    longest = _timed(alias, session_id).order_by((F("end_time") - F("start_time")).desc(), "start_time", "label_id")
    return sorted(map(_with_fallbacks, longest[:limit]), key=lambda label: (label.start_time, -label.end_time))


def timed_count(alias: str, session_id: str) -> int:
    return _timed(alias, session_id).count()


def _timed(alias: str, session_id: str) -> QuerySet[SessionLabel]:
    finite = lookup.finite("start_time") & lookup.finite("end_time")
    return SessionLabel.objects.using(alias).filter(finite, session_id=session_id, end_time__gt=F("start_time"))


def session_label_names(alias: str, session_id: str, begin: int, limit: int) -> list[LabelName]:
    """The names of the session's labels with a duration, in order of time, from the `begin`-th on."""
    values = {"session": session_id, "begin": min(begin, lookup.SPAN_LIMIT), "limit": limit}
    return rows(alias, "session_label_names", LabelName, **values)


@dataclass(frozen=True, slots=True)
class FlowLabels:
    """The labels with a duration in the flow's newest sessions that the filter wants and that are not Excluded."""

    alias: str
    user_flow_id: str
    wanted: SessionFilter = EVERY_SESSION

    def spreads(self, begin: int, limit: int) -> list[LabelSpread]:
        """The most frequent names, from the `begin`-th on."""
        begin = min(begin, lookup.SPAN_LIMIT)
        return self._rows("label_spreads", LabelSpread, names=None, labels=COMPARED_LABELS, begin=begin, limit=limit)

    def spreads_of(self, names: Sequence[str]) -> dict[str, LabelSpread]:
        values = {"names": list(names), "labels": COMPARED_LABELS, "begin": 0, "limit": len(names)}
        return {one.name: one for one in self._rows("label_spreads", LabelSpread, **values)}

    def durations(self, names: Sequence[str], each: int) -> dict[str, list[LabelDuration]]:
        """Of each name at most `each` labels, which lie as all do; the shortest and the longest are among them."""
        result: dict[str, list[LabelDuration]] = defaultdict(list)
        for one in self._rows("label_durations", LabelDuration, names=list(names), each=max(2, each)):
            result[one.name].append(one)
        return result

    def _rows(self, query: str, row_type: type[T], **values: Any) -> list[T]:
        chosen = None if self.wanted == EVERY_SESSION else _newest(self.alias, self.user_flow_id, self.wanted)
        values |= {"flow": self.user_flow_id, "chosen": chosen, "sessions": COMPARED_SESSIONS}
        return rows(self.alias, query, row_type, **values)


def _newest(alias: str, user_flow_id: str, wanted: SessionFilter) -> list[str]:
    counted = flow_sessions(alias, user_flow_id, wanted).exclude(status=SessionStatus.EXCLUDED)
    newest = counted.order_by("-start_time", "-session_id").values_list("session_id", flat=True)
    return list(newest[:COMPARED_SESSIONS])
