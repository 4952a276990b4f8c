"""The lists stay fast because they enter indexes: what the server says it read, over partitions that are filled."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from statetrace_ui.history import answering, partitions, queries
from statetrace_ui.history.as_of.moments import NEWEST, Moment, moment_of
from statetrace_ui.history.as_of.pages import rows_at
from statetrace_ui.history.as_of.records import record_at
from statetrace_ui.history.as_of.tables import TableAt, table_named
from statetrace_ui.history.lanes import timeline_groups
from statetrace_ui.history.models import Action, Change, Session, Source
from statetrace_ui.history.queries import table_activity
from statetrace_ui.history.question.terms import Choice, Question
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import PAGE_SIZE, encode
from tests.statetrace_ui.history.rows import NOON, make_relation, make_source

pytestmark = pytest.mark.xdist_group("plans")  # so that one process fills tables, not each
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
UPDATE history_action SET session_id = NULL, parent_key = 'a2711'
WHERE source_id = %(source)s AND key IN ('a2712', 'a2713');
UPDATE history_transaction SET kind = 'migration' WHERE source_id = %(source)s AND xid IN (7, 2711);
INSERT INTO history_change (source_id, transaction_id, relation_id, table_id, kind, baseline, record_key,
                            old_record_key, new)
SELECT t.source_id, t.id, %(relation)s, %(table)s, (ARRAY['I', 'U', 'U', 'U', 'D', 'B'])[g], g = 6,
       '["' || t.xid * 7919 %% 2000 || '"]', '', ARRAY['1', NULL, NULL, NULL, NULL]
FROM history_transaction t, generate_series(1, 6) g WHERE t.source_id = %(source)s ORDER BY t.id, g;
UPDATE history_transaction AS t SET first_change = c.first, last_change = c.last
FROM (SELECT transaction_id, min(id) AS first, max(id) AS last FROM history_change
      WHERE source_id = %(source)s GROUP BY 1) AS c WHERE t.source_id = %(source)s AND t.id = c.transaction_id;
"""
TABLE = ("public", "orders")
OF_TABLE = Question(sources=Choice(("one",)), tables=Choice(("public.orders",)))


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Source]:
    """Two sources with 6,000 sessions, actions and transactions and 36,000 changes each; the first is returned.

    A sixth of the changes are rows of baselines. Each branch has eight partitions. They are made once for all tests,
    within a transaction.
    """
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings, "HISTORY_PARTITION_IDS", 10_000)
        with transaction.atomic():
            yield fill(Organisation.objects.create(name="Acme", slug="acme"))
            transaction.set_rollback(True)


def fill(organisation: Organisation) -> Source:
    sources = [make_source(organisation, name) for name in ("one", "two")]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(BIG)}")  # of the dead rows that other tests left, which plans depend on
        for leaf in partitions.leaves(cursor):
            partitions.drop(cursor, leaf)
        # At the start of a partition: the planner goes through one of few rows as it likes.
        cursor.execute("SELECT setval('history_change_ids', (last_value / 10000 + 1) * 10000) FROM history_change_ids")
        first = partitions.last_id(cursor)
        for branch in partitions.BRANCHES:
            partitions.make_in(cursor, branch, first, first + 72_000)
        for source in sources:
            relation = make_relation(source)
            ids = {"source": source.pk, "relation": relation.pk, "table": relation.table_id}
            cursor.execute(FILL, {**ids, "noon": NOON})
        cursor.execute("ANALYZE")
        leaves = [leaf.name for leaf in partitions.leaves(cursor)]
        # The rest of what autovacuum does, and the planner counts on: no index entries wait to be sorted in, and
        # index-only scans need not look at the tables.
        cursor.execute("SELECT gin_clean_pending_list('session_by_actor_words')")
        cursor.execute("UPDATE pg_class SET relallvisible = relpages WHERE relname = ANY(%s)", [[*BIG, *leaves]])
    return sources[0]


@pytest.fixture
def filled(standing: Source, db: None) -> Source:
    return standing


@pytest.fixture
def organisation(standing: Source, db: None) -> Organisation:
    return standing.organisation


