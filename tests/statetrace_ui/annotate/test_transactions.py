"""Which transactions are annotated: seen by another connection, in what was really committed."""

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql
from pytest_django import Settings

from statetrace_ui.annotate.context import Session, action, session
from statetrace_ui.annotate.transactions import announce_write
from tests.statetrace_ui.annotate.conftest import Audited
from tests.statetrace_ui.annotate.models import Item

pytestmark = pytest.mark.parametrize("by", ["table", "message"])


class Undo(Exception):
    """Rolls a transaction or savepoint back."""


@pytest.fixture(autouse=True)
def bound_session(audited: Audited) -> Iterator[Session]:
    with session(actor_id="7") as bound, action(url="job:test"):
        yield bound


def execute(connection: BaseDatabaseWrapper, statement: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_write_in_autocommit_shares_its_transaction_with_its_annotation(audited: Audited) -> None:
    Item.objects.create(name="one")
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


def test_each_write_in_autocommit_is_a_transaction_with_an_annotation_of_its_own(audited: Audited) -> None:
    first = Item.objects.create(name="one")
    Item.objects.create(name="two")
    Item.objects.filter(pk=first.pk).update(name="changed")
    assert len({row.xid for row in audited.actions}) == len(audited.actions) == 3
    assert {row.xid for row in audited.actions} > set(audited.items().values())


def test_further_transactions_name_the_first_one_as_their_parent(audited: Audited) -> None:
    Item.objects.create(name="one")
    Item.objects.create(name="two")
    first, second = audited.actions
    assert first.payload["action_parent_id"] is None
    assert second.payload["action_parent_id"] == first.id


def test_a_transaction_has_one_annotation_however_much_it_writes(audited: Audited) -> None:
    with transaction.atomic("audited"):
        Item.objects.create(name="one")
        with transaction.atomic("audited"):
            Item.objects.bulk_create([Item(name="two"), Item(name="three")])
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


def test_reads_are_not_annotated(audited: Audited, connection: BaseDatabaseWrapper) -> None:
    list(Item.objects.all())
    with transaction.atomic("audited"):
        list(Item.objects.select_for_update())
        execute(connection, "SELECT pg_advisory_xact_lock(1)")
        list(Item.objects.iterator(chunk_size=1))
    assert audited.actions == audited.sessions == []


def test_a_change_that_finds_no_rows_is_not_annotated(audited: Audited) -> None:
    Item.objects.filter(name="missing").update(name="found")
    Item.objects.filter(name="missing").delete()
    assert audited.actions == []
    Item(pk=7, name="one").save(using="audited")  # an UPDATE that finds nothing, then an INSERT
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


@pytest.mark.parametrize("atomic", [True, False])
def test_an_insert_that_skips_all_its_rows_is_not_annotated(audited: Audited, atomic: bool) -> None:
    Item.objects.create(name="one")
    with transaction.atomic("audited") if atomic else nullcontext():
        Item.objects.bulk_create([Item(name="one")], ignore_conflicts=True)
    assert len(audited.actions) == 1
    Item.objects.bulk_create([Item(name="one"), Item(name="two")], ignore_conflicts=True)
    assert len(audited.actions) == 2


@pytest.mark.parametrize("atomic", [True, False])
def test_a_prepared_write_is_annotated_when_it_is_executed(
    audited: Audited, connection: BaseDatabaseWrapper, atomic: bool
) -> None:
    execute(connection, "PREPARE look AS SELECT * FROM item")
    execute(connection, "PREPARE add (text) AS INSERT INTO item (name) VALUES ($1) ON CONFLICT DO NOTHING")
    assert audited.actions == []
    for statement in ("EXECUTE look", "EXECUTE add('one')", "EXECUTE ADD('one')"):
        with transaction.atomic("audited") if atomic else nullcontext():
            execute(connection, statement)
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


def test_prepared_statements_of_a_former_connection_are_forgotten(
    audited: Audited, connection: BaseDatabaseWrapper
) -> None:
    execute(connection, "PREPARE it AS SELECT 1")
    connection.close()
    connection.ensure_connection()
    connection.connection.execute("PREPARE it AS INSERT INTO item (name) VALUES ('one')")  # past Django
    execute(connection, "EXECUTE it")
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


def test_a_write_that_is_explained_by_executing_it_is_annotated(
    audited: Audited, connection: BaseDatabaseWrapper
) -> None:
    execute(connection, "EXPLAIN INSERT INTO item (name) VALUES ('zero')")
    execute(connection, "EXPLAIN ANALYZE INSERT INTO item (name) VALUES ('one')")
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


FUNCTION = "CREATE FUNCTION add_item() RETURNS void LANGUAGE sql AS $$ INSERT INTO item (name) VALUES ('one') $$"


def test_a_function_that_writes_is_annotated_where_the_caller_says_so(
    audited: Audited, connection: BaseDatabaseWrapper
) -> None:
    execute(connection, FUNCTION)
    with transaction.atomic("audited"):
        announce_write("audited")
        execute(connection, "SELECT add_item()")
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


def test_a_write_cannot_be_announced_outside_a_transaction(audited: Audited) -> None:
    with pytest.raises(transaction.TransactionManagementError, match="inside atomic"):
        announce_write("audited")


def test_reading_through_a_server_side_cursor_beside_a_write_works(audited: Audited) -> None:
    Item.objects.bulk_create([Item(name=str(number)) for number in range(5)])
    with transaction.atomic("audited"):
        for item in Item.objects.iterator(chunk_size=2):
            item.name += "!"
            item.save()
    assert len(audited.actions) == 2


def test_an_annotation_survives_a_savepoint_that_is_rolled_back(audited: Audited) -> None:
    with transaction.atomic("audited"):
        Item.objects.create(name="outer")
        with suppress(Undo), transaction.atomic("audited"):
            Item.objects.create(name="inner")
            raise Undo
    assert [row.xid for row in audited.actions] == list(audited.items().values())
    assert list(audited.items()) == ["outer"]


def test_a_transaction_whose_only_writes_were_rolled_back_is_not_annotated(audited: Audited) -> None:
    with transaction.atomic("audited"):
        with suppress(Undo), transaction.atomic("audited"):
            Item.objects.create(name="inner")
            raise Undo
        Item.objects.count()
    assert audited.actions == []


def test_a_write_after_a_rolled_back_savepoint_is_annotated(audited: Audited) -> None:
    with transaction.atomic("audited"):
        with pytest.raises(IntegrityError), transaction.atomic("audited"):
            Item.objects.create(name=None)
        Item.objects.create(name="after")
    assert [row.xid for row in audited.actions] == [audited.items()["after"]]


def test_savepoints_by_hand_are_followed(audited: Audited, connection: BaseDatabaseWrapper) -> None:
    with transaction.atomic("audited"):
        mine = transaction.savepoint("audited")
        Item.objects.create(name="inner")
        transaction.savepoint_rollback(mine, "audited")
        execute(connection, "SAVEPOINT other")
        Item.objects.create(name="inner")
        execute(connection, "ROLLBACK TO other")
    assert audited.actions == []


def test_a_rolled_back_transaction_leaves_nothing_for_the_next_one(audited: Audited) -> None:
    with suppress(Undo), transaction.atomic("audited"):
        Item.objects.create(name="one")
        raise Undo
    with transaction.atomic("audited"):
        Item.objects.count()
    assert audited.actions == audited.sessions == []


def test_a_statement_that_fails_in_autocommit_leaves_the_connection_usable(audited: Audited) -> None:
    with pytest.raises(IntegrityError):
        Item.objects.create(name=None)
    Item.objects.create(name="after")
    assert [row.xid for row in audited.actions] == [audited.items()["after"]]


def test_a_commit_that_fails_annotates_nothing_and_announces_the_session_with_the_next(
    audited: Audited, connection: BaseDatabaseWrapper
) -> None:
    execute(
        connection,
        "CREATE TABLE pair (id int PRIMARY KEY, other int REFERENCES pair DEFERRABLE INITIALLY DEFERRED)",
    )
    with pytest.raises(IntegrityError), transaction.atomic("audited"):
        execute(connection, "INSERT INTO pair VALUES (1, 2)")
    assert audited.actions == audited.sessions == []
    Item.objects.create(name="after")
    assert len(audited.actions) == len(audited.sessions) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO item (name) VALUES ('one')",
        b"INSERT INTO item (name) VALUES ('one')",
        sql.SQL("INSERT INTO {} (name) VALUES ('one')").format(sql.Identifier("item")),
        "WITH new AS (INSERT INTO item (name) VALUES ('one') RETURNING *) SELECT * FROM new",
    ],
)
def test_raw_sql_is_annotated(audited: Audited, connection: BaseDatabaseWrapper, statement: Any) -> None:
    execute(connection, statement)
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


