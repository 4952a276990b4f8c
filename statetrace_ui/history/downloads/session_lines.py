"""Sessions as plain data. Pure."""

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

Line = dict[str, Any]
FIELDS = {
    "id": "int",
    "source": "text",
    "session": "text",
    "actor": "text",
    "actor_id": "text",
    "actor_email": "text",
    "application": "text",
    "application_type": "text",
    "client": "text",
    "started_at": "time",
    "last_at": "time",
    "actions": "int",
    "changes": "int",
    "announced": "bool",
    "erased": "bool",
}
CELLS = list(FIELDS)


def line_of(session: Any, zone: tzinfo) -> Line:
    return {
        "id": session.pk,
        "source": session.source.name,
        "session": session.key,
        "actor": str(session),
        "actor_id": session.actor_id,
        "actor_email": session.actor_email,
        "application": session.application_id,
        "application_type": session.application_type,
        "client": session.client_user_agent,
        "started_at": session.started_at.astimezone(zone),
        "last_at": session.last_at.astimezone(zone),
        "actions": session.action_count,
        "changes": session.change_count,
        "announced": session.announced,
        "erased": session.erasure_id is not None,
    }


def cells_of(session: Any, zone: tzinfo) -> Iterator[list[Any]]:
    yield list(line_of(session, zone).values())
