"""Comparisons find what differs, whatever it is, and nothing else."""

import uuid
from collections.abc import Callable
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from replica.databases.models import Replica
from replica.exports import verification
from replica.exports.fingerprints import fingerprints
from replica.exports.models import UserFlowExport, Verification
from replica.exports.options import tables_of
from replica.exports.sync import sync
from replica.exports.tasks import defer_forgotten
from replica.schema.definition import create_tables
from tests.replica.conftest import FLOW, AddSession, run_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("store", "empty_queue")]
ALL = tables_of(None)


def in_replica(statement: str, *values: object) -> None:
    with psycopg.connect(Replica.objects.get().owner_url, autocommit=True) as connection:
        connection.execute(statement.encode(), values)


def verified(export: UserFlowExport) -> Verification:
    run = verification.request(export)
    run_worker()
    run.refresh_from_db()
    return run


@pytest.fixture
def synced(export: UserFlowExport, add_session: AddSession) -> UserFlowExport:
    for name in ("one", "two"):
        add_session(name, calls=20)
    sync(export)
    return export


def test_a_fresh_copy_is_equal(synced: UserFlowExport) -> None:
    run = verified(synced)
    assert (run.outcome, run.sessions, run.rows, run.differing, run.differences) == ("done", 2, 44, 0, [])


@pytest.mark.parametrize(
    ("statement", "table", "rows"),
    [
        ("UPDATE session_tags SET tag_value = 'koeln' WHERE session_id = %s", "session_tags", (1, 1)),
        ("UPDATE session_metadata SET name = NULL WHERE session_id = %s", "session_metadata", (1, 1)),
        (
            "UPDATE function_call_site SET cpu_time_us = 0 WHERE session_id = %s AND id = 7",
            "function_call_site",
            (20, 20),
        ),
        ("DELETE FROM function_call_site WHERE session_id = %s AND id = 7", "function_call_site", (20, 19)),
        ("INSERT INTO session_timeseries_data VALUES (%s, 'x', 1, 2)", "session_timeseries_data", (0, 1)),
    ],
)
def test_what_somebody_changed_is_found(
    synced: UserFlowExport, statement: str, table: str, rows: tuple[int, int]
) -> None:
    session = id_of("one")
    in_replica(statement, session)
    run = verified(synced)
    [found] = run.differences
    assert (run.differing, found["session"], found["table"]) == (1, session, table)
    assert (found["source"], found["copy"]) == rows


def id_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def test_rows_that_are_swapped_between_columns_differ(synced: UserFlowExport) -> None:
    session = id_of("one")
    in_replica("UPDATE function_call_site SET process_id = 2, thread_id = 1 WHERE session_id = %s", session)
    in_replica("UPDATE session_tags SET tag_key = tag_value, tag_value = tag_key WHERE session_id = %s", session)
    assert {one["table"] for one in verified(synced).differences} == {"function_call_site", "session_tags"}


def test_a_session_of_another_version_waits_and_does_not_differ(
    synced: UserFlowExport, add_session: AddSession
) -> None:
    add_session("one", calls=3)
    add_session("three")
    run = verified(synced)
    assert (run.sessions, run.waiting, run.differing) == (3, 2, 0)


