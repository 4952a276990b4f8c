"""Erases what annotations say of a person: the actor of sessions, and words in sessions, actions and what is unread."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from statetrace_ui.history.annotations import ACTION_FIELDS, SESSION_FIELDS
from statetrace_ui.history.announcements import ACTOR_FIELDS
from statetrace_ui.history.erasure.changes import REASON
from statetrace_ui.history.erasure.stand_ins import stand_in
from statetrace_ui.history.erasure.wanted import Wanted
from statetrace_ui.history.models import Action, Erasure, Session, Source, UnreadAnnotation
from statetrace_ui.history.removals import removing

SCANNED_ROWS = 1_000
ACTION_TEXTS = [*ACTION_FIELDS, "key", "parent_key"]
# Locked in their order, but for those that capture is just writing: they are looked for again.
LOCK = """
SELECT id FROM history_session WHERE source_id = %s AND id = ANY (%s) ORDER BY id FOR UPDATE SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Part:
    """The last id that was looked at, None at the end, and how many rows concern the erasure."""

    last_id: int | None
    found: int


class SessionBusy(Exception):
    """Capture is just writing a session that is to be erased."""


def erase_sessions(erasure: Erasure, wanted: Wanted, after: int, erase: bool) -> Part:
    """Raises SessionBusy if a session is just being written: try again."""
    rows = list(Session.objects.filter(source=erasure.source_id, id__gt=after).order_by("id")[:SCANNED_ROWS])
    found = [session for session in rows if _concerns_session(session, wanted)]
    if erase and found:
        _erase_sessions(erasure, wanted, [session.pk for session in found])
    return Part(rows[-1].pk if len(rows) == SCANNED_ROWS else None, len(found))


def _concerns_session(session: Session, wanted: Wanted) -> bool:
    if wanted.names_actor(session.actor_id, session.actor_email, session.actor_full_name):
        return True
    texts = [session.key, *(getattr(session, name) for name in SESSION_FIELDS)]
    data = [session.meta, session.payload, session.later]
    named = [_named_later(entry, wanted) for entry in session.later]
    return any(map(wanted.words.occur, texts)) or any(map(wanted.words.occur, _as_texts(data))) or any(named)


def _named_later(entry: dict[str, Any], wanted: Wanted) -> bool:
    return wanted.names_actor(*(str(entry.get(name, "")) for name in ACTOR_FIELDS))


def _erase_sessions(erasure: Erasure, wanted: Wanted, ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [erasure.source_id, ids])
        if len(cursor.fetchall()) < len(ids):
            raise SessionBusy
        with removing(cursor, erasure.source_id, REASON, sessions=ids):
            for session in Session.objects.filter(source=erasure.source_id, id__in=ids):
                _erase_session(erasure, wanted, session)


def _erase_session(erasure: Erasure, wanted: Wanted, session: Session) -> None:
    """All that is said of the actor goes where the actor is meant; else the words alone."""
    words = wanted.words
    whole = wanted.names_actor(session.actor_id, session.actor_email, session.actor_full_name)
    for name in SESSION_FIELDS:
        if not (whole and (name.startswith("actor_") or name == "client_user_agent")):
            setattr(session, name, words.without(getattr(session, name)))
        else:
            setattr(session, name, "")
    session.meta = None if whole else words.without_in(session.meta)
    session.payload = None if whole else words.without_in(session.payload)
    later = [] if whole else [entry for entry in session.later if not _named_later(entry, wanted)]
    session.later = words.without_in(later)
    if words.occur(session.key) or (whole and session.key.casefold() == wanted.actor.casefold()):
        session.key = stand_in(erasure.secret, None, session.key)
    session.erasure_id = erasure.pk
    Session.objects.filter(source=session.source_id, pk=session.pk).update(
        **{name: getattr(session, name) for name in (*SESSION_FIELDS, "meta", "payload", "later", "key", "erasure_id")}
    )


def erase_actions(erasure: Erasure, wanted: Wanted, after: int, erase: bool) -> Part:
    rows = list(Action.objects.filter(source=erasure.source_id, id__gt=after).order_by("id")[:SCANNED_ROWS])
    found = [action for action in rows if _concerns_action(action, wanted)]
    if erase and found:
        with (
            connection.cursor() as cursor,
            removing(cursor, erasure.source_id, REASON, actions=[action.pk for action in found]),
        ):
            for action in found:
                _erase_action(action, wanted)
    return Part(rows[-1].pk if len(rows) == SCANNED_ROWS else None, len(found))


def _concerns_action(action: Action, wanted: Wanted) -> bool:
    texts = [getattr(action, name) for name in ACTION_TEXTS]
    return any(map(wanted.words.occur, [*texts, *_as_texts([action.meta, action.payload])]))


def _erase_action(action: Action, wanted: Wanted) -> None:
    texts = {name: wanted.words.without(getattr(action, name)) for name in ACTION_TEXTS}
    data = {name: wanted.words.without_in(getattr(action, name)) for name in ("meta", "payload")}
    Action.objects.filter(source=action.source_id, pk=action.pk).update(**texts, **data)


def erase_unread(erasure: Erasure, wanted: Wanted, erase: bool) -> int:
    """Annotations that were not understood, of which few are kept."""
    rows = [
        row
        for row in UnreadAnnotation.objects.filter(source=erasure.source_id)
        if any(map(wanted.words.occur, [row.content, row.reason, *_parsed(row.content)]))
    ]
    if erase:
        UnreadAnnotation.objects.filter(source=erasure.source_id, pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def erase_errors(erasure: Erasure, wanted: Wanted) -> None:
    """A server's own words about a failure may quote a row."""
    source = Source.objects.only("error", "error_detail").get(pk=erasure.source_id)
    for name in ("error", "error_detail"):
        text = getattr(source, name)
        if wanted.words.occur(text):
            Source.objects.filter(pk=source.pk, **{name: text}).update(**{name: wanted.words.without(text)})


def _as_texts(data: Iterable[Any]) -> list[str]:
    return [json.dumps(one, ensure_ascii=False) for one in data if one]


def _parsed(content: str) -> list[str]:
    """The texts within a row that was not understood, as people read them."""
    try:
        parsed = json.loads(content)
    except ValueError:
        return []
    return [value for value in parsed.values() if isinstance(value, str)] if isinstance(parsed, dict) else []
