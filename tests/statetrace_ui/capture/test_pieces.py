"""Transactions that the server sends in pieces before they end: only what commits is stored, and in its order."""

from functools import partial

import psycopg
import pytest
from django.contrib.auth.models import User
from django.test import Client

from statetrace_ui.history.models import Change, Source, Transaction
from statetrace_ui.wal import stream
from statetrace_ui.web.models import Membership
from tests.statetrace_ui.conftest import Audited, stored
from tests.waiting import wait_until

# Every change is then sent at once, in a piece of its own.
AT_ONCE = "debug_logical_replication_streaming = 'immediate'"


@pytest.fixture
def in_pieces(audited: Audited) -> Audited:
    ((name,),) = audited.rows("SELECT current_database()")
    audited.run(f'ALTER DATABASE "{name}" SET {AT_ONCE}')
    audited.run("CREATE TABLE item (id int PRIMARY KEY, name text)", "CREATE TABLE other (id int PRIMARY KEY)")
    return audited


def test_only_what_commits_is_stored(in_pieces: Audited) -> None:
    source = in_pieces.add()
    in_pieces.together(
        "INSERT INTO item VALUES (1)",
        "SAVEPOINT a",
        "INSERT INTO item VALUES (2)",
        "SAVEPOINT b",
        "INSERT INTO other VALUES (3)",
        "RELEASE b",
        "INSERT INTO item VALUES (4)",
        "ROLLBACK TO a",
        "SAVEPOINT c",
        "SAVEPOINT d",
        "INSERT INTO item VALUES (5)",
        "RELEASE d",
        "UPDATE item SET name = 'c' WHERE id = 5",
        "RELEASE c",
        "DELETE FROM item WHERE id = 1",
    )
    with in_pieces.connection.transaction(force_rollback=True):
        in_pieces.run("INSERT INTO item VALUES (6)", "SAVEPOINT e", "INSERT INTO item VALUES (7)")
    in_pieces.run("INSERT INTO item VALUES (8)")
    in_pieces.capture(source)
    assert stored("kind", "record_key") == [
        ("I", '["1"]'), ("I", '["5"]'), ("U", '["5"]'), ("D", '["1"]'), ("I", '["8"]'),
    ]  # fmt: skip
    assert list(Transaction.objects.filter(kind="commit").order_by("id").values_list("change_count", flat=True)) == [
        4,
        1,
    ]


def test_transactions_in_pieces_are_stored_in_the_order_of_their_ends(in_pieces: Audited) -> None:
    source = in_pieces.add()
    with psycopg.connect(in_pieces.url) as second:
        second.execute("INSERT INTO item VALUES (1)")
        in_pieces.together("INSERT INTO item VALUES (2)", "INSERT INTO other VALUES (2)")
        second.execute("INSERT INTO item VALUES (3)")
    in_pieces.capture(source)
    assert stored("record_key") == ['["2"]', '["2"]', '["1"]', '["3"]']


def test_what_arrives_is_told_before_its_commit_and_forgotten_after_it(in_pieces: Audited, client: Client) -> None:
    source = in_pieces.add()
    reader = User.objects.create_user("reader")
    Membership.objects.create(user=reader, organisation=source.organisation, role=Membership.Role.READER)
    client.force_login(reader)
    page = partial(page_of, client, source)
    with in_pieces.capturing(source):
        with psycopg.connect(in_pieces.url) as second:
            second.execute("INSERT INTO item SELECT n FROM generate_series(1, 1234) AS n")
            ((xid,),) = second.execute("SELECT pg_current_xact_id()::xid::text").fetchall()
            wait_until(lambda: f"{xid}</span>: 1,234 rows so far" in page())
            assert not stored("id")
        wait_until(lambda: len(stored("id")) == 1234)
        wait_until(lambda: "Arriving" not in page())
    assert Source.objects.get().arriving == []


def page_of(client: Client, source: Source) -> str:
    return " ".join(client.get(f"/sources/{source.pk}/").content.decode().split())


def test_what_arrives_is_forgotten_when_the_worker_ends(in_pieces: Audited) -> None:
    source = in_pieces.add()
    with psycopg.connect(in_pieces.url) as second:
        with in_pieces.capturing(source):
            second.execute("INSERT INTO item VALUES (1)")
            wait_until(lambda: bool(Source.objects.get().arriving))
        assert Source.objects.get().arriving == []


def test_a_transaction_that_the_worker_saw_half_of_comes_again_as_a_whole(in_pieces: Audited) -> None:
    source = in_pieces.add()
    with psycopg.connect(in_pieces.url) as second:
        second.execute("INSERT INTO item VALUES (1)")
        in_pieces.run("INSERT INTO other VALUES (1)")
        in_pieces.capture(source)
        assert stored("table_name") == ["other"]
        second.execute("INSERT INTO item VALUES (2)")
    in_pieces.capture(source)
    assert stored("table_name", "record_key") == [("other", '["1"]'), ("item", '["1"]'), ("item", '["2"]')]


def test_what_a_transaction_made_itself_is_described_as_of_its_end(in_pieces: Audited) -> None:
    in_pieces.run("CREATE TABLE late (id int NOT NULL, name text)", "ALTER TABLE late REPLICA IDENTITY FULL")
    source = in_pieces.add()
    with in_pieces.capturing(source):
        with psycopg.connect(in_pieces.url) as second:
            second.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
            second.execute("ALTER TABLE late ADD PRIMARY KEY (id), ADD mood mood")
            second.execute("INSERT INTO late VALUES (1, 'a', 'sad')")
            second.execute("UPDATE late SET id = 2, mood = 'happy'")
            # The worker has described the table by what others see of it.
            wait_until(lambda: bool(Source.objects.get().arriving))
        in_pieces.run("INSERT INTO late VALUES (3, 'b', 'happy')")
        wait_until(lambda: bool(stored("id", record_key='["3"]')))
    assert stored("kind", "record_key", "old_record_key", table__table_name="late") == [
        ("I", '["1"]', ""), ("U", '["2"]', '["1"]'), ("I", '["3"]', ""),
    ]  # fmt: skip
    columns = [change.columns for change in Change.objects.filter(kind__in="IU")]
    assert {column["type"] for shape in columns for column in shape} == {"integer", "text", "mood"}


def test_masked_values_do_not_wait_in_clear(in_pieces: Audited) -> None:
    in_pieces.run("ALTER TABLE item ADD password text")
    source = in_pieces.add()
    in_pieces.together("INSERT INTO item VALUES (1, 'a', 'geheim')", "UPDATE item SET name = 'b'")
    in_pieces.capture(source)
    first, second = stored("new")
    assert first["password"] == second["password"]
    assert first["password"].startswith("masked:")


def test_an_older_server_sends_whole_transactions(in_pieces: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked by the older version of the protocol, the server may not send pieces, whatever its own settings."""
    monkeypatch.setattr(stream, "FIRST_WITH_PIECES", 10**9)
    source = in_pieces.add()
    in_pieces.together("INSERT INTO item VALUES (1)", "SAVEPOINT a", "INSERT INTO item VALUES (2)", "ROLLBACK TO a")
    in_pieces.capture(source)
    assert stored("record_key") == ['["1"]']
