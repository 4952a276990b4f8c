"""A statement that somebody wrote: what it gives, and what it cannot do, as the role that pages have."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import pytest

from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from replica.library import runner
from replica.library.connection import cancel
from replica.library.limits import LONGEST_VALUE, Limits
from replica.library.runner import Result, SqlProblem, run
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.waiting import wait_until

LIMITS = Limits(seconds=20, rows=100, bytes=1 << 20)
SESSION = "aaaaaaaa-0000-4000-8000-000000000001"


@pytest.fixture
def replica(organisation: Organisation, clean_server: None, store: str) -> Replica:
    """A replica as provisioning makes it, with one flow in it."""
    replica = ensure_replica(organisation)
    with psycopg.connect(replica.owner_url) as owner:
        owner.execute("INSERT INTO user_flow VALUES ('f', 'Checkout', NULL, '2026-03-01')")
    return replica


def owned(replica: Replica, statement: str) -> list[tuple[Any, ...]]:
    """By the owner, who may do everything."""
    with psycopg.connect(replica.owner_url, autocommit=True) as owner:
        cursor = owner.execute(statement)
        return cursor.fetchall() if cursor.description else []


def values(result: Result) -> list[tuple[str | None, ...]]:
    return result.rows


def test_a_query_gives_columns_and_rows(replica: Replica) -> None:
    result = run(
        replica, "SELECT user_flow_id, name, description, created_ts, 7 AS n, 7.5 AS n FROM user_flow;", LIMITS
    )
    assert [(one.name, one.type, one.is_number) for one in result.columns] == [
        ("user_flow_id", "bpchar", False),
        ("name", "varchar", False),
        ("description", "varchar", False),
        ("created_ts", "timestamp", False),
        ("n", "int4", True),
        ("n", "numeric", True),
    ]
    assert values(result) == [("f", "Checkout", None, "2026-03-01 00:00:00", "7", "7.5")]
    assert (result.more, result.cut) == (False, 0)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("VALUES (1), (2)", [("1",), ("2",)]),
        ("TABLE user_flow", [("f", "Checkout", None, "2026-03-01 00:00:00")]),
        ("-- why\n/* and how */ SELECT 1 -- the end", [("1",)]),
        ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n", [*"123"]),
        ("(SELECT 1)", [("1",)]),
        ("SELECT '%', '100%' AS \"a%s\"", [("%", "100%")]),
        ("SELECT 'ä;☃'", [("ä;☃",)]),
        ("SELECT f FROM user_flow f WHERE false", []),
        ("SELECT ARRAY[1, NULL], '{\"a\": 1}'::jsonb, true, NULL", [("{1,NULL}", '{"a": 1}', "true", None)]),
    ],
)
def test_what_can_be_asked(statement: str, expected: list[Any], replica: Replica) -> None:
    assert values(run(replica, statement, LIMITS)) == [tuple(row) for row in expected]


def test_more_rows_than_the_limit_are_left_out_and_told(replica: Replica) -> None:
    result = run(replica, "SELECT generate_series(1, 1000000000000)", LIMITS)
    assert (len(result.rows), result.more, result.rows[-1]) == (100, True, ("100",))
    assert run(replica, "SELECT * FROM generate_series(1, 100)", LIMITS).more is False


def test_more_bytes_than_the_limit_are_left_out_and_told(replica: Replica) -> None:
    few = replace(LIMITS, bytes=25_000)
    result = run(replica, "SELECT repeat('x', 10000) FROM generate_series(1, 50)", few)
    assert (len(result.rows), result.more) == (2, True)


def test_a_huge_value_is_cut_before_it_is_sent(replica: Replica) -> None:
    result = run(replica, "SELECT repeat('x', 30000000), 'short'", LIMITS)
    assert [len(value or "") for value in result.rows[0]] == [LONGEST_VALUE + 1, 5]
    assert result.cut == 1


def test_too_many_columns_are_refused(replica: Replica) -> None:
    with pytest.raises(SqlProblem, match="201 columns"):
        run(replica, f"SELECT {', '.join(['1'] * 201)}", LIMITS)


@pytest.mark.parametrize(
    "statement",
    [
        "",
        ";",
        "-- nothing",
        "UPDATE user_flow SET name = 'x'",
        "COPY user_flow TO STDOUT",
        "COPY user_flow TO PROGRAM 'true'",
        "SET ROLE postgres",
        "RESET ALL",
        "BEGIN",
        "COMMIT",
        "DO 'BEGIN END'",
        "CALL x()",
        "EXPLAIN ANALYZE DELETE FROM user_flow",
        "SELECT 1; SELECT 2",
        "SELECT 1; DELETE FROM user_flow",
        "SELECT 1; COMMIT; DELETE FROM user_flow",
        "SELECT * INTO other FROM user_flow",
        "WITH gone AS (DELETE FROM user_flow RETURNING *) SELECT * FROM gone",
        "SELECT 1) AS q; DELETE FROM user_flow; --",
        "SELECT 1) AS q LIMIT 1 --",
        "SELECT 1) AS q /*",
        "SELECT 1 FROM user_flow WHERE name = 'x",
        "SELECT $$ 1",
        "SELECT $1",
        "SELECT * FROM user_flow FOR UPDATE",
        "SELECT lo_create(0)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
        "SELECT * FROM bookkeeping.session_revisions",
        "SELECT rolpassword FROM pg_authid",
        "SELECT set_config('role', 'postgres', false)",
        "SELECT set_config('session_authorization', 'postgres', false)",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT nextval('no_sequence')",
        "SELECT query_to_xml('DELETE FROM user_flow', true, true, '')",
        "SELECT query_to_xml('SET ROLE postgres', true, true, '')",
        "SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t (a int)",
    ],
)
def test_what_is_refused(statement: str, replica: Replica) -> None:
    with pytest.raises(SqlProblem):
        run(replica, statement, LIMITS)
    assert owned(replica, "SELECT name FROM user_flow") == [("Checkout",)]


def test_a_text_that_ends_our_parentheses_does_not_get_behind_the_limits(replica: Replica) -> None:
    """It would be valid within `SELECT … FROM (it) LIMIT n`, and its second half would have no limit on its values."""
    escaping = "SELECT 1) AS a (c0) UNION ALL SELECT repeat('x', 90000) FROM (SELECT 1"
    with pytest.raises(SqlProblem, match="syntax error"):
        run(replica, escaping, LIMITS)


def test_a_problem_names_its_line(replica: Replica) -> None:
    with pytest.raises(SqlProblem, match='column "nme" does not exist') as raised:
        run(replica, "SELECT\n  user_flow_id,\n  nme\nFROM user_flow", LIMITS)
    assert raised.value.line == 3
    assert "user_flow.name" in raised.value.advice


def test_an_error_while_it_runs_is_told(replica: Replica) -> None:
    with pytest.raises(SqlProblem, match="division by zero"):
        run(replica, "SELECT 1 / (length(name) - 8) FROM user_flow", LIMITS)


def test_a_function_in_public_cannot_write_whatever_its_rights(replica: Replica) -> None:
    owned(
        replica,
        "CREATE FUNCTION public.gone() RETURNS int SECURITY DEFINER LANGUAGE plpgsql AS"
        " $$ BEGIN DELETE FROM user_flow; RETURN 1; END $$",
    )
    with pytest.raises(SqlProblem, match="would write"):
        run(replica, "SELECT gone()", LIMITS)
    owned(
        replica,
        "CREATE FUNCTION public.sly() RETURNS int SECURITY DEFINER LANGUAGE plpgsql AS"
        " $$ BEGIN SET LOCAL transaction_read_only = off; DELETE FROM user_flow; RETURN 1; END $$",
    )
    with pytest.raises(SqlProblem):
        run(replica, "SELECT sly()", LIMITS)
    assert owned(replica, "SELECT name FROM user_flow") == [("Checkout",)]


def test_functions_in_public_do_not_stand_in_for_what_we_call(replica: Replica) -> None:
    owned(replica, "CREATE FUNCTION public.left(text, int) RETURNS text LANGUAGE sql AS $$ SELECT 'hidden' $$")
    assert values(run(replica, "SELECT name FROM user_flow", LIMITS)) == [("Checkout",)]


def test_what_a_query_sets_is_gone_with_it(replica: Replica) -> None:
    run(replica, "SELECT set_config('statement_timeout', '0', false), set_config('work_mem', '100MB', false)", LIMITS)
    assert values(run(replica, "SELECT current_setting('statement_timeout')", LIMITS)) == [("20s",)]


SLOW = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"
# Each of them takes away what the server would hold it to.
UNBOUND = [
    SLOW,
    "SELECT set_config('statement_timeout', '0', false), pg_sleep(60)",
    f"SELECT set_config('statement_timeout', '0', true), ({SLOW})",
    "SELECT set_config('application_name', 'psql', false), pg_sleep(60)",
    "SELECT pg_sleep(0.05) FROM generate_series(1, 90)",  # gives a row now and then
]


@pytest.mark.parametrize("statement", UNBOUND)
def test_a_query_ends_in_time_and_nothing_of_it_runs_on(statement: str, replica: Replica) -> None:
    with pytest.raises(SqlProblem, match="took too long"):
        run(replica, statement, replace(LIMITS, seconds=1))
    assert_nothing_runs(replica)


def assert_nothing_runs(replica: Replica) -> None:
    running = "SELECT query FROM pg_stat_activity WHERE usename = '{}' AND state <> 'idle'"
    wait_until(lambda: not owned(replica, running.format(f"{replica.database}_pages")))


@pytest.mark.long
def test_our_side_ends_a_query_whose_server_would_not(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server does whose role was let change its limits, or that hangs."""
    from replica.library import connection

    connect = connection.TimedConnection.connect
    monkeypatch.setattr(
        connection.TimedConnection, "connect", lambda *args, **kwargs: connect(*args, **kwargs | {"options": ""})
    )
    owned(replica, f'ALTER ROLE "{replica.database}_pages" SET statement_timeout = 0')
    with pytest.raises(SqlProblem, match="took too long"):
        run(replica, SLOW, replace(LIMITS, seconds=1))
    assert_nothing_runs(replica)


