"""Analysing sessions of the store on demand: which need it, and one after another."""

from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from psycopg import Connection

from replica.analyses.writer import VERSIONS, write_analyses
from replica.exports import state
from replica.exports.models import UserFlowExport
from replica.schema.definition import create_tables

# Sessions of a flow of which some result is missing, or was made by another version of its formula.
OUTDATED = """
SELECT r.session_id::text FROM bookkeeping.session_revisions r
WHERE r.user_flow_id = %(flow)s AND (%(again)s OR EXISTS (
    SELECT FROM unnest(%(analyses)s::text[], %(versions)s::text[]) AS wanted (analysis, version)
    WHERE NOT EXISTS (
        SELECT FROM bookkeeping.analyses made
        WHERE made.session_id = r.session_id AND made.analysis = wanted.analysis AND made.version = wanted.version
    )
))
ORDER BY r.session_id
"""
NEXT_REVISION = """
UPDATE bookkeeping.session_revisions SET revision = revision + 1, changed_at = now() WHERE session_id = %s
"""
LOCK = "SELECT 1 FROM bookkeeping.session_revisions WHERE session_id = %s FOR UPDATE"
Report = Callable[[str, bool], None]


def analyse_flow(export: UserFlowExport, again: bool = False, report: Report = lambda *_: None) -> int:
    """Analyse the flow's sessions that need it, each in a transaction of its own; how many have other results now.

    again: all of them. `report` gets each session's id, and whether it has other results. Raises psycopg.Error.
    """
    with psycopg.connect(settings.STORE_URL, autocommit=True) as store:
        create_tables(store)
        wanted = {"flow": export.user_flow_id, "again": again}
        versions = {"analyses": list(VERSIONS), "versions": list(VERSIONS.values())}
        changed = 0
        for (session_id,) in store.execute(OUTDATED, wanted | versions).fetchall():
            is_changed = analyse_session(store, session_id)
            changed += is_changed
            report(session_id, is_changed)
    if changed:
        state.mark_changed(export)
    return changed


def analyse_session(store: Connection[Any], session_id: str) -> bool:
    """Analyse one session; whether its results changed, which makes another revision of it."""
    with store.transaction():
        if not store.execute(LOCK, [session_id]).fetchone():
            return False  # it was removed meanwhile
        changed = write_analyses(store, session_id)
        if changed:
            store.execute(NEXT_REVISION, [session_id])
    return changed
