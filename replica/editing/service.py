"""Editing a session of the store: the one way in. An edit is annotated, remembered, and makes another revision.

The replica gets it with the next sync. Another import of the same files puts back what they say.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import transaction
from psycopg import Connection

from replica.analyses.writer import write_analyses
from replica.editing.annotated import Editor, annotate
from replica.editing.models import SessionEdit
from replica.editing.stored import (
    Stored,
    StoredLabel,
    StoredSession,
    StoredTag,
    read_stored,
    stored_label,
    stored_session,
    stored_tags,
)
from replica.exports import state
from replica.exports.models import UserFlowExport
from replica.schema.definition import create_tables
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

LOCK = "SELECT revision FROM bookkeeping.session_revisions WHERE session_id = %s FOR UPDATE"
NEXT_REVISION = """
UPDATE bookkeeping.session_revisions SET revision = revision + 1, changed_at = now() WHERE session_id = %s
RETURNING revision
"""
SAVE_LABEL = """
INSERT INTO session_labels
    (session_id, label_id, label_type, name, category, start_time, end_time, data, label_group_id, video_box)
VALUES (%(session)s, %(id)s, %(label_type)s, %(name)s, %(category)s, %(start_ms)s, %(end_ms)s, %(data)s, %(group_id)s,
        %(video_box)s)
ON CONFLICT (session_id, label_id) DO UPDATE
SET label_type = EXCLUDED.label_type, name = EXCLUDED.name, category = EXCLUDED.category, data = EXCLUDED.data,
    start_time = EXCLUDED.start_time, end_time = EXCLUDED.end_time, label_group_id = EXCLUDED.label_group_id,
    video_box = coalesce(EXCLUDED.video_box, session_labels.video_box)
"""
# Writes the session in the store; returns which parts it changed, "" for none.
Change = Callable[[Connection[Any], StoredSession], str]


class NotInStore(UserError):
    def __init__(self) -> None:
        super().__init__(
            "This session cannot be edited: the store does not have it.",
            "Only sessions that were imported here can be.",
            status=404,
        )


class ChangedMeanwhile(UserError):
    def __init__(self) -> None:
        super().__init__("Somebody else has changed this session meanwhile.", "Read it again, then edit.", status=412)


@dataclass(frozen=True)
class SessionTexts:
    name: str
    description: str
    status: str


def stored_for(organisation: Organisation, session_id: str) -> Stored | None:
    """The session as the store has it; None if it is not there, or not this organisation's. Raises psycopg.Error."""
    stored = read_stored(session_id)
    return stored if stored and _export_of(organisation, stored.session) else None


def edit_session(
    editor: Editor, session_id: str, texts: SessionTexts, tags: Collection[StoredTag] | None = None
) -> None:
    """tags: all that the session is to have, beside those that imports write; None for those that it has."""

    def change(store: Connection[Any], session: StoredSession) -> str:
        changed = [name for name, value in vars(texts).items() if getattr(session, name) != value]
        if changed:
            store.execute(
                "UPDATE session_metadata SET name = %s, description = %s, status = %s WHERE session_id = %s",
                [texts.name or None, texts.description or None, texts.status, session_id],
            )
        if tags is not None and _replace_tags(store, session_id, set(tags)):
            changed.append("tags")
        return ", ".join(changed)

    _edit(editor, session_id, change)


def add_tag(editor: Editor, session_id: str, key: str, value: str) -> None:
    def change(store: Connection[Any], _: StoredSession) -> str:
        insert = "INSERT INTO session_tags VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
        return f"tag {key} added" if store.execute(insert, [session_id, key, value]).rowcount else ""

    _edit(editor, session_id, change)


def remove_tag(editor: Editor, session_id: str, key: str, value: str) -> None:
    def change(store: Connection[Any], _: StoredSession) -> str:
        delete = "DELETE FROM session_tags WHERE session_id = %s AND tag_key = %s AND tag_value = %s"
        return f"tag {key} removed" if store.execute(delete, [session_id, key, value]).rowcount else ""

    _edit(editor, session_id, change)


