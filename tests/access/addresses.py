"""Every address of the site by who may open it; one that is added must be classified here."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from tests.access.own_addresses import ACCOUNT
from tests.access.posted_addresses import KEPT, MANAGED, SESSION

# What every member may open, since it shows what is theirs.
OWN_PAGES = [
    "home",
    "history:sessions",
    "history:changes",
    "history:sources",
    "replica:flows",
    "exports:list",
    "deletion:list",
    "exports:settings",
    "databases:connection",
    "databases:schema",
    "deliveries:list",
    "history:alerts",
    "attention:list",
    "watch:list",
    "people:list",
    "start:page",
]
# Parts of such pages, and what finds things from every page.
OWN_PARTS = [
    "history:suggestions",
    "palette",
    "palette-captured",
    "attention:strip",
    "attention:badges",
    "start:lights",
    "history:active_sessions",
    "change-counts",
]
FLAME: dict[str, object] = {**SESSION, "version": "version", "thread": 0}
# What belongs to one organisation, with the arguments that lead to it. Texts that `Holdings.ids` knows stand for ids
# which differ between organisations; the others are the same for all, with something else behind them.
OWNED: dict[str, dict[str, object]] = {
    "history:session": {"pk": "audited"},
    "history:avatar": {"pk": "audited"},
    "history:action_changes": {"pk": "action"},
    "history:change": {"pk": "change"},
    "history:record": {"source": "source"},
    "history:transaction": {"pk": "transaction"},
    "history:actor": {"source": "source"},
    "history:record_text": {"source": "source"},
    "history:record_references": {"source": "source"},
    "history:table_rows": {"pk": "source"},
    "history:table_activity": {"pk": "source"},
    "history:value": {"pk": "change"},
    "history:undo_change": {"pk": "change"},
    "history:undo_transaction": {"pk": "transaction"},
    "history:undo_session": {"pk": "audited"},
    "history:source": {"pk": "source"},
    "replica:builds": {"pk": "source"},
    "capture:rules": {"pk": "source"},
    "capture:table_rules": {"pk": "source"},
    "capture:verification": {"pk": "source"},
    "capture:progress": {"pk": "source"},
    "history:table-shapes": {"pk": "source"},
    "history:source_actions": {"pk": "source"},
    "history:source_unread": {"pk": "source"},
    "history:source_migrations": {"pk": "source"},
    "history:retention": {"pk": "source"},
    "history:erasures": {"pk": "source"},
    "history:erasure": {"pk": "erasure"},
    "replica:flow": {"user_flow_id": "flow"},
    "replica:flow_labels": {"user_flow_id": "flow"},
    "replica:compare": {},
    "replica:pair": {},
    "replica:pair_curves": {},
    "replica:flow_issues": {"user_flow_id": "flow"},
    "replica:issues": SESSION,
    "replica:queries": {"user_flow_id": "flow"},
    "replica:query": {"user_flow_id": "flow", "name": "sessions"},
    "replica:captured_beside": {"pk": "audited"},
    "replica:session": SESSION,
    "replica:edit": SESSION,
    "replica:labels": SESSION,
    "replica:series": SESSION,
    "replica:series_data": SESSION,
    "replica:series_outlines": SESSION,
    "replica:spans": {**SESSION, "kind": "labels"},
    "replica:network": SESSION,
    "replica:explained": SESSION,
    "replica:label_elsewhere": {**SESSION, "label_id": "l1"},
    "replica:label": {**SESSION, "label_id": "l1"},
    "replica:exchange": {**SESSION, "message_id": 2},
    "replica:issue": {**SESSION, "issue_id": "i1", "impact_id": "p1"},
    "replica:screenshot": {**SESSION, "number": 0},
    "replica:screenshot_image": {**SESSION, "number": 0},
    "replica:thread": {**SESSION, "process_id": 7, "thread_id": 1},
    "replica:flame": SESSION,
    "replica:flame_methods": {**SESSION, "version": "version"},
    "replica:flame_tile": {**FLAME, "level": 8, "index": 0},
    "replica:flame_merged": FLAME,
    "replica:flame_table": FLAME,
    "replica:flame_sandwich": FLAME,
    "replica:flame_match": FLAME,
    "replica:compare_inside": {},
    "replica:compare_fields": {},
    "replica:moments": {},
    "replica:flame_diff": {},
    "replica:flame_diff_tree": {},
    "replica:flame_diff_table": {},
    "replica:flame_others": SESSION,
    "replica:flame_call": FLAME,
    "replica:flame_search": FLAME,
    "exports:export": {"pk": "export"},
    "history:alert": {"pk": "alert"},
    "deliveries:endpoint": {"pk": "endpoint"},
    "deliveries:delivery": {"pk": "delivery"},
}
# Data that is numbers alone: it names nothing, but it differs from one organisation to the other.
NUMBERS = {
    "change-counts",
    "attention:badges",
    "replica:flame_sandwich",
    "replica:series_outlines",
    "replica:pair_curves",
    "replica:screenshot",
    "replica:flame_tile",
    "replica:flame_merged",
    "replica:flame_search",
}
GROUPS = "?flow=FLOW&base=CAPTURED&new=until:2026-02-02"
QUERIES = {
    "palette": "?q=orders",
    "palette-captured": "?q=run",
    "history:actor": "?id=42",
    "history:suggestions": "?q=source:&at=7&to=changes",
    "capture:table_rules": "?schema=public&table=orders",
    "history:table-shapes": "?table=public.orders",
    "history:record": '?table=public.orders&key=["7"]',
    "history:record_text": '?table=public.orders&key=["7"]&form=json',
    "history:record_references": '?table=public.orders&key=["7"]',
    "history:table_rows": "?table=public.orders",
    "home": "?since=2026-03-14&until=2026-03-14",
    "change-counts": "?since=2026-03-14&until=2026-03-14",
    "history:table_activity": "?table=public.orders",
    "history:download_changes": "?format=jsonl",
    "history:download_sessions": "?format=jsonl",
    "history:download_session": "?format=jsonl",
    "history:download_transaction": "?format=jsonl",
    "history:download_record": '?table=public.orders&key=["7"]&format=jsonl',
    "history:download_rows": "?table=public.orders&format=jsonl",
    "history:value": "?side=new&column=status",
    "replica:compare": "?flow=FLOW",  # an id that differs
    "replica:pair": "?base=CAPTURED&new=CAPTURED",
    "replica:pair_curves": "?base=CAPTURED&new=CAPTURED",
    "replica:series_data": "?series=memory",
    "replica:issue": "?category=Slow+Downloads",
    "replica:flame_merged": "?weight=wall",
    "replica:flame_table": "?weight=wall",
    "replica:flame_sandwich": "?weight=wall",
    "replica:flame_match": "?q=run",
    "replica:compare_inside": GROUPS,
    "replica:compare_fields": GROUPS,
    "replica:moments": f"{GROUPS}&base_session=CAPTURED",
    "replica:flame_diff": GROUPS,
    "replica:flame_diff_tree": GROUPS,
    "replica:flame_diff_table": GROUPS,
    "replica:flame_call": "?depth=0&at=0",
    "replica:flame_search": "?q=run",
}
# What analysts and managers may take: lists of theirs, and what belongs to one organisation.
OWN_DOWNLOADS: dict[str, dict[str, object]] = {
    "history:download_changes": {},
    "history:download_sessions": {},
}
DOWNLOADS: dict[str, dict[str, object]] = {
    "history:download_session": {"pk": "audited"},
    "history:download_transaction": {"pk": "transaction"},
    "history:download_record": {"source": "source"},
    "history:download_rows": {"pk": "source"},
    "history:undo_change_sql": {"pk": "change"},
    "replica:query_csv": {"user_flow_id": "flow", "name": "sessions"},
    "history:undo_transaction_sql": {"pk": "transaction"},
    "history:undo_session_sql": {"pk": "audited"},
}
# What managers alone open.
MANAGERS_PAGES: dict[str, dict[str, object]] = {
    "security-log": {},
    "security-log-csv": {},
    "capture:add": {},
    "capture:draft": {"pk": "draft"},
    "capture:draft_tables": {"pk": "draft"},
    "capture:readdress_draft": {"pk": "draft"},
    "capture:manage": {"pk": "source"},
    "capture:remove": {"pk": "source"},
    "capture:source_task": {"pk": "source_task"},
    "disk": {},
    "note": {},
}
# What analysts and managers may open or post: SQL, which gives copies of what there is, and files that read it.
SQL_PAGES: dict[str, dict[str, object]] = {
    "sql:page": {},
    "databases:grafana": {"name": "datasource.yaml"},
}
SQL_POSTS: dict[str, dict[str, object]] = {
    "sql:run": {},
    "sql:csv": {},
    "sql:cancel": {},
    "sql:save": {},
    "sql:delete": {"pk": "saved_sql"},
}
ARGUMENTS = {
    **OWNED,
    **MANAGERS_PAGES,
    **OWN_DOWNLOADS,
    **DOWNLOADS,
    **MANAGED,
    **KEPT,
    **SQL_PAGES,
    **SQL_POSTS,
    **ACCOUNT,
}
SHOWN = [*OWN_PAGES, *OWN_PARTS, *OWNED]
KNOWN = {*SHOWN, *MANAGERS_PAGES, *OWN_DOWNLOADS, *DOWNLOADS, *MANAGED, *KEPT, *SQL_PAGES, *SQL_POSTS, *ACCOUNT}


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(name, pattern) of every address, however deep."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from patterns(entry, inner)
        else:
            yield f"{namespace}{entry.name}", entry


ALL = dict(patterns(get_resolver()))
# What lies behind a changelist (addresses with arguments) is behind the same door.
ADMIN = sorted(
    name
    for name, pattern in ALL.items()
    if name.startswith("admin:")
    and not ({"<", "("} & set(str(pattern.pattern)))
    and name not in ("admin:login", "admin:logout", "admin:password_change")
)
