"""The store's writer of sessions and actions. Annotations come in any order: a session may follow its actions."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.annotations import SESSION_FIELDS, ActionAnnotation, SessionAnnotation
from statetrace_ui.history.announcements import Announced, announce
from statetrace_ui.history.chain.canonical import Section
from statetrace_ui.history.chain.writer import ChainWriter

# Adds sessions and extends their times. It locks their rows, so that what was announced can be read and extended.
UPSERT_SESSIONS = """
INSERT INTO history_session AS kept (
    source_id, key, actor_id, actor_full_name, actor_email, actor_avatar, client_user_agent, application_id,
    application_type, announced, started_at, last_at, action_count, change_count)
SELECT source.id, new.key, '', '', '', '', '', '', '', false, new.started_at,
       COALESCE(new.last_at, known.last_at, new.started_at), 0, 0
FROM (SELECT %s::bigint AS id) AS source
CROSS JOIN jsonb_to_recordset(%s) AS new (key text, started_at timestamptz, last_at timestamptz)
LEFT JOIN history_session AS known ON known.source_id = source.id AND known.key = new.key
ON CONFLICT (source_id, key) DO UPDATE SET
    started_at = LEAST(kept.started_at, EXCLUDED.started_at),
    last_at = GREATEST(kept.last_at, EXCLUDED.last_at)
RETURNING id, key, xmax = 0
"""
READ_ANNOUNCED = f"""
SELECT id, announced, later::text, later_count, meta::text, payload::text, {", ".join(SESSION_FIELDS)}
FROM history_session WHERE source_id = %s AND id = ANY (%s) AND erasure_id IS NULL
"""  # noqa: S608 - names of columns
WRITE_ANNOUNCED = f"""
UPDATE history_session AS s
SET announced = new.announced, later = new.later, later_count = new.later_count, meta = new.meta, payload = new.payload,
    {", ".join(f"{name} = new.{name}" for name in SESSION_FIELDS)}
FROM jsonb_to_recordset(%s) AS new (
    id bigint, announced boolean, later jsonb, later_count bigint, meta jsonb, payload jsonb,
    {", ".join(f"{name} text" for name in SESSION_FIELDS)})
WHERE s.source_id = %s AND s.id = new.id
"""  # noqa: S608 - names of columns
NEW_ACTION_IDS = "SELECT nextval(pg_get_serial_sequence('history_action', 'id')) FROM generate_series(1, %s)"
COPY_ACTIONS = """
COPY history_action (id, source_id, session_id, transaction_id, key, url, method, version, length_ms, parent_key, meta,
                     payload, at, change_count) FROM STDIN
