"""User flows and sessions by a part of their name, or by their id: among the newest, however many there are."""

from django.db.models import Q

from replica.queries.lookup import finite_time
from replica.queries.sessions import newest_sessions
from replica.schema.models import SessionMetadata, UserFlow

MOST_FOUND = 8
LOOKED_AT = 500  # names of the newest sessions


def flows_named(alias: str, text: str) -> list[UserFlow]:
    found = UserFlow.objects.using(alias).filter(Q(name__icontains=text) | Q(user_flow_id=text))
    return list(found.order_by("name", "user_flow_id")[:MOST_FOUND])


def sessions_named(alias: str, text: str) -> list[SessionMetadata]:
    """The session of that id, or those of the newest whose names contain the text."""
    by_id = SessionMetadata.objects.using(alias).filter(finite_time("start_time"), session_id=text)
    named = [one for one in newest_sessions(alias, LOOKED_AT) if text.lower() in (one.name or "").lower()]
    return [*by_id, *named][:MOST_FOUND]