@pytest.fixture
def in_background() -> Iterator[Callable[[Callable[[], Any]], list[Any]]]:
    """Runs something in a thread, and gives the list in which what it raised will be."""
    threads: list[threading.Thread] = []

    def start(what: Callable[[], Any]) -> list[Any]:
        raised: list[Any] = []

        def work() -> None:
            try:
                what()
            except Exception as error:
                raised.append(error)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return raised

    yield start
    for thread in threads:
        thread.join()


def test_a_query_is_cancelled_by_its_token(replica: Replica, in_background: Any) -> None:
    began = time.monotonic()
    raised = in_background(lambda: run(replica, SLOW, LIMITS, token="mine"))
    other = in_background(lambda: run(replica, "SELECT pg_sleep(1)", LIMITS, token="other"))
    own = "application_name = 'statetrace-sql-mine' AND query ~ '^SELECT pg_catalog.left'"
    running = f"SELECT pid FROM pg_stat_activity WHERE {own}"
    wait_until(lambda: owned(replica, running))  # who is cancelled while connecting is told that nobody answers
    assert cancel(replica, "mine") == 1
    wait_until(lambda: raised)
    assert [error.problem for error in raised] == ["The query was cancelled."]
    assert time.monotonic() - began < LIMITS.seconds
    assert cancel(replica, "mine") == 0
    assert other == []