"""
ADD_COUNTS = """
UPDATE history_session AS s SET action_count = s.action_count + new.actions, change_count = s.change_count + new.changes
FROM jsonb_to_recordset(%s) AS new (id bigint, actions bigint, changes bigint)
WHERE s.source_id = %s AND s.id = new.id
"""

# Sessions, or announcements, that are written at once; a baseline may announce millions.
MOST_SESSIONS = 1_000


@dataclass(slots=True)
class _SessionDraft:
    """What the next statements write for a session. announcements: with their times, in the order of the log."""

    key: str
    started_at: datetime
    last_at: datetime | None  # None if only a baseline mentioned it, since that is no activity
    announcements: list[tuple[datetime, SessionAnnotation]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "started_at": self.started_at, "last_at": self.last_at}


class SessionWriter:
    """Collects sessions and actions, and writes many of them with each statement.

    Sessions must be written before `add_actions`, which needs their ids.
    """

    def __init__(self, cursor: CursorWrapper, source_id: int, chain: ChainWriter) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._chain = chain
        self._sessions: dict[str, _SessionDraft] = {}
        self._announcements = 0  # of the drafts
        self._ids: dict[str, int] = {}  # of those that actions name: a transaction may announce millions
        self._named: set[str] = set()  # by actions, and not written yet
        self._actions: list[tuple[Any, ...]] = []
        self._counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])  # session id: [actions, changes]

    def mention(self, key: str, at: datetime) -> None:
        """An action names the session: add it, or extend it to a time. Its own annotation may come later or never."""
        self._extend(key, at)
        self._named.add(key)

    def _extend(self, key: str, at: datetime) -> _SessionDraft:
        session = self._sessions.setdefault(key, _SessionDraft(key, at, at))
        session.started_at, session.last_at = min(session.started_at, at), max(session.last_at or at, at)
        return session

    def announce(self, annotation: SessionAnnotation, at: datetime, happened: bool) -> None:
        """Add what the session's own annotation says. happened: it was written then, not found by a baseline."""
        if self._announcements >= MOST_SESSIONS:
            self.write_sessions()
        known = self._sessions.setdefault(annotation.key, _SessionDraft(annotation.key, at, None))
        session = self._extend(annotation.key, at) if happened else known
        session.announcements.append((at, annotation))
        self._announcements += 1

    def write_sessions(self) -> None:
        """Sorted by key, so that two writers of the same sessions cannot end in a deadlock."""
        self._sessions.pop("", None)
        if not self._sessions:
            return
        rows = [session.as_json() for _, session in sorted(self._sessions.items())]
        self._cursor.execute(UPSERT_SESSIONS, [self._source_id, orjson.dumps(rows).decode()])
        written = self._cursor.fetchall()
        ids = {key: number for number, key, _ in written}
        self._ids.update({key: ids[key] for key in self._named if key in ids})
        self._chain.added(Section.SESSIONS, [number for number, _, is_new in written if is_new])
        self._write_announcements(ids)
        self._sessions, self._announcements, self._named = {}, 0, set()

    def _write_announcements(self, ids: dict[str, int]) -> None:
        drafts = {ids[key]: draft for key, draft in self._sessions.items() if draft.announcements}
        if not drafts:
            return
        self._chain.before(Section.SESSIONS, drafts)
        self._cursor.execute(READ_ANNOUNCED, [self._source_id, list(drafts)])
        rows = [_extended(row, drafts[row[0]].announcements) for row in self._cursor.fetchall()]
        self._cursor.execute(WRITE_ANNOUNCED, [orjson.dumps(rows).decode(), self._source_id])

    def add_actions(
        self, transaction_id: int, at: datetime, change_count: int, actions: Sequence[ActionAnnotation]
    ) -> None:
        """Add a transaction's actions. The transaction's changes count once for each session that its actions name."""
        for action in actions:
            session_id = self._ids.get(action.session_key)
            self._actions.append(self._action_row(transaction_id, session_id, at, change_count, action))
            if session_id is not None:
                self._counts[session_id][0] += 1
        for session_id in self.ids_of(actions):
            self._counts[session_id][1] += change_count

    def ids_of(self, actions: Iterable[ActionAnnotation]) -> set[int]:
        """The sessions that the actions name; they are written."""
        return {self._ids[one.session_key] for one in actions if one.session_key in self._ids}

    def _action_row(
        self, transaction_id: int, session_id: int | None, at: datetime, change_count: int, action: ActionAnnotation
    ) -> tuple[Any, ...]:
        fields = action.fields
        return (
            self._source_id,
            session_id,
            transaction_id,
            action.key,
            fields["url"],
            fields["method"],
            fields["version"],
            action.length_ms,
            action.parent_key,
            action.meta,
            action.payload,
            at,
            change_count,
        )

    def write_actions(self) -> None:
        if not self._actions:
            return
        self._cursor.execute(NEW_ACTION_IDS, [len(self._actions)])
        ids = [number for (number,) in self._cursor.fetchall()]
        with self._cursor.copy(COPY_ACTIONS) as copy:
            for number, row in zip(ids, self._actions, strict=True):
                copy.write_row((number, *row))
        self._chain.add_actions(ids)
        counts = [{"id": number, "actions": a, "changes": c} for number, (a, c) in self._counts.items()]
        self._cursor.execute(ADD_COUNTS, [orjson.dumps(counts).decode(), self._source_id])


def _extended(row: tuple[Any, ...], announcements: Sequence[tuple[datetime, SessionAnnotation]]) -> dict[str, Any]:
    """A row of READ_ANNOUNCED with what the announcements add to it, as a record of WRITE_ANNOUNCED."""
    number, announced, later, later_count, meta, payload, *fields = row
    values = dict(zip(SESSION_FIELDS, fields, strict=True))
    known = Announced(announced, values, meta, payload, json.loads(later), later_count)
    for at, annotation in announcements:
        announce(known, annotation, at.isoformat())
    return {
        "id": number,
        **known.fields,
        "announced": known.announced,
        "later": known.later,
        "later_count": known.later_count,
        "meta": _as_it_is(known.meta),
        "payload": _as_it_is(known.payload),
    }


def _as_it_is(json_text: str | None) -> orjson.Fragment | None:
    """Not parsed: numbers of any size stay what they are."""
    return None if json_text is None else orjson.Fragment(json_text)
