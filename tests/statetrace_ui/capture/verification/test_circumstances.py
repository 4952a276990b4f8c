"""What `verify_history` says and does when circumstances are not the best."""

import io
import threading
from contextlib import closing
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from statetrace_ui.capture.models import Verification
from statetrace_ui.capture.verification import source_rows, waiting
from statetrace_ui.capture.verification.runs import sole
from statetrace_ui.capture.verification.verifier import TableResult, Verifier
from statetrace_ui.history.models import Source
from statetrace_ui.wal import row_limit
from tests.own_server import OwnServer
from tests.statetrace_ui.capture.verification.conftest import (
    CLEAN,
    COULD_NOT,
    DIFFERENT,
    assert_clean,
    differences,
    tamper,
    verify,
)
from tests.statetrace_ui.conftest import Audited, stored
from tests.waiting import wait_until

ITEM = "public.item"


def rows_of(document: dict[str, Any]) -> dict[str, int]:
    return {table["table"]: table["rows"] for table in document["tables"]}


def results(source: Source, **options: Any) -> dict[str, TableResult]:
    return {".".join(result.table): result for result in Verifier(source, **options).results()}


def test_history_that_is_behind_is_no_difference_but_cannot_be_verified(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0.2)
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.run("INSERT INTO item VALUES (1)")
    status, document = verify("shop")
    assert status == COULD_NOT
    assert "behind the source for 0 s" in document["error"]
    Source.objects.filter(pk=source.pk).update(status=Source.Status.STOPPED)
    status, document = verify("shop")
    assert status == COULD_NOT
    assert "capture of shop is stopped" in document["error"]
    run = Verification.objects.latest("id")
    assert (run.outcome, run.error) == ("failed", document["error"])


