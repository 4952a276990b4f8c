"""Whether the newest edit of a session has reached its replica: a comparison of revisions, never a flag."""

import psycopg
from django.db.models import QuerySet

from replica.databases.models import Replica
from replica.databases.server import connect
from replica.editing.models import SessionEdit
from statetrace_ui.web.models import Organisation

REVISION = "SELECT revision FROM bookkeeping.session_revisions WHERE session_id = %s"
MOST_EDITS = 20


def newest_edits(organisation: Organisation, session_id: str) -> list[SessionEdit]:
    return list(_edits(organisation, session_id)[:MOST_EDITS])


def waiting_edit(organisation: Organisation, session_id: str) -> SessionEdit | None:
    """The newest edit, if the replica does not have it yet. Most sessions have none: no other database is asked.

    None also while the replica's server does not answer: its pages say that.
    """
    edit = _edits(organisation, session_id).first()
    replica = Replica.objects.filter(organisation=organisation).exclude(owner_url="").first() if edit else None
    if edit is None or replica is None:
        return edit
    try:
        with connect(replica.owner_url) as server:
            row = server.execute(REVISION, [session_id]).fetchone()
    except psycopg.Error:
        return None
    return None if row and row[0] >= edit.revision else edit


def _edits(organisation: Organisation, session_id: str) -> QuerySet[SessionEdit]:
    return SessionEdit.objects.filter(organisation=organisation, session_id=session_id).order_by("-revision", "-id")