def test_an_organisation_runs_two_at_once(replica: Replica, in_background: Any) -> None:
    for number in range(runner.AT_ONCE):
        in_background(partial(run, replica, SLOW, LIMITS, token=f"t{number}"))
    wait_until(lambda: runner._running[replica.organisation_id] == runner.AT_ONCE)
    with pytest.raises(UserError, match="are running") as raised:
        run(replica, "SELECT 1", LIMITS)
    assert raised.value.status == 503
    for number in range(runner.AT_ONCE):
        wait_until(partial(cancel, replica, f"t{number}"))
    wait_until(lambda: not runner._running[replica.organisation_id])
    assert values(run(replica, "SELECT 1", LIMITS)) == [("1",)]


def test_a_table_that_is_missing_counts_as_empty_where_that_is_asked(replica: Replica) -> None:
    owned(replica, "DROP TABLE session_labels")
    query = "WITH x AS (SELECT name FROM session_labels) SELECT * FROM x"
    assert values(run(replica, query, LIMITS, with_stand_ins=True)) == []
    with pytest.raises(SqlProblem, match="does not exist"):
        run(replica, query, LIMITS)


def test_a_replica_that_does_not_answer_is_told(replica: Replica) -> None:
    replica.reader_url = replica.reader_url.replace(replica.database, "no_such_database")
    with pytest.raises(UserError, match="did not answer") as raised:
        run(replica, "SELECT 1", LIMITS)
    assert raised.value.status == 503


def test_an_address_that_leads_to_a_database_of_ours_is_refused(replica: Replica) -> None:
    """As a replica that somebody else fills may come to lead: the server is asked, not the address."""
    url = replica.reader_url
    replica.owner_url = ""
    reading = property(lambda _: url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Replica, "reading_url", reading)
        with pytest.raises(UserError, match="database of the dashboard itself"):
            run(replica, "SELECT 1", LIMITS)
