"""The head that all pages of a captured session share."""

from typing import Any

from replica.queries import flows, lookup, sessions
from replica.schema.models import SessionMetadata
from replica.tags import audited_session_keys, distinctive


def head_context(alias: str, session: SessionMetadata) -> dict[str, Any]:
    """What `replica/head.html` and `replica/cut.html` show."""
    ids = [session.session_id]
    tags = sessions.tags(alias, ids).get(session.session_id, [])
    holds = sessions.holdings(alias, ids).get(session.session_id, sessions.Holdings())
    return {
        "session": session,
        "flow": flows.flow_of(alias, session),
        "length": sessions.length_ms(alias, session),
        "tags": tags,
        "distinctive_tags": distinctive(tags),
        "read_at_most": lookup.SPAN_LIMIT,
        "holds": holds,
        "only_calls": holds == sessions.Holdings(calls=True) and not audited_session_keys(tags),
    }