LISTS: dict[str, Callable[[Organisation, Source], Any]] = {
    "sessions": lambda o, _s: queries.sessions(o),
    "sessions, next page": lambda o, _s: queries.sessions(o, cursor=queries.sessions(o).older or ""),
    "sessions by actor": lambda o, _s: queries.sessions(o, Question(actors=Choice(("last2711",)))),
    "sessions by time": lambda o, _s: queries.sessions(o, Question(start=NOON, end=NOON.replace(hour=13))),
    "session's actions": lambda o, _s: queries.session_actions(queries.sessions(o).rows[0]),
    "session's timeline": lambda o, _s: timeline_groups(queries.sessions(o).rows[0], NOON, 1e12),
    "changes": lambda o, _s: answering.changes(o).page,
    "changes, next page": lambda o, _s: answering.changes(o, cursor=answering.changes(o).page.older or "").page,
    "changes of a kind that is rare": lambda o, _s: answering.changes(o, Question(kinds=Choice(("truncate",)))).page,
    "changes of a kind": lambda o, _s: answering.changes(o, Question(kinds=Choice(("delete",)))).page,
    "changes of a table": lambda o, _s: answering.changes(o, OF_TABLE).page,
    "rows of a baseline": lambda o, _s: answering.changes(o, replace(OF_TABLE, kinds=Choice(("snapshot",)))).page,
    "changes by time": lambda o, _s: (
        answering.changes(o, Question(start=NOON.replace(day=15), end=NOON.replace(day=16))).page
    ),
    "new changes": lambda o, _s: answering.new_changes(o, answering.changes(o).page.rows[0].id - 5)[0],
    "new changes since a time": lambda o, _s: answering.new_changes(
        o, answering.changes(o).page.rows[0].id - 5, Question(start=NOON.replace(day=16))
    )[0],
    "what was before": lambda o, _s: queries.earlier_rows(answering.changes(o).page.rows),
    "migrations": lambda _o, s: queries.migrations(s),
    "actions without a session": lambda _o, s: queries.actions_without_session(s),
    "an action's parent": lambda _o, s: queries.parent_of(Action.objects.get(source=s, key="a2712")),
    "an action's children": lambda _o, s: queries.children_of(Action.objects.get(source=s, key="a2711")),
    "an action's changes": lambda _o, s: queries.action_changes(Action.objects.get(source=s, key="a2711")),
    "a record's changes": lambda _o, s: queries.record_changes(s, TABLE, '["1919"]'),
    "a record as of now": lambda _o, s: record_at(table_at(s, 0), '["1919"]'),
    "a record as of a moment": lambda _o, s: record_at(table_at(s, 15_000), '["1919"]'),
    "a table's rows": lambda _o, s: rows_at(table_at(s, 0)),
    "a table's rows as of a moment": lambda _o, s: rows_at(table_at(s, 15_000)),
    "a table's rows, far on": lambda _o, s: rows_at(table_at(s, 15_000), cursor=encode(['["1800"]'])),
    "the moment of a time": lambda _o, s: moment_of(s, NOON.replace(day=15)),
}


def table_at(source: Source, back: int) -> TableAt:
    """As of so many ids before the newest."""
    table = table_named(source, TABLE)
    last = Change.objects.filter(source=source).order_by("-id").values_list("id", flat=True)[0]
    assert table
    return TableAt(table, Moment(last - back) if back else NEWEST)


MOST_ROWS = 1_000  # of a table, by one statement: pages of some ranges, against 12,000 to 60,000 rows in all


def test_no_list_reads_a_whole_table(organisation: Organisation, filled: Source, subtests: pytest.Subtests) -> None:
    for name, read in LISTS.items():
        with subtests.test(name):
            with CaptureQueriesContext(connection) as asked:
                read(organisation, filled)
            assert asked.captured_queries
            for query in asked.captured_queries:
                assert not whole_reads(query["sql"]), query["sql"]


def test_a_tables_activity_reads_as_much_as_it_tells_of(filled: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_activity, "MOST_CHANGES", 200)
    table = table_named(filled, TABLE)
    assert table
    with CaptureQueriesContext(connection) as asked:
        assert table_activity.activity_of(table, "UTC").total == 200
    assert len(asked.captured_queries) < 6
    for query in asked.captured_queries:
        assert not whole_reads(query["sql"]), query["sql"]
        assert "baseline" not in branches(query["sql"])


BEYOND_BASELINES = [
    "changes",
    "changes of a table",
    "changes of a kind",
    "changes by time",
    "new changes",
    "an action's changes",
    "session's timeline",
]


