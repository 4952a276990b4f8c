"""The sessions of a group that is compared, and what groups can be chosen by."""

from collections.abc import Collection
from functools import reduce
from operator import or_

from django.db.models import Count, Q

from replica.compare.selection import Selection
from replica.queries.flows import SessionFilter, flow_sessions
from replica.schema.models import SessionTag, UserFlow
from replica.schema.statuses import SessionStatus
from replica.tags import STANDARD_TAGS, VERSION_TAGS
from statetrace_ui.web.errors import UserError

MOST_SESSIONS = 100  # of a group: the newest
LOOKED_AT = 500  # sessions whose tags are suggested
MOST_FLOWS = 500  # to choose from
MOST_TAGS = 100  # that are suggested


def group_ids(alias: str, user_flow_id: str, wanted: Selection, with_excluded: bool = False) -> list[str]:
    """The newest sessions of a flow that a selection wants. Excluded ones are left out unless asked for."""
    sessions = flow_sessions(alias, user_flow_id, SessionFilter(start=wanted.since, end=wanted.until))
    if wanted.session_ids:
        sessions = sessions.filter(session_id__in=wanted.session_ids)
    for key in dict.fromkeys(key for key, _ in wanted.tags):
        sessions = sessions.filter(_tagged(alias, [key], [value for other, value in wanted.tags if other == key]))
    if wanted.versions:
        sessions = sessions.filter(_tagged(alias, VERSION_TAGS, wanted.versions))
    if wanted.devices:
        sessions = sessions.filter(reduce(or_, (_of_device(name) for name in wanted.devices)))
    if wanted.statuses:
        sessions = sessions.filter(status__in=wanted.statuses)
    if not with_excluded and SessionStatus.EXCLUDED not in wanted.statuses:
        sessions = sessions.exclude(status=SessionStatus.EXCLUDED)
    newest = sessions.order_by("-start_time", "-session_id").values_list("session_id", flat=True)
    return list(newest[: min(wanted.newest or MOST_SESSIONS, MOST_SESSIONS)])


def _tagged(alias: str, keys: Collection[str], values: Collection[str]) -> Q:
    tagged = SessionTag.objects.using(alias).filter(tag_key__in=keys, tag_value__in=values)
    return Q(session_id__in=tagged.values("session_id"))


def _of_device(name: str) -> Q:
    return Q(device_model=name) | Q(device_sku=name) | Q(device_id=name)


def group_tags(alias: str, user_flow_id: str) -> list[tuple[str, str]]:
    """The tags that tell a flow's newest sessions apart: those that most of them have first."""
    newest = flow_sessions(alias, user_flow_id, SessionFilter()).order_by("-start_time", "-session_id")
    ids = list(newest.values_list("session_id", flat=True)[:LOOKED_AT])
    tags = SessionTag.objects.using(alias).filter(session_id__in=ids).exclude(tag_key__in=STANDARD_TAGS)
    counted = tags.values_list("tag_key", "tag_value").annotate(count=Count("session_id", distinct=True))
    common = counted.filter(count__gt=1).order_by("-count", "tag_key", "tag_value")
    return [(key, value) for key, value, _ in common[:MOST_TAGS]]


def flow_choices(alias: str) -> list[tuple[str, str]]:
    """(id, name) of the flows, by name."""
    flows = UserFlow.objects.using(alias).order_by("name", "user_flow_id")
    return [(flow.user_flow_id, flow.name) for flow in flows[:MOST_FLOWS]]


def flow_named(alias: str, name: str) -> UserFlow:
    """The flow of that name or id. Raises UserError."""
    named = UserFlow.objects.using(alias).filter(Q(name=name) | Q(user_flow_id=name))
    found: list[UserFlow] = list(named.order_by("user_flow_id")[:3])
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(flow.user_flow_id for flow in found)
        raise UserError(f"Several user flows are called “{name}”.", f"Give an id instead: {ids}.")
    raise UserError(
        f"There is no user flow “{name}” in this replica.", "Look for its name under User flows.", status=404
    )