def _replace_tags(store: Connection[Any], session_id: str, wanted: set[StoredTag]) -> bool:
    """Whether that changed any."""
    known = {tag for tag in stored_tags(store, session_id) if tag.may_change}
    for tag in known - wanted:
        delete = "DELETE FROM session_tags WHERE session_id = %s AND tag_key = %s AND tag_value = %s"
        store.execute(delete, [session_id, tag.key, tag.value])
    for tag in wanted - known:
        store.execute("INSERT INTO session_tags VALUES (%s, %s, %s)", [session_id, tag.key, tag.value])
    return known != wanted


def save_label(editor: Editor, session_id: str, label: StoredLabel, video_box: str | None = None) -> str:
    """Change the label of that id; without an id, add one. Returns its id. video_box: None to leave it as it is."""
    label_id = label.id or str(uuid4())

    def change(store: Connection[Any], session: StoredSession) -> str:
        _check_times(label, session)
        known = stored_label(store, session_id, label.id) if label.id else None
        if label.id and known is None:
            raise UserError("This label is not there any more.", "Reload the page.", status=404)
        if label == known and video_box is None:
            return ""
        values = {name: getattr(label, name) for name in StoredLabel.__slots__}
        optional = {name: values[name] or None for name in ("category", "data", "group_id")}
        store.execute(SAVE_LABEL, {**values, **optional, "id": label_id, "session": session_id, "video_box": video_box})
        write_analyses(store, session_id)
        return f"label {label_id} {'changed' if known else 'added'}"

    _edit(editor, session_id, change)
    return label_id


def remove_label(editor: Editor, session_id: str, label_id: str) -> None:
    def change(store: Connection[Any], _: StoredSession) -> str:
        delete = "DELETE FROM session_labels WHERE session_id = %s AND label_id = %s"
        if not store.execute(delete, [session_id, label_id]).rowcount:
            return ""
        write_analyses(store, session_id)
        return f"label {label_id} removed"

    _edit(editor, session_id, change)


def _check_times(label: StoredLabel, session: StoredSession) -> None:
    if session.length_ms is not None and label.end_ms > session.length_ms:
        raise UserError(
            f"The label ends at {label.end_ms:,.0f} ms, after its session, which ends at {session.length_ms:,.0f} ms.",
            "Go back and correct it.",
        )


def _edit(editor: Editor, session_id: str, change: Change) -> None:
    """Make the change, unless it changes nothing. Raises UserError: NotInStore, or one that says what failed."""
    try:
        export = _edited(editor, session_id, change)
    except psycopg.Error as error:
        raise UserError("The store did not take the change.", "Try again in a minute.", status=503) from error
    if export:
        state.mark_changed(export)


def _edited(editor: Editor, session_id: str, change: Change) -> UserFlowExport | None:
    with psycopg.connect(settings.STORE_URL) as store:
        create_tables(store)
        # The inner one commits first: an edit that is remembered and not made does less harm than the opposite.
        with store.transaction(), transaction.atomic():
            row = store.execute(LOCK, [session_id]).fetchone()
            session = stored_session(store, session_id)
            export = _export(editor, session)
            if editor.revision is not None and row != (editor.revision,):
                raise ChangedMeanwhile
            what = change(store, session) if session else ""
            if not what:
                return None
            (revision,) = store.execute(NEXT_REVISION, [session_id]).fetchone() or (0,)
            annotate(store, editor)
            _remember(editor, session_id, revision, what)
    return export


def _export(editor: Editor, session: StoredSession | None) -> UserFlowExport:
    """The export that the session belongs to, of the editor's organisation. Raises NotInStore."""
    export = _export_of(editor.request.organisation, session) if session else None
    if export is None:
        raise NotInStore
    return export


def _export_of(organisation: Organisation, session: StoredSession) -> UserFlowExport | None:
    return UserFlowExport.objects.filter(organisation=organisation, user_flow_id=session.user_flow_id).first()


def _remember(editor: Editor, session_id: str, revision: int, what: str) -> None:
    SessionEdit.objects.create(
        organisation=editor.request.organisation,
        session_id=session_id,
        revision=revision,
        what=what[:500],
        person_name=editor.request.user.get_username(),
    )
    record(Event.SESSION_EDITED, f"{session_id}: {what}")
