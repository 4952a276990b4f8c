"""The audited sessions that a captured session's tags name, and what they committed while it went on."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from replica.explain.actions import SLACK_MS, Committed, caused_by, plain_path
from replica.network import ExchangeRow
from replica.queries.lookup import moment_at
from replica.schema.models import SessionTag
from replica.tags import audited_session_keys
from statetrace_ui.history.models import Action, Change
from statetrace_ui.history.models import Session as AuditedSession
from statetrace_ui.history.queries import actions_between, change_runs, session_by_key
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.timeline import milliseconds

MOST_ACTIONS = 8
MOST_LOOKED_AT = 2_000  # actions among which a request's own is looked for
WHOLE = 1e12  # ms: changes of a table are counted as one run, however long the stretch is


@dataclass(frozen=True, slots=True)
class AuditedSessions:
    """The audited sessions that a session's tags name, and the keys of those that are not in history."""

    sessions: list[AuditedSession]
    missing: list[str]


@dataclass(frozen=True, slots=True)
class ChangedTable:
    """How many rows of a table were changed in one way."""

    name: str
    kind: Change.Kind
    count: int


@dataclass(frozen=True, slots=True)
class CommittedThen:
    """What an audited session committed in a stretch: the first of its actions, and rows by table and kind."""

    session: AuditedSession
    actions: list[Action]
    more: bool
    tables: list[ChangedTable]


def audited_sessions(organisation: Organisation, tags: Sequence[SessionTag]) -> AuditedSessions:
    by_key = {key: session_by_key(organisation, key) for key in audited_session_keys(tags)}
    return AuditedSessions(
        sessions=[session for session in by_key.values() if session],
        missing=[key for key, session in by_key.items() if session is None],
    )


def committed_between(session: AuditedSession, origin: datetime, first: float, last: float) -> CommittedThen:
    """What was committed from `first` to `last`, in ms after `origin`."""
    start, end = moment_at(origin, first), moment_at(origin, last)
    ms = max(0.0, milliseconds(end - start))
    actions = list(actions_between(session, start, ms).order_by("at", "id")[: MOST_ACTIONS + 1])
    counts: Counter[tuple[str, Change.Kind]] = Counter()
    for run in change_runs(session, start, ms, WHOLE) if actions else ():
        counts[f"{run.schema_name}.{run.table_name}".removeprefix("public."), run.kind] += run.count
    tables = [ChangedTable(name, kind, count) for (name, kind), count in sorted(counts.items())]
    return CommittedThen(session, actions[:MOST_ACTIONS], len(actions) > MOST_ACTIONS, tables)


def actions_of_request(
    sessions: Sequence[AuditedSession], origin: datetime, path: str, start: float, end: float
) -> list[Action]:
    """The actions of audited sessions that a request for `path` from `start` to `end`, in ms after `origin`, caused."""
    return caused_by(path, start, end, _known(sessions, origin, start, end))


def methods_of(sessions: Sequence[AuditedSession], origin: datetime, rows: Sequence[ExchangeRow]) -> dict[int, str]:
    """By message id the HTTP methods of the exchanges that an action is known of; nothing else tells a method."""
    if not (sessions and rows):
        return {}
    start, end = min(row.start for row in rows), max(row.start + row.ms for row in rows)
    by_path: dict[str, list[Committed[Action]]] = defaultdict(list)
    for one in _known(sessions, origin, start, end):
        by_path[plain_path(one.path)].append(one)
    found = {
        row.exchange.message_id: caused_by(row.path, row.start, row.start + row.ms, by_path[plain_path(row.path)])
        for row in rows
    }
    return {message_id: actions[0].method for message_id, actions in found.items() if actions}


def _known(sessions: Sequence[AuditedSession], origin: datetime, start: float, end: float) -> list[Committed[Action]]:
    """What the sessions committed in a stretch or a little beside it, as far as a page looks."""
    begin = moment_at(origin, start) - timedelta(milliseconds=SLACK_MS)
    return [
        Committed(action, action.url, milliseconds(action.at - origin))
        for session in sessions
        for action in actions_between(session, begin, end - start + 2 * SLACK_MS).order_by("at", "id")[:MOST_LOOKED_AT]
    ]