def test_lists_of_changes_do_not_look_at_rows_of_baselines(organisation: Organisation, filled: Source) -> None:
    for name in BEYOND_BASELINES:
        with CaptureQueriesContext(connection) as asked:
            LISTS[name](organisation, filled)
        found = next(query["sql"] for query in asked.captured_queries if "history_change" in query["sql"])
        assert set(branches(found)) == {"stream"}, name


def branches(statement: str) -> Iterator[str]:
    """The branch of each partition that the plan of a statement names, be it read in the end or not."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        lines = "\n".join(line for (line,) in cursor.fetchall())
    return (match[1] for match in re.finditer(r" on history_change_(stream|baseline)_", lines))


STATEMENTS = [
    "SELECT * FROM history_action WHERE url = '/'",
    "SELECT * FROM history_action WHERE source_id > 0 AND method = 'GET'",  # of which there is none
    "SELECT count(*) FROM history_change WHERE kind = 'T' OR source_id > 0",
]


@pytest.mark.long
def test_a_whole_read_is_noticed_whatever_its_plan_is(filled: Source, subtests: pytest.Subtests) -> None:
    """Also one by an index or a bitmap, and one of which nothing is kept."""
    for refused in ([], ["seqscan"], ["seqscan", "indexscan", "indexonlyscan"]):
        for statement in STATEMENTS:
            with subtests.test(f"{statement} without {refused}"), transaction.atomic(), connection.cursor() as cursor:
                for kind in refused:
                    cursor.execute(f"SET LOCAL enable_{kind} = off")
                assert whole_reads(statement)
                transaction.set_rollback(True)


def whole_reads(statement: str) -> set[str]:
    """The big tables of which a statement goes through more rows than pages need, kept or not."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        [(plan,)] = cursor.fetchall()
    [top] = json.loads(plan) if isinstance(plan, str) else plan
    rows: Counter[str] = Counter()
    for table, read in reads(top["Plan"]):
        rows["history_change" if table.startswith("history_change_") else table] += read
    return {table for table in BIG if rows[table] > MOST_ROWS}


def reads(plan: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """(table, rows) of every node that reads a table, by whatever index."""
    if "Relation Name" in plan:
        removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        yield plan["Relation Name"], round((plan["Actual Rows"] + removed) * plan["Actual Loops"])
    for part in plan.get("Plans", []):
        yield from reads(part)


def test_lists_hold_the_newest_that_match(organisation: Organisation, filled: Source) -> None:
    """The same rows as those that plain queries find, which read everything."""
    sessions = Session.objects.order_by("-started_at", "-id")
    every = Change.objects.order_by("-id")
    changes = every.exclude(kind="B")
    day = {
        "transaction__committed_at__gte": NOON.replace(day=15),
        "transaction__committed_at__lt": NOON.replace(day=16),
    }
    expected: dict[str, QuerySet[Any]] = {
        "sessions": sessions[:PAGE_SIZE],
        "sessions, next page": sessions[PAGE_SIZE : 2 * PAGE_SIZE],
        "sessions by actor": sessions.filter(actor_full_name__endswith="Last2711"),
        "sessions by time": sessions.filter(started_at__lt=NOON.replace(hour=13))[:PAGE_SIZE],
        "changes": changes[:PAGE_SIZE],
        "changes, next page": changes[PAGE_SIZE : 2 * PAGE_SIZE],
        "changes of a kind that is rare": changes.filter(kind="T"),
        "changes of a kind": changes.filter(kind="D")[:PAGE_SIZE],
        "rows of a baseline": every.filter(source=filled, kind="B")[:PAGE_SIZE],
        "changes of a table": changes.filter(source=filled)[:PAGE_SIZE],
        "changes by time": changes.filter(**day)[:PAGE_SIZE],
        "new changes": changes[:5],
        "a record's changes": every.filter(source=filled, record_key='["1919"]')[:PAGE_SIZE],
    }
    for name, rows in expected.items():
        assert LISTS[name](organisation, filled).rows == list(rows), name


def test_few_of_many_are_found(organisation: Organisation, filled: Source) -> None:
    assert [found.xid for found in LISTS["migrations"](organisation, filled).rows] == [2711, 7]
    assert [found.key for found in LISTS["actions without a session"](organisation, filled).rows] == ["a2713", "a2712"]
    assert LISTS["an action's parent"](organisation, filled).key == "a2711"
    assert [found.key for found in LISTS["an action's children"](organisation, filled)] == ["a2712", "a2713"]
