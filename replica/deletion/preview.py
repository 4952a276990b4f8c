"""What a deletion would take away: rows by table and place. Counted when it is asked for, so it may grow until then."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from psycopg import Connection, sql

from replica.blocks import places
from replica.databases.models import Replica
from replica.databases.server import connect
from replica.deletion.models import Deletion
from replica.exports.copy import session_tables
from replica.exports.ends import PAGE_PATIENCE, replica_of, target_of
from replica.exports.models import UserFlowExport
from replica.exports.waiting import UNREACHABLE
from replica.schema.definition import create_tables
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

OF_FLOW = "SELECT session_id FROM bookkeeping.session_revisions WHERE user_flow_id = %(subject)s"
FLOW_OF = "SELECT trim(user_flow_id), trim(name) FROM session_metadata WHERE session_id = %s"
# A replica may hold hundreds of millions of rows: the planner's estimate is told, not a count.
ESTIMATES = """
SELECT relname::text, greatest(reltuples, 0)::bigint FROM pg_catalog.pg_class
WHERE oid = ANY(%s::regclass[]) AND reltuples > 0
"""


@dataclass(frozen=True)
class Preview:
    """What goes. store, replica: {table: rows}; None: that place is not touched, or did not answer.

    blocks: bytes of derived blocks on this machine. estimated: the counts are the planner's estimates.
    """

    kind: Deletion.Kind
    subject: str
    name: str
    user_flow_id: str = ""
    sessions: int = 1
    store: dict[str, int] | None = None
    replica: dict[str, int] | None = None
    blocks: int = 0
    estimated: bool = False
    remarks: list[str] = field(default_factory=list)

    @property
    def tables(self) -> list[tuple[str, int, int]]:
        """(table, rows in the store, rows in the replica), the largest first."""
        store, replica = self.store or {}, self.replica or {}
        both = {table: (store.get(table, 0), replica.get(table, 0)) for table in {**store, **replica}}
        return sorted(((table, *rows) for table, rows in both.items()), key=lambda row: (-max(row[1:]), row[0]))

    @property
    def counts(self) -> dict[str, int]:
        return (self.replica if self.store is None else self.store) or {}


def of_session(organisation: Organisation, session_id: str) -> Preview:
    """Raises UserError: 404 if the store does not have it for this organisation, 503 if the store does not answer."""
    with _store() as store:
        row = store.execute(FLOW_OF, [session_id]).fetchone()
        export = _export(organisation, row[0]) if row else None
        if row is None or export is None:
            raise UserError("The store does not have this session.", "It may be deleted already.", status=404)
        rows = _counts(store, sql.SQL("SELECT %(subject)s::char(36)"), session_id)
    return Preview(
        kind=Deletion.Kind.SESSION,
        subject=session_id,
        name=row[1] or session_id,
        user_flow_id=row[0],
        store=rows,
        **_copies(export, sql.SQL("SELECT %(subject)s::char(36)"), session_id, [session_id]),
    )


def of_flow(export: UserFlowExport) -> Preview:
    """Raises UserError (503) if the store does not answer."""
    flow = export.user_flow_id
    with _store() as store:
        sessions = [session for (session,) in store.execute(OF_FLOW.encode(), {"subject": flow}).fetchall()]
        rows = _counts(store, sql.SQL(OF_FLOW), flow)
    return Preview(
        kind=Deletion.Kind.FLOW,
        subject=flow,
        name=export.name,
        user_flow_id=flow,
        sessions=len(sessions),
        store=rows,
        **_copies(export, sql.SQL(OF_FLOW), flow, sessions),
    )


def of_copy(export: UserFlowExport) -> Preview:
    """Raises UserError (400) for the copy in the organisation's own replica: that goes with the flow or the replica."""
    if export.target is None:
        raise UserError("This copy goes with its user flow, or with the replica.", "Delete one of these.")
    return Preview(
        kind=Deletion.Kind.COPY,
        subject=str(export.pk),
        name=str(export),
        user_flow_id=export.user_flow_id,
        sessions=0,
        **_copy(export, sql.SQL(OF_FLOW), export.user_flow_id, []),
    )


def of_replica(replica: Replica) -> Preview:
    """What goes with the organisation's database. The store keeps everything; a database of others stays."""
    blocks = places.size(replica.pk)
    if not replica.owner_url:
        remark = "Somebody else fills this database: it stays, and the dashboard forgets how to reach it."
        return Preview(
            Deletion.Kind.REPLICA, replica.database, replica.database, sessions=0, blocks=blocks, remarks=[remark]
        )
    remarks = ["The imported sessions stay in the store: a later sync makes a new database, with new credentials."]
    rows = None
    try:
        with connect(replica.owner_url) as target:
            rows = dict(target.execute(ESTIMATES, [[*session_tables()]]).fetchall())
    except psycopg.Error:
        remarks.append("Its server does not answer, so its rows are not counted, and it goes when the server is back.")
    return Preview(
        kind=Deletion.Kind.REPLICA,
        subject=replica.database,
        name=replica.database,
        sessions=rows.get("session_metadata", 0) if rows else 0,
        replica=rows,
        blocks=blocks,
        estimated=True,
        remarks=remarks,
    )


def _export(organisation: Organisation, user_flow_id: str) -> UserFlowExport | None:
    return UserFlowExport.objects.filter(organisation=organisation, user_flow_id=user_flow_id).first()


@contextmanager
def _store() -> Iterator[Connection[Any]]:
    try:
        with connect(settings.STORE_URL) as store:
            create_tables(store)
            yield store
    except psycopg.OperationalError:
        raise UserError("The store does not answer.", "Try again in a minute.", status=503) from None


def _copies(export: UserFlowExport, sessions: sql.Composable, subject: str, ids: list[str]) -> dict[str, Any]:
    """What the own replica and this machine's blocks hold of the sessions, and where else they go from."""
    others = UserFlowExport.every.filter(user_flow_id=export.user_flow_id).exclude(target=None).select_related("target")
    found = _copy(export, sessions, subject, ids)
    remarks = [f"The copy in the target {one.target} goes, too." for one in others]
    return {**found, "remarks": [*found.get("remarks", []), *remarks]}


def _copy(export: UserFlowExport, sessions: sql.Composable, subject: str, ids: list[str]) -> dict[str, Any]:
    replica = replica_of(export)
    blocks = places.size(replica.pk, ids) if replica else 0
    try:
        target = target_of(export, PAGE_PATIENCE)
        if target is None:
            return {}
        with target:
            return {"blocks": blocks, "replica": _counts(target, sessions, subject)}
    except UNREACHABLE:
        remark = "The replica does not answer. Nothing goes from the store before it is gone from there."
        return {"blocks": blocks, "remarks": [remark]}


def _counts(connection: Connection[Any], sessions: sql.Composable, subject: str) -> dict[str, int]:
    """Rows of the sessions by table, without the tables that have none."""
    count = sql.SQL("SELECT {}, count(*) FROM {} WHERE session_id IN ({})")
    counts = [count.format(table, sql.Identifier(table), sessions) for table in session_tables()]
    rows = connection.execute(sql.SQL(" UNION ALL ").join(counts), {"subject": subject}).fetchall()
    return {table: number for table, number in rows if number}