def test_a_source_that_cannot_be_reached(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    source.url = "postgresql://nobody@127.0.0.1:1/nowhere"
    source.save()
    status, document = verify("shop")
    assert status == COULD_NOT
    assert document["error"].startswith("The audited database cannot be reached")
    assert Verification.objects.get().error == "The audited database cannot be reached."


@pytest.mark.long
def test_a_source_without_tables_and_one_without_rows(audited: Audited) -> None:
    source = audited.add()
    with audited.capturing(source):
        assert verify("shop")[1]["tables"] == []
        audited.run("CREATE TABLE item (id int PRIMARY KEY)", "CREATE TABLE plain ()")
        audited.run("ALTER TABLE plain REPLICA IDENTITY FULL", "INSERT INTO plain DEFAULT VALUES")
    audited.settle(source)
    with audited.capturing(source):
        assert rows_of(assert_clean()) == {ITEM: 0}


@pytest.mark.parametrize("table", ["nothing", "public.", "statetrace_annotations"])
def test_a_table_that_is_not_captured_is_named(shop: Source, audited: Audited, table: str) -> None:
    status, document = verify("shop", table)
    assert status == COULD_NOT
    assert table.removesuffix(".") in document["error"]


def test_only_one_run_at_a_time(shop: Source) -> None:
    with sole(shop):
        status, document = verify("shop")
    assert status == COULD_NOT
    assert "under way" in document["error"]


@pytest.mark.long
def test_a_run_that_was_killed_is_told_as_broken_off(shop: Source) -> None:
    killed = Verification.objects.create(source=shop, outcome=Verification.Outcome.RUNNING)
    assert_clean()
    killed.refresh_from_db()
    assert (killed.outcome, killed.error) == ("failed", "It was broken off.")


def test_settings_of_role_and_database_change_nothing(audited: Audited) -> None:
    ((name,),) = audited.rows("SELECT current_database()")
    audited.run(
        "CREATE TABLE item (id int PRIMARY KEY, at timestamptz, span interval, b bytea, f float8, d date)",
        "INSERT INTO item SELECT g, now(), '1 day 2:03', '\\xff00', 0.1 + 0.2 * g, '2024-02-29'"
        " FROM generate_series(1, 9) g",
        f"ALTER DATABASE {name} SET DateStyle = 'German'",
        f"ALTER DATABASE {name} SET IntervalStyle = 'iso_8601'",
        f"ALTER DATABASE {name} SET TimeZone = 'Asia/Tokyo'",
        f"ALTER DATABASE {name} SET bytea_output = 'escape'",
        f"ALTER DATABASE {name} SET extra_float_digits = -5",
        f"ALTER DATABASE {name} SET statement_timeout = '1ms'",
        f"ALTER DATABASE {name} SET search_path = public",
        f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'",
        "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$",
    )
    source = audited.add()
    audited.run("SET statement_timeout = 0", "UPDATE item SET f = f * 3 WHERE id < 4")
    with audited.capturing(source):
        assert rows_of(assert_clean()) == {ITEM: 9}


def test_masked_columns_are_compared_by_digest_and_excluded_ones_not_at_all(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE item (id int PRIMARY KEY, password text, iban text, note text)",
        "INSERT INTO item SELECT g, 'pw' || g, 'DE' || g, 'n' FROM generate_series(1, 20) g",
    )
    options = ["--exclude", "public.item.note", "--keep", "public.item.iban"]
    call_command("add_source", "shop", audited.url, *options, stdout=io.StringIO())
    source = Source.objects.get()
    audited.run(
        "UPDATE item SET password = 'other', note = 'x' WHERE id = 1", "UPDATE item SET iban = NULL WHERE id = 2"
    )
    with audited.capturing(source):
        [table] = assert_clean()["tables"]
        assert table["not_comparable"] == ["note"]
        tamper("UPDATE history_change SET new[2] = new[2] || '0' WHERE record_key = '[\"7\"]'")
        assert differences(verify("shop")[1]) == [(ITEM, "value", '["7"]', "password")]


@pytest.mark.long
def test_values_of_before_their_masking_rule_are_compared_as_if_it_had_held(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE item (id int PRIMARY KEY, iban text)",
        "INSERT INTO item SELECT g, 'DE' || g FROM generate_series(1, 20) g",
    )
    source = audited.add()
    call_command("column_rules", "shop", "--mask", "public.item.iban", stdout=io.StringIO())
    audited.run("UPDATE item SET iban = 'FR' WHERE id = 3")
    audited.settle(source)
    with audited.capturing(source):
        assert_clean()
        tamper("UPDATE history_change SET new[2] = 'forged' WHERE record_key = '[\"7\"]'")
        assert differences(verify("shop")[1]) == [(ITEM, "value", '["7"]', "iban")]


def test_values_too_large_to_be_kept_are_compared_by_their_digests(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_limit, "MOST_CHARACTERS", 1000)
    monkeypatch.setattr(source_rows, "MOST_CHARACTERS", 1000)
    audited.run(
        "CREATE TABLE item (id int PRIMARY KEY, body text)",
        "INSERT INTO item SELECT g, repeat('long ' || g, 1000) FROM generate_series(1, 3) g",
    )
    source = audited.add()
    audited.run("UPDATE item SET body = repeat('other', 2000) WHERE id = 2", "INSERT INTO item VALUES (4, 'short')")
    with audited.capturing(source):
        assert rows_of(assert_clean()) == {ITEM: 4}
        tamper(
            "UPDATE history_change SET cut = jsonb_set(cut, '{new,body,sha256}', '\"00\"') WHERE record_key = '[\"3\"]'"
        )
        assert differences(verify("shop")[1]) == [(ITEM, "value", '["3"]', "body")]


@pytest.mark.long
def test_keys_of_every_kind_are_recognised(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE item (a text, b char(6), c bool, PRIMARY KEY (a, b, c))",
        "INSERT INTO item SELECT v, 'x', true FROM unnest(ARRAY['', 'a\"b', E'back\\\\', E'two\\nlines', chr(1),"
        " 'Größe', chr(127), '€', repeat('ä', 600), '/', E'\\u2028']) v",
    )
    source = audited.add()
    audited.run("UPDATE item SET c = false WHERE length(a) > 2")
    with audited.capturing(source):
        assert rows_of(assert_clean()) == {ITEM: 11}


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pages at once, so that small tables have many slices."""
    monkeypatch.setattr(source_rows, "FIRST_PAGES", 2)
    monkeypatch.setattr(source_rows, "MOST_PAGES", 2)


def test_an_alteration_gets_its_turn_between_two_slices(shop: Source, audited: Audited, stages: None) -> None:
    audited.run("INSERT INTO item SELECT g, repeat('x', 200), 0 FROM generate_series(1000, 3000) g")
    altered = threading.Event()

    def alter_once(line: str) -> None:
        if not altered.is_set() and "item" in line:
            altered.set()
            with psycopg.connect(audited.url, autocommit=True) as application:
                application.execute("SET lock_timeout = '2s'")
                application.execute("ALTER TABLE item ADD stars int DEFAULT 7, ALTER price TYPE int USING price * 2")
                application.execute("UPDATE item SET stars = 8 WHERE id < 10")

    found = results(shop, names=[("public", "item")], report=alter_once)
    assert altered.is_set()
    assert (found[ITEM].rows, found[ITEM].found, found[ITEM].reason) == (2051, 0, "")


def test_rows_that_are_written_meanwhile_do_not_count(shop: Source, audited: Audited, stages: None) -> None:
    audited.run("INSERT INTO item SELECT g, repeat('x', 200), 0 FROM generate_series(1000, 3000) g")

    def write(line: str) -> None:
        audited.run("DELETE FROM item WHERE id % 10 = 0", "UPDATE item SET id = -id, name = 'new' WHERE id % 10 = 1")
        audited.run("VACUUM item")

    found = results(shop, names=[("public", "item")], report=write)
    assert (found[ITEM].rows, found[ITEM].found, found[ITEM].reason) == (2051, 0, "")


@pytest.mark.long
def test_a_table_that_stays_locked_is_told_and_the_others_are_compared(shop: Source, audited: Audited) -> None:
    with psycopg.connect(audited.url) as application:
        application.execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
        status, document = verify("shop")
    found = {table["table"]: table for table in document["tables"]}
    assert status == COULD_NOT
    assert found[ITEM]["not_compared"].startswith("Somebody held a lock on it")
    assert (found["public.line"]["rows"], found["public.line"]["found"]) == (20, 0)


def test_nothing_is_left_at_the_source(shop: Source, audited: Audited) -> None:
    left = "SELECT (SELECT count(*) FROM pg_replication_slots), (SELECT count(*) FROM pg_publication)"
    before = audited.rows(left)
    assert_clean()
    assert audited.rows(left) == before


@pytest.mark.long
def test_what_the_stream_has_sent_but_the_snapshot_does_not_show_does_not_count(audited: Audited) -> None:
    """A commit that waits for a standby is in the log, and so in history, before others see it."""
    server = OwnServer("synchronous_standby_names = 'nobody'\nsynchronous_commit = local\n")
    try:
        with closing(Audited(server.url).connection) as application, closing(Audited(server.url).connection) as other:
            application.execute("CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item VALUES (1), (2)")
            call_command("add_source", "shop", server.url, stdout=io.StringIO())
            source = Source.objects.get()
            with audited.capturing(source):
                application.execute("SET synchronous_commit = on")
                waiting_one = threading.Thread(target=application.execute, args=("INSERT INTO item VALUES (3)",))
                waiting_one.start()
                wait_until(lambda: stored("record_key") == ['["3"]'])
                assert rows_of(assert_clean()) == {ITEM: 2}
                other.execute("SELECT pg_cancel_backend(%s)", [application.info.backend_pid])
                waiting_one.join()
                assert rows_of(assert_clean()) == {ITEM: 3}
    finally:
        server.remove()


def test_a_transaction_that_is_not_committed_does_not_count(shop: Source, audited: Audited) -> None:
    audited.run("INSERT INTO item VALUES (100, 'seen', 1)")
    with psycopg.connect(audited.url) as application:
        application.execute("INSERT INTO item VALUES (101, 'unseen', 1)")
        assert rows_of(assert_clean())[ITEM] == 51


def test_differences_beyond_the_limit_are_told_as_more(shop: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    from statetrace_ui.capture.verification import comparison

    monkeypatch.setattr(comparison, "MOST_DIFFERENCES", 3)
    tamper("UPDATE history_change SET new[2] = 'forged' WHERE record_key <> ''")
    status, document = verify("shop", "item")
    [table] = document["tables"]
    assert (status, len(table["differences"]), table["more"]) == (DIFFERENT, 3, True)
    status, document = verify("shop", "item", "--mend")
    assert (status, document["mended"]) == (DIFFERENT, 50)
    assert verify("shop", "item")[0] == CLEAN


def test_names_that_were_altered_and_back_before_anybody_looked(audited: Audited) -> None:
    """Those of columns, of tables with a key and without one, and labels of an enum."""
    audited.run(
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE TABLE item (id int PRIMARY KEY, name text, note text)",
        "CREATE TABLE line (name text)",
        "ALTER TABLE line REPLICA IDENTITY FULL",
        "CREATE TABLE person (id int PRIMARY KEY, mood mood)",
        "INSERT INTO item VALUES (1, 'one', 'old'), (2, 'two', 'old')",
    )
    source = audited.add()
    audited.run(
        "ALTER TABLE item RENAME name TO label",
        "ALTER TABLE line RENAME name TO label",
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
        "INSERT INTO item VALUES (3, 'three', 'new')",
        "UPDATE item SET label = 'zwei' WHERE id = 2",
        "INSERT INTO line VALUES ('three')",
        "INSERT INTO person VALUES (1, 'blue')",
    )
    audited.run(
        "ALTER TABLE item RENAME label TO name",
        "ALTER TABLE line RENAME label TO name",
        "ALTER TYPE mood RENAME VALUE 'blue' TO 'sad'",
        "UPDATE item SET note = 'newer' WHERE id = 1",
    )
    audited.settle(source)
    with audited.capturing(source):
        assert_clean()
    assert stored("kind", "record_key", table_name="item")[-3:] == [("A", ""), ("U", '["2"]'), ("U", '["3"]')]
