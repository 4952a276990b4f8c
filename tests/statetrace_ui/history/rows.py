"""Rows of history as the store would have left them, made one by one."""

import base64
import datetime as dt
import json
from itertools import count
from typing import Any

from django.db import connection

from statetrace_ui.history.models import Action, Change, Relation, Session, Source, Table, Transaction
from statetrace_ui.history.row_arrays import aligned
from statetrace_ui.web.models import Organisation

NOON = dt.datetime(2026, 3, 14, 12, 0, tzinfo=dt.UTC)
LSN = count(0x1_0000_0000, 0x100)
HOSTILE = "<script>alert(1)</script>\u202eRTL \u0627\u0644\u0639\u0631\u0628\u064a\u0629 & \"quotes\" 'single'"
COLUMNS = [
    {"name": "id", "type": "bigint", "key": True},
    {"name": "status", "type": "text", "key": False},
    {"name": "total", "type": "numeric(10,2)", "key": False},
    {"name": "details", "type": "jsonb", "key": False},
    {"name": "updated_at", "type": "timestamp with time zone", "key": False},
]


def make_source(organisation: Organisation, name: str = "shop", **fields: Any) -> Source:
    return Source.objects.create(
        organisation=organisation,
        name=name,
        url="postgresql://auditor:do-not-show@db.example/shop",
        slot_name=f"slot_{name}",
        publication_name=f"publication_{name}",
        **fields,
    )


def make_session(source: Source, key: str = "s-1", at: dt.datetime = NOON, **fields: Any) -> Session:
    told = {"actor_id": "42", "actor_full_name": "Ada Lovelace", "actor_email": "ada@example.com", "announced": True}
    return Session.objects.create(source=source, key=key, started_at=at, last_at=at, **{**told, **fields})


def make_relation(source: Source, table: str = "orders", schema: str = "public", **fields: Any) -> Relation:
    named, _ = Table.objects.get_or_create(source=source, schema_name=schema, table_name=table)
    return Relation.objects.create(
        source=source,
        table=named,
        oid=fields.pop("oid", 1000),
        schema_name=schema,
        table_name=table,
        replica_identity=fields.pop("replica_identity", "d"),
        columns=fields.pop("columns", COLUMNS),
    )


def make_transaction(source: Source, at: dt.datetime = NOON, **fields: Any) -> Transaction:
    lsn = next(LSN)
    return Transaction.objects.create(
        source=source, commit_lsn=lsn, end_lsn=lsn + 8, xid=lsn % 100_000, committed_at=at, **fields
    )


def make_action(session: Session | None, at: dt.datetime = NOON, **fields: Any) -> Action:
    """session: None for an action that names none; it then needs its transaction."""
    told = {"key": f"act-{next(LSN)}", "url": "/orders/7/pay", "method": "POST", "length_ms": 25.0}
    transaction = fields.pop("transaction", None) or make_transaction(session.source, at)  # type: ignore[union-attr]
    if session:
        session.action_count += 1
        session.last_at = max(session.last_at, at)
        session.save()
    return Action.objects.create(
        source=transaction.source, session=session, transaction=transaction, at=at, **{**told, **fields}
    )


def make_avatar(content: str) -> str:
    """Image data, as an annotation carries it: what a PNG begins with, and the content."""
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG" + content.encode()).decode()


def make_change(transaction: Transaction, relation: Relation, kind: str, key: str = "7", **fields: Any) -> Change:
    """old, new: rows by name. unchanged: columns whose values were not sent, whatever `new` says."""
    transaction.change_count += 1
    for action in transaction.actions.select_related("session"):
        action.change_count += 1
        action.save()
        if action.session:
            action.session.change_count += 1
            action.session.save()
    old, old_absent = aligned(relation.columns, fields.pop("old", None))
    unchanged, new = fields.pop("unchanged", ()), fields.pop("new", None)
    sent = new and {name: value for name, value in new.items() if name not in unchanged}
    new, new_absent = aligned(relation.columns, sent)
    change = Change.objects.create(
        source=transaction.source,
        transaction=transaction,
        relation=relation,
        table=relation.table,
        kind=kind,
        baseline=kind == "B",
        record_key=fields.pop("record_key", json.dumps([key])),
        old=old,
        new=new,
        old_absent=old_absent,
        new_absent=new_absent,
        **fields,
    )
    transaction.first_change = transaction.first_change or change.pk
    transaction.last_change = change.pk
    transaction.save()
    return change


def skip_ids(count: int) -> None:
    """The next change lies that far from the last one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('history_change_ids', nextval('history_change_ids') + %s)", [count])


def row(key: str = "7", **values: str | None) -> dict[str, str | None]:
    """A row of `orders`, as PostgreSQL writes it."""
    return {
        "id": key,
        "status": "new",
        "total": "19.90",
        "details": '{"items": [{"sku": "A1", "price": 19.90}]}',
        "updated_at": "2026-03-14 12:00:00+00",
        **values,
    }
