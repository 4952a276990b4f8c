"""Sessions: their metadata, tags and measurements, and what they hold."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from replica.queries.lookup import finite_time, one_or_404
from replica.queries.series import series_ends
from replica.schema.models import PerformanceMeasurement, SessionMetadata, SessionTag
from replica.schema.named_queries import rows
from replica.tags import AUDITED_SESSION_TAG, distinctive
from statetrace_ui.web.timeline import milliseconds

MOST_TAGS = 1_000
MOST_BESIDE = 10  # captured sessions that an audited session's page names


@dataclass(frozen=True, slots=True)
class Holdings:
    """How many of each thing a session holds, and whether it holds function calls."""

    labels: int = 0
    series: int = 0
    exchanges: int = 0
    issues: int = 0
    calls: bool = False


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as lists show it: its duration in ms, and the tags that tell it from others of its flow."""

    session: SessionMetadata
    duration: float | None
    tags: list[SessionTag]
    holds: Holdings


@dataclass(frozen=True, slots=True)
class _SessionId:
    session_id: str


@dataclass(frozen=True, slots=True)
class _HoldingsRow:
    session_id: str
    labels: int
    series: int
    exchanges: int
    issues: int
    calls: bool


@dataclass(frozen=True, slots=True)
class _LastSeen:
    last_ms: float | None


def session_or_404(alias: str, session_id: str) -> SessionMetadata:
    wanted = finite_time("start_time")
    return one_or_404(SessionMetadata, alias, "session with a start time", wanted, session_id=session_id)


def newest_sessions(alias: str, limit: int) -> list[SessionMetadata]:
    """The newest sessions over all user flows, newest first."""
    ids = [row.session_id for row in rows(alias, "newest_sessions", _SessionId, limit=limit)]
    sessions = SessionMetadata.objects.using(alias).filter(session_id__in=ids)
    return sorted(sessions, key=lambda session: ids.index(session.session_id))


def audited_tags(alias: str, beginning: str) -> list[str]:
    """What tags say of audited sessions, as far as it begins so: the shortest first, each once."""
    found = SessionTag.objects.using(alias).filter(tag_key=AUDITED_SESSION_TAG, tag_value__startswith=beginning)
    return list(found.order_by("tag_value").values_list("tag_value", flat=True).distinct()[:MOST_TAGS])


def sessions_beside(alias: str, audited: Sequence[str]) -> list[SessionMetadata]:
    """The newest sessions with one of these tags, newest first."""
    tagged = SessionTag.objects.using(alias).filter(tag_key=AUDITED_SESSION_TAG, tag_value__in=audited)
    sessions = SessionMetadata.objects.using(alias).filter(session_id__in=tagged.values("session_id"))
    return list(sessions.order_by("-start_time", "session_id")[:MOST_BESIDE])


def session_rows(alias: str, sessions: Sequence[SessionMetadata]) -> list[SessionRow]:
    """The sessions as lists show them, in their order."""
    ids = [session.session_id for session in sessions]
    held, tagged = holdings(alias, ids), tags(alias, ids)
    return [
        SessionRow(
            session=session,
            duration=duration_ms(session),
            tags=distinctive(tagged.get(session.session_id, [])),
            holds=held.get(session.session_id, Holdings()),
        )
        for session in sessions
    ]


def holdings(alias: str, session_ids: list[str]) -> dict[str, Holdings]:
    """What each of the sessions holds, by session id."""
    return {
        row.session_id: Holdings(row.labels, row.series, row.exchanges, row.issues, row.calls)
        for row in rows(alias, "holdings", _HoldingsRow, sessions=session_ids)
    }


def tags(alias: str, session_ids: list[str]) -> dict[str, list[SessionTag]]:
    """The tags of each of the sessions, by session id, in order of key and value."""
    result: dict[str, list[SessionTag]] = defaultdict(list)
    for tag in SessionTag.objects.using(alias).filter(session_id__in=session_ids).order_by("tag_key", "tag_value"):
        result[tag.session_id].append(tag)
    return result


def start_times(alias: str, session_ids: Sequence[str]) -> dict[str, dt.datetime]:
    """When each of the sessions began, as far as that is known."""
    known = SessionMetadata.objects.using(alias).filter(finite_time("start_time"), session_id__in=session_ids)
    return dict(known.values_list("session_id", "start_time"))


def measurements(alias: str, session_id: str) -> list[PerformanceMeasurement]:
    return list(
        PerformanceMeasurement.objects.using(alias).filter(session_id=session_id).order_by("key_type", "key_name")
    )


def duration_ms(session: SessionMetadata) -> float | None:
    """How long the session says it took; None if it has no end, or one that is not after its start."""
    if session.end_time is None or session.end_time <= session.start_time:
        return None
    return milliseconds(session.end_time - session.start_time)


def length_ms(alias: str, session: SessionMetadata) -> float:
    """The length of the session's time axis: its duration or, without one, up to the last thing seen; at least 1 ms."""
    duration = duration_ms(session)
    if duration is not None:
        return duration
    seen = [row.last_ms or 0.0 for row in rows(alias, "last_seen", _LastSeen, session=session.session_id)]
    return max(1.0, *seen, *series_ends(alias, session.session_id))
