"""What a library query asks for until somebody chooses: what the flow's newest session has."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from replica.library.definitions import Parameter
from replica.queries.flows import SessionFilter, flow_sessions, measurement_names
from replica.schema.models import FunctionCallProcess, FunctionCallSite, SessionLabel, SessionTimeseries


@dataclass(frozen=True)
class Place:
    """Where to look: a session of a flow."""

    alias: str
    flow: str
    session: str


def defaults(alias: str, user_flow_id: str, parameters: Iterable[Parameter], session: str = "") -> dict[str, Any]:
    """A value for each of the parameters; "" and 0 where the flow has nothing of the kind.

    session: the one that was chosen, of which processes and calls are taken; "" for the newest.
    """
    wanted = [one for one in parameters if one.fixed is None]
    found: dict[str, Any] = {one.name: one.fixed for one in parameters if one.fixed is not None}
    if not wanted:
        return found
    newest = flow_sessions(alias, user_flow_id, SessionFilter()).order_by("-start_time", "session_id")
    found["session"] = session or newest.values_list("session_id", flat=True).first() or ""
    place = Place(alias, user_flow_id, found["session"])
    for one in wanted:
        if one.name not in found:
            found |= FINDERS[one.name](place)
    return found


def _measurement(place: Place) -> dict[str, Any]:
    return {"measurement": next(iter(measurement_names(place.alias, place.flow)), "")}


def _label(place: Place) -> dict[str, Any]:
    labels = SessionLabel.objects.using(place.alias).filter(session_id=place.session, end_time__gt=F("start_time"))
    return {"label": labels.order_by("start_time").values_list("name", flat=True).first() or ""}


def _series(place: Place) -> dict[str, Any]:
    series = SessionTimeseries.objects.using(place.alias).filter(session_id=place.session).order_by("timeseries_key")
    return {"series": series.values_list("timeseries_name", flat=True).first() or ""}


def _process(place: Place) -> dict[str, Any]:
    processes = FunctionCallProcess.objects.using(place.alias).filter(session_id=place.session, name__isnull=False)
    return {"process": processes.order_by("id").values_list("name", flat=True).first() or ""}


def _call(place: Place) -> dict[str, Any]:
    """The longest root call."""
    calls = FunctionCallSite.objects.using(place.alias).filter(session_id=place.session, parent_call_id__isnull=True)
    longest = calls.annotate(took=F("end_time_us") - F("start_time_us")).order_by("-took")
    keys = longest.values_list("process_id", "thread_id", "id").first() or (0, 0, 0)
    return dict(zip(("process_id", "thread_id", "call"), keys, strict=True))


FINDERS: dict[str, Callable[[Place], dict[str, Any]]] = {
    "measurement": _measurement,
    "label": _label,
    "series": _series,
    "process": _process,
    "process_id": _call,
    "thread_id": _call,
    "call": _call,
}