def test_the_content_is_that_of_the_values_not_of_settings_types_or_functions(
    synced: UserFlowExport, new_database: Callable[..., str], store: str
) -> None:
    """The same rows in a database where columns are text and somebody shadows functions, read by other settings."""
    session, url = id_of("one"), new_database()
    with psycopg.connect(url, autocommit=True) as other, psycopg.connect(store, autocommit=True) as source:
        create_tables(other)
        source.execute("UPDATE session_metadata SET host_lat = 0.1::float8 + 0.2 WHERE session_id = %s", [session])
        for table in ("session_metadata", "session_tags", "function_call_site"):
            with (
                source.cursor().copy(f"COPY (SELECT * FROM {table} WHERE session_id = '{session}') TO STDOUT") as rows,
                other.cursor().copy(f"COPY {table} FROM STDIN") as into,
            ):
                for row in rows:
                    into.write(row)
        other.execute("ALTER TABLE session_tags ALTER session_id TYPE text USING session_id::text || '  '")
        other.execute("CREATE FUNCTION sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT 'x'::bytea $$")
        other.execute("CREATE FUNCTION md5(text) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$")
        database = other.info.dbname
        for setting in ("search_path TO public, pg_catalog", "DateStyle TO 'SQL, DMY'", "extra_float_digits TO -5"):
            other.execute(f"ALTER DATABASE {database} SET {setting}".encode())
        other.execute("UPDATE session_tags SET session_id = rtrim(session_id)")
    with psycopg.connect(url, autocommit=True) as other, psycopg.connect(store, autocommit=True) as source:
        ours, theirs = (fingerprints(one, FLOW, session, ALL)[1] for one in (source, other))
        assert ours == theirs
        assert ours.keys() == {"session_metadata", "session_tags", "function_call_site"}
        other.execute("UPDATE session_metadata SET host_lat = 0.3")
        assert fingerprints(other, FLOW, session, ALL)[1] != ours


def test_lost_rows_are_counted_after_a_sync_and_copied_again_on_demand(
    synced: UserFlowExport, add_session: AddSession, manager_client: Client
) -> None:
    Verification.objects.all().delete()  # that of the first sync, within the hour
    session = id_of("one")
    in_replica("DELETE FROM function_call_site WHERE session_id = %s", session)
    add_session("three")
    sync(synced)
    light = synced.verifications.get()
    assert (light.by_content, light.is_whole, light.differing) == (False, True, 1)
    page = manager_client.get(reverse("exports:export", args=[synced.pk])).content.decode()
    assert "1 session differs" in page
    manager_client.post(reverse("exports:sync", args=[synced.pk]), {"again": "differing"})
    run_worker()
    assert verified(synced).verdict.label == "Equal"
    assert synced.runs.order_by("-id")[0].sessions_done == 1  # it alone


def test_within_the_hour_a_sync_counts_what_it_copied(synced: UserFlowExport, add_session: AddSession) -> None:
    assert [one.is_whole for one in synced.verifications.all()] == [True]
    for name in ("three", "four"):
        add_session(name)
        sync(synced)
    newest = synced.verifications.get(is_whole=False)
    assert (newest.sessions, synced.verifications.count()) == (1, 2)


@pytest.mark.usefixtures("synced")
class TestCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("verify_export", *arguments, stdout=out)
        return out.getvalue()

    def test_it_says_what_was_compared(self) -> None:
        assert self.run("Checkout") == "Checkout: 2 sessions, 44 rows: equal\n"
        assert self.run(FLOW, "--organisation", "acme") == "Checkout: 2 sessions, 44 rows: equal\n"

    def test_it_fails_where_something_differs(self) -> None:
        in_replica("DELETE FROM session_tags")
        with pytest.raises(CommandError) as failed:
            self.run("Checkout")
        assert failed.value.returncode == 1

    def test_it_does_not_know_other_flows(self) -> None:
        for arguments in (["Checkin"], ["Checkout", "--organisation", "elsewhere"]):
            with pytest.raises(CommandError, match="No user flow"):
                self.run(*arguments)


def test_a_database_that_is_down_is_a_sentence(synced: UserFlowExport) -> None:
    Replica.objects.update(owner_url="postgresql://nobody@127.0.0.1:1/none")
    run = verified(synced)
    assert (run.outcome, run.sessions) == ("failed", 0)
    assert "does not answer" in run.error


def test_a_killed_one_is_taken_up_again(synced: UserFlowExport) -> None:
    run = synced.verifications.create(by_content=True, outcome="running", sessions=1)
    defer_forgotten()
    run_worker()
    run.refresh_from_db()
    assert (run.outcome, run.sessions) == ("done", 2)
