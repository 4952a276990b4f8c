"""One actor of a source: its sessions, and what its newest actions did.

An actor is found by its id alone, by the index `session_by_actor_id`; names and emails may change.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Max, QuerySet

from statetrace_ui.history.models import ACTOR_ID, Session, Source, Transaction
from statetrace_ui.history.queries.session_lists import UNLISTED
from statetrace_ui.web.paging import Page, newest_first

MOST_SESSIONS, MOST_ACTIONS, MOST_TRANSACTIONS = 1_000, 10_000, 200
# The newest actions of an actor's newest sessions, session by session: the outer limit ends the look-ups.
NEWEST = """
SELECT action.at, action.change_count, action.transaction_id
FROM (SELECT id, started_at FROM history_session
      WHERE source_id = %(source)s AND left(actor_id, 200) = left(%(actor)s, 200) AND actor_id = %(actor)s
      ORDER BY started_at DESC, id DESC LIMIT %(sessions)s) AS session
CROSS JOIN LATERAL (
    SELECT at, change_count, transaction_id FROM history_action
    WHERE source_id = %(source)s AND session_id = session.id ORDER BY at DESC, id DESC LIMIT %(actions)s) AS action
LIMIT %(actions)s
"""
BY_DAY = f"""
SELECT (at AT TIME ZONE %(zone)s)::date, count(*), sum(change_count) FROM ({NEWEST}) AS newest GROUP BY 1 ORDER BY 1
"""  # noqa: S608
TRANSACTIONS = f"SELECT DISTINCT transaction_id FROM ({NEWEST}) AS newest"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Actor:
    """session: the newest one. sessions: how many there are, at most MOST_SESSIONS and one more."""

    session: Session
    sessions: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """What an actor did on a day of the viewer's zone."""

    day: date
    actions: int
    changes: int


def actor_of(source: Source, actor_id: str) -> Actor | None:
    """None if no session of the source is that actor's."""
    sessions = _sessions(source, actor_id)
    newest = sessions.order_by("-started_at", "-id").first()
    oldest = sessions.order_by("started_at", "id").first()
    if newest is None or oldest is None:
        return None
    some = sessions.order_by("-started_at", "-id")[: MOST_SESSIONS + 1]
    last_at = some.aggregate(last_at=Max("last_at"))["last_at"]
    return Actor(newest, some.count(), oldest.started_at, last_at)


def sessions_of_actor(source: Source, actor_id: str, cursor: str = "") -> Page[Session]:
    return newest_first(_sessions(source, actor_id).defer(*UNLISTED), ("started_at", "id"), cursor)


def actor_days(source: Source, actor_id: str, zone: str) -> list[Day]:
    """In order of time, of the MOST_ACTIONS newest actions."""
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, {**_limits(source, actor_id), "actions": MOST_ACTIONS, "zone": zone})
        return [Day(*row) for row in cursor.fetchall()]


def actor_transactions(source: Source, actor_id: str) -> list[Transaction]:
    """The MOST_TRANSACTIONS newest, in any order."""
    with connection.cursor() as cursor:
        cursor.execute(TRANSACTIONS, {**_limits(source, actor_id), "actions": MOST_TRANSACTIONS})
        ids = [number for (number,) in cursor.fetchall()]
    return list(Transaction.objects.filter(source=source, id__in=ids))


def _limits(source: Source, actor_id: str) -> dict[str, Any]:
    return {"source": source.pk, "actor": actor_id, "sessions": MOST_SESSIONS}


def _sessions(source: Source, actor_id: str) -> QuerySet[Session]:
    found = Session.objects.alias(found=ACTOR_ID).filter(source=source, found=actor_id[:200])
    return found.filter(actor_id=actor_id)
