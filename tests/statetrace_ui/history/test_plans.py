"""The lists stay fast because they enter indexes: the server's own plans, over tables that are filled."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from statetrace_ui.history import queries
from statetrace_ui.history.lanes import timeline_groups
from statetrace_ui.history.models import Action, Relation, Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import NOON, make_relation, make_source

BIG = {"history_change", "history_session", "history_action", "history_transaction"}
FILL = """
INSERT INTO history_session (source_id, key, actor_id, actor_full_name, actor_email, actor_avatar, client_user_agent,
                             application_id, application_type, announced, started_at, last_at, action_count,
                             change_count)
SELECT %(source)s, 'k' || g, g::text, 'First' || g %% 97 || ' Last' || g, g || '@example.com', '', '', '', '', true,
       %(noon)s::timestamptz + g * interval '1 min', %(noon)s::timestamptz + g * interval '1 min', 1, 5
FROM generate_series(1, 6000) g;
INSERT INTO history_transaction (source_id, kind, commit_lsn, end_lsn, xid, committed_at, change_count)
SELECT %(source)s, 'commit', g * 10, g * 10 + 8, g, %(noon)s::timestamptz + g * interval '1 min', 5
FROM generate_series(1, 6000) g;
INSERT INTO history_action (source_id, session_id, transaction_id, key, url, method, version, length_ms, parent_key, at,
                            change_count)
SELECT t.source_id, s.id, t.id, 'a' || t.xid, '/', 'POST', '', 1, '', t.committed_at, 5
FROM history_transaction t JOIN history_session s ON s.source_id = t.source_id AND s.key = 'k' || t.xid
WHERE t.source_id = %(source)s;
INSERT INTO history_change (source_id, transaction_id, relation_id, sequence, kind, schema_name, table_name, record_key,
                            old_record_key, new, unchanged, committed_at)
SELECT t.source_id, t.id, %(relation)s, g, (ARRAY['I', 'U', 'U', 'U', 'D'])[g], 'public', 'orders',
       '["' || t.xid * 7919 %% 2000 || '"]', '', '{"id": "1"}', '[]', t.committed_at
FROM history_transaction t, generate_series(1, 5) g WHERE t.source_id = %(source)s ORDER BY t.id, g;
"""
TABLE = ("public", "orders")


@pytest.fixture
def filled(organisation: Organisation) -> Source:
    """Two sources with 6,000 sessions, actions and transactions and 30,000 changes each; the first is returned."""
    sources = [make_source(organisation, name) for name in ("one", "two")]
    with connection.cursor() as cursor:
        for source in sources:
            relation = make_relation(source)
            cursor.execute(FILL, {"source": source.pk, "relation": relation.pk, "noon": NOON})
        cursor.execute("ANALYZE")
    return sources[0]


LISTS: dict[str, Callable[[Organisation, Source], Any]] = {
    "sessions": lambda o, _s: queries.sessions(o),
    "sessions, next page": lambda o, _s: queries.sessions(o, cursor=queries.sessions(o).older or ""),
    "sessions by actor": lambda o, _s: queries.sessions(o, actor="last2711"),
    "sessions by time": lambda o, _s: queries.sessions(o, start=NOON, end=NOON.replace(hour=13)),
    "session's actions": lambda o, _s: queries.session_actions(queries.sessions(o).rows[0]),
    "session's timeline": lambda o, _s: timeline_groups(queries.sessions(o).rows[0], NOON, 1e12),
    "changes": lambda o, _s: queries.changes(o),
    "changes, next page": lambda o, _s: queries.changes(o, cursor=queries.changes(o).older or ""),
    "changes of a kind that is rare": lambda o, _s: queries.changes(o, kind="T"),
    "changes of a table": lambda o, s: queries.changes(o, source=s, table=TABLE),
    "changes by time": lambda o, _s: queries.changes(o, start=NOON.replace(day=15), end=NOON.replace(day=16)),
    "new changes": lambda o, _s: queries.new_changes(o, queries.high_water() - 5),
    "what was before": lambda o, _s: queries.earlier_rows(queries.changes(o).rows),
    "an action's changes": lambda _o, s: queries.action_changes(Action.objects.filter(source=s).latest("id")),
    "a record's changes": lambda _o, s: queries.record_changes(s, TABLE, '["1919"]'),
}


def test_no_list_reads_a_whole_table(organisation: Organisation, filled: Source, subtests: pytest.Subtests) -> None:
    for name, read in LISTS.items():
        with subtests.test(name):
            with CaptureQueriesContext(connection) as asked:
                read(organisation, filled)
            assert asked.captured_queries
            for query in asked.captured_queries:
                assert not whole_reads(query["sql"]), query["sql"]


def whole_reads(statement: str) -> set[str]:
    """The big tables that the plan of a statement reads from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        [(plan,)] = cursor.fetchall()
    [top] = json.loads(plan) if isinstance(plan, str) else plan
    return {node["Relation Name"] for node in nodes(top["Plan"]) if node["Node Type"] == "Seq Scan"} & BIG


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


def test_every_listed_change_is_found(organisation: Organisation, filled: Source) -> None:
    assert Relation.objects.count() == 2
    assert [len(LISTS[name](organisation, filled).rows) for name in ("sessions", "changes", "new changes")] == [
        50,
        50,
        5,
    ]
