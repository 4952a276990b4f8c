"""The ways of an annotation to the server: together with COMMIT in one batch, and what happens where that fails."""

import json
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from statetrace_ui.annotate import conf, context, transport
from statetrace_ui.annotate.context import Session, action, job_context, session
from statetrace_ui.annotate.middleware import KEY
from tests.statetrace_ui.annotate.conftest import Audited
from tests.statetrace_ui.annotate.models import Item

EITHER_WAY = pytest.mark.parametrize("by", ["table", "message"])
BY_MESSAGE = pytest.mark.parametrize("by", ["message"])
# A deferred trigger that fails at COMMIT; %s: what it does.
AT_COMMIT = """
CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {}; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.name = 'fails') EXECUTE FUNCTION at_commit()
"""
# Every way of the driver and of Django to hand over parameters.
OPTIONS = [{}, {"server_side_binding": True}, {"prepare_threshold": 0}, {"isolation_level": 4}]


@pytest.fixture
def bound(audited: Audited) -> Iterator[Session]:
    with session(actor_id="7", full_name="Ada 'the first' \\ 100 %s Lovelace 🦩") as it, action(url="job:test"):
        yield it


def execute(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def round_trips(connection: BaseDatabaseWrapper, work: Any) -> int:
    """How often the client waits for the server, as libpq's own trace has it."""
    connection.ensure_connection()
    with tempfile.TemporaryFile() as file:
        connection.connection.pgconn.trace(file.fileno())
        work()
        connection.connection.pgconn.untrace()
        file.seek(0)
        return sum(b"ReadyForQuery" in line for line in file)


def write_atomically() -> None:
    with transaction.atomic("audited"):
        Item.objects.create(name=f"at {time.perf_counter()}")


@EITHER_WAY
def test_an_annotation_takes_no_round_trip_of_its_own(
    audited: Audited, connection: BaseDatabaseWrapper, settings: Settings
) -> None:
    bare = round_trips(connection, write_atomically)
    with session(actor_id="7"), action(url="job:test"):
        first = round_trips(connection, write_atomically)  # announces the session, too
        assert (first, round_trips(connection, write_atomically)) == (bare, bare) == (3, 3)
    assert (len(audited.sessions), len(audited.actions)) == (1, 2)


@EITHER_WAY
@pytest.mark.parametrize("options", OPTIONS)
def test_annotations_arrive_however_parameters_are_sent(
    audited: Audited, connection: BaseDatabaseWrapper, bound: Session, options: dict[str, Any]
) -> None:
    connection.settings_dict["OPTIONS"].update(options)
    for name in ("one", "two"):
        Item.objects.create(name=name)
    assert [row.xid for row in audited.actions] == list(audited.items().values())
    assert audited.sessions[0].payload["session_actor_full_name"] == "Ada 'the first' \\ 100 %s Lovelace 🦩"


@EITHER_WAY
def test_what_cannot_be_batched_is_sent_before_the_commit(
    audited: Audited, connection: BaseDatabaseWrapper, bound: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_is_batched", lambda _: False)  # as with psycopg 2
    assert round_trips(connection, write_atomically) == 5
    assert [row.xid for row in audited.actions] == list(audited.items().values())


@EITHER_WAY
def test_a_commit_that_fails_leaves_neither_the_change_nor_the_annotation(
    audited: Audited, connection: BaseDatabaseWrapper, bound: Session
) -> None:
    execute(connection, AT_COMMIT.format("RAISE unique_violation"))
    for atomic in (True, False):
        with pytest.raises(IntegrityError):
            Item.objects.bulk_create([Item(name="fails")]) if atomic else Item.objects.create(name="fails")
    assert audited.actions == audited.sessions == []
    Item.objects.create(name="after")
    assert list(audited.items()) == ["after"]
    assert len(audited.actions) == len(audited.sessions) == 1


@EITHER_WAY
def test_a_connection_that_is_lost_at_the_commit_is_given_up(
    audited: Audited, connection: BaseDatabaseWrapper, bound: Session
) -> None:
    execute(connection, AT_COMMIT.format("PERFORM pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(OperationalError):
        Item.objects.create(name="fails")
    assert audited.actions == []
    Item.objects.create(name="after")
    assert list(audited.items()) == ["after"]


@pytest.mark.parametrize(
    ("by", "away", "back"),
    [
        (
            "table",
            "ALTER TABLE statetrace_annotations RENAME TO away",
            "ALTER TABLE away RENAME TO statetrace_annotations",
        ),
        ("message", "SET ROLE {}_weak", "RESET ROLE"),
    ],
)
def test_a_failure_to_annotate_undoes_the_write_and_leaves_the_connection_usable(
    audited: Audited, connection: BaseDatabaseWrapper, bound: Session, by: str, away: str, back: str
) -> None:
    database = connection.settings_dict["NAME"]
    role = f"{database}_weak"
    with psycopg.connect(audited.url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role}")
        owner.execute(f"GRANT ALL ON item TO {role}")
        owner.execute("REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA pg_catalog FROM PUBLIC")
        owner.execute("GRANT EXECUTE ON FUNCTION pg_catalog.set_config TO PUBLIC")
        try:
            execute(connection, away.format(database))
            with pytest.raises(DatabaseError, match=r"statetrace_annotations|pg_logical_emit_message"):
                Item.objects.create(name="one")
            execute(connection, back)
            Item.objects.create(name="two")
        finally:
            owner.execute(f"DROP OWNED BY {role}")
            owner.execute(f"DROP ROLE {role}")
    assert list(audited.items()) == ["two"]
    assert len(audited.actions) == 1


def test_the_annotation_is_the_last_row_that_its_transaction_writes(
    audited: Audited, connection: BaseDatabaseWrapper, bound: Session
) -> None:
    with transaction.atomic("audited"):
        Item.objects.create(name="one")
        execute(connection, "INSERT INTO item (name) SELECT count(*)::text FROM statetrace_annotations")
    assert list(audited.items()) == ["one", "0"]


def test_a_session_that_is_in_the_table_already_is_not_announced_twice(audited: Audited, bound: Session) -> None:
    Item.objects.create(name="one")
    bound.announced.clear()
    Item.objects.create(name="two")
    assert len(audited.actions) == 2
    assert len(audited.sessions) == 1


@EITHER_WAY
def test_a_transaction_that_was_ended_by_hand_is_not_annotated_within_the_next(
    audited: Audited, connection: BaseDatabaseWrapper, bound: Session
) -> None:
    """SQL that commits goes past Django; what remains is a transaction of the annotation alone."""
    with transaction.atomic("audited"):
        Item.objects.create(name="one")
        execute(connection, "COMMIT")
    assert len(audited.actions) == 1
    assert not connection.connection.info.transaction_status


@EITHER_WAY
def test_a_pipeline_of_the_application_itself_is_no_obstacle(
    audited: Audited, connection: BaseDatabaseWrapper, bound: Session
) -> None:
    connection.ensure_connection()
    with connection.connection.pipeline():
        write_atomically()
    assert [row.xid for row in audited.actions] == list(audited.items().values())


@EITHER_WAY
def test_where_the_driver_refuses_to_commit_its_own_end_decides(
    audited: Audited, connection: BaseDatabaseWrapper, bound: Session
) -> None:
    """Within the driver's own transaction, that of Django cannot end."""
    transaction.set_autocommit(False, "audited")
    with connection.connection.transaction():
        Item.objects.create(name="one")
        with pytest.raises(ProgrammingError, match="forbidden within a Transaction"):
            transaction.commit("audited")
        assert audited.items() == {}
    assert [row.xid for row in audited.actions] == list(audited.items().values())


@EITHER_WAY
def test_the_statements_are_seen_by_whoever_looks_at_queries(
    audited: Audited, connection: BaseDatabaseWrapper, bound: Session
) -> None:
    with CaptureQueriesContext(connection) as seen:
        write_atomically()
    begin, insert, batch, commit = (query["sql"] for query in seen)
    assert (begin, commit) == ("BEGIN", "COMMIT")
    assert "item" in insert
    assert batch.index("_st.app.sess") < batch.index("_st.app.act") < batch.index("COMMIT")


@BY_MESSAGE
def test_a_session_is_announced_again_after_a_while_for_a_capture_that_begins_anew(
    audited: Audited, bound: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        Item.objects.create(name=name)
    assert len(audited.sessions) == 1
    monkeypatch.setattr(context, "REPEAT_SECONDS", -1)
    Item.objects.create(name="three")
    first, again = audited.sessions
    assert (first.id, first.payload) == (again.id, again.payload)


@BY_MESSAGE
def test_a_job_never_announces_the_session_that_it_continues(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "REPEAT_SECONDS", 0.0)
    with session(actor_id="7"), action(url="/buy"):
        continued = job_context()
    with action(url="job:mail", **continued):
        Item.objects.create(name="one")
    assert audited.sessions == []
    assert audited.actions[0].payload["action_session_id"] == continued["session_id"]


@BY_MESSAGE
def test_a_browsers_session_of_an_older_version_goes_on(audited: Audited, visitor: Client) -> None:
    ada = User.objects.create_user("ada")
    visitor.force_login(ada)
    visitor.post("/write/?name=one")
    kept = visitor.session
    assert kept[KEY]["announced"]["audited"] == pytest.approx(time.time(), abs=600)
    kept[KEY] = {**kept[KEY], "announced": ["audited"]}
    kept.save()
    visitor.post("/write/?name=two")
    assert [row.id for row in audited.sessions] == [kept[KEY]["id"]] * 2  # by a message, it was never announced
    assert json.dumps(visitor.session[KEY])


def test_a_transport_that_is_not_known_is_named(settings: Settings) -> None:
    settings.STATETRACE_ANNOTATE = {"TRANSPORT": "pigeon"}
    with pytest.raises(ImproperlyConfigured, match=r"'pigeon'\. It is one of table, message"):
        conf.by_message()


@BY_MESSAGE
def test_no_table_is_needed(audited: Audited, bound: Session) -> None:
    Item.objects.create(name="one")
    assert audited.rows("SELECT to_regclass('statetrace_annotations') AS it")[0].it is None
    assert "audited" in connections