def test_rows_returned_by_a_write_in_autocommit_can_be_fetched(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO item (name) VALUES ('one'), ('two') RETURNING name")
        assert cursor.fetchall() == [("one",), ("two",)]


def test_executemany_is_one_annotated_transaction(audited: Audited, connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO item (name) VALUES (%s)", [["one"], ["two"]])
    assert {row.xid for row in audited.actions} == set(audited.items().values())


@pytest.mark.parametrize("atomic", [True, False])
def test_copy_into_a_table_is_annotated(audited: Audited, connection: BaseDatabaseWrapper, atomic: bool) -> None:
    if atomic:
        with transaction.atomic("audited"):
            copy_names(connection)
    else:
        copy_names(connection)
    assert [row.xid for row in audited.actions] == list(set(audited.items().values()))


def copy_names(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY item (name) FROM STDIN") as copy:
        copy.write("one\ntwo\n")


def test_copy_out_of_a_table_is_a_read(audited: Audited, connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY item TO STDOUT") as copy:
        assert list(copy) == []
    assert audited.actions == []


def test_a_procedure_that_commits_still_works_in_autocommit(audited: Audited, connection: BaseDatabaseWrapper) -> None:
    execute(connection, "DO $$ BEGIN INSERT INTO item (name) VALUES ('one'); COMMIT; END $$")
    assert list(audited.items()) == ["one"]


def test_a_procedure_within_a_transaction_is_annotated(audited: Audited, connection: BaseDatabaseWrapper) -> None:
    with transaction.atomic("audited"):
        execute(connection, "DO $$ BEGIN INSERT INTO item (name) VALUES ('one'); END $$")
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


def test_transactions_by_hand_are_annotated(audited: Audited) -> None:
    transaction.set_autocommit(False, "audited")
    Item.objects.create(name="one")
    transaction.commit("audited")
    Item.objects.create(name="two")
    transaction.rollback("audited")
    transaction.set_autocommit(True, "audited")
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


def test_hooks_on_commit_run_once_the_annotation_is_there(audited: Audited) -> None:
    seen: list[int] = []
    with transaction.atomic("audited"):
        transaction.on_commit(lambda: seen.append(len(audited.actions)), "audited")
        Item.objects.create(name="one")
    assert seen == [1]


def test_a_connection_that_was_lost_in_a_transaction_starts_afresh(
    audited: Audited, connection: BaseDatabaseWrapper
) -> None:
    with suppress(DatabaseError), transaction.atomic("audited"):
        Item.objects.create(name="one")
        execute(connection, "SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()
    with transaction.atomic("audited"):
        Item.objects.count()
    assert audited.actions == []
    Item.objects.create(name="two")
    assert len(audited.actions) == 1


def test_an_execute_wrapper_around_the_first_query_keeps_its_place(connection: BaseDatabaseWrapper) -> None:
    connection.close()
    calls: list[str] = []

    def note(execute, sql, *rest):  # type: ignore[no-untyped-def]
        calls.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        Item.objects.count()
    Item.objects.count()
    assert len(calls) == 1


def test_databases_that_are_not_named_are_left_alone(
    audited: Audited, connection: BaseDatabaseWrapper, settings: Settings
) -> None:
    settings.STATETRACE_ANNOTATE = {"DATABASES": ["another"]}
    del connections["audited"]
    Item.objects.create(name="one")
    assert audited.actions == []
