"""What happened last on both sides, and how the sources are."""

from typing import Any

from replica.databases.reading import read_replica
from replica.flow_trends.service import flow_cards
from replica.queries.sessions import Holdings, holdings, newest_sessions
from replica.schema.models import SessionMetadata
from statetrace_ui.capture.verification.shown import newest_of_each
from statetrace_ui.history.queries import is_silent, recent_sessions, sessions_now, sources_of
from statetrace_ui.overview.asked import ROWS, Asked
from statetrace_ui.web.errors import UserError


def audited_sessions(asked: Asked) -> dict[str, Any]:
    now = sessions_now(asked.organisation, asked.now)
    return {"sessions": recent_sessions(asked.organisation, ROWS), "active": now, "active_ids": {one.pk for one in now}}


def captured_sessions(asked: Asked) -> dict[str, Any]:
    """The newest with what they hold; where the replica cannot be read, why."""
    try:
        return {"sessions": read_replica(asked.organisation, _newest)}
    except UserError as error:
        return {"sessions": [], "error": error}


def user_flows(asked: Asked) -> dict[str, Any]:
    """What a worker read of them last."""
    return {"trends": flow_cards(asked.organisation, ROWS)}


def _newest(alias: str) -> list[tuple[SessionMetadata, Holdings]]:
    sessions = newest_sessions(alias, ROWS)
    held = holdings(alias, [session.session_id for session in sessions])
    return [(session, held.get(session.session_id, Holdings())) for session in sessions]


def sources(asked: Asked) -> dict[str, Any]:
    """The first of the sources by name; the page of sources has all."""
    found = list(sources_of(asked.organisation)[: ROWS + 1])
    verified = newest_of_each(found)
    rows = [(source, is_silent(source), verified.get(source.pk)) for source in found[:ROWS]]
    return {"rows": rows, "more": len(found) > ROWS}
