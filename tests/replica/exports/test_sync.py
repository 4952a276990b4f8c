"""A sync makes the replica hold exactly the store's sessions of the flow, whatever happened before."""

import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.conf import settings

from replica.databases import addresses
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from replica.databases.server import connect, own_urls
from replica.exports import copy, failures, jobs, state
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.outcomes import RunOutcome as Outcome
from replica.exports.sync import Interrupted, attempt, perform, sync
from replica.schema.definition import create_tables
from statetrace_ui.embedded import database_url
from tests.replica.conftest import AddSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]
Status = UserFlowExport.Status


def rows(url: str, table: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def owner_url() -> str:
    return str(Replica.objects.get().owner_url)


def assert_same_rows(store: str) -> None:
    for table in (*copy.session_tables(), "user_flow"):
        assert rows(owner_url(), table) == rows(store, table), table


def waiting_run(export: UserFlowExport) -> SyncRun:
    return export.runs.create(outcome=Outcome.QUEUED)


def stop_after(sessions: int) -> Callable[[], bool]:
    """Asks to stop once that many sessions are committed."""
    left = [sessions]

    def should_stop() -> bool:
        left[0] -= 1
        return left[0] <= 0

    return should_stop


def test_the_first_sync_makes_the_database_and_ends_in_sync(
    export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    add_session("one", calls=5)
    add_session("two", calls=2)
    run = sync(export)
    assert (run.outcome, run.error, export.status) == (Outcome.DONE, "", Status.IN_SYNC)
    assert (run.sessions_done, run.sessions_total) == (2, 2)
    assert run.rows_by_table == {"session_metadata": 2, "session_tags": 2, "function_call_site": 7}
    assert_same_rows(store)


def test_every_table_that_has_a_session_is_copied(store: str) -> None:
    with psycopg.connect(store) as connection:
        found = connection.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'session_id'"
        ).fetchall()
    assert {name for (name,) in found} == set(copy.session_tables())


def test_syncing_again_copies_nothing_and_doubles_nothing(
    export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    add_session("one")
    sync(export)
    run = sync(export)
    assert (run.outcome, run.sessions_total, run.rows_by_table) == (Outcome.DONE, 0, {})
    assert_same_rows(store)


def test_an_updated_session_is_replaced_and_a_removed_one_erased(
    export: UserFlowExport, add_session: AddSession, remove_session: Callable[[str], None], store: str
) -> None:
    add_session("kept")
    add_session("updated", calls=9)
    gone = add_session("removed")
    sync(export)
    add_session("updated", calls=4)
    remove_session(gone)
    run = sync(export)
    assert (run.sessions_done, run.rows_by_table["function_call_site"]) == (2, 4)
    assert_same_rows(store)


def test_a_session_that_was_removed_and_imported_anew_is_copied_again(
    export: UserFlowExport, add_session: AddSession, remove_session: Callable[[str], None], store: str
) -> None:
    session = add_session("one", calls=3)
    sync(export)
    remove_session(session)
    add_session("one", calls=8)
    sync(export)
    assert_same_rows(store)


def test_a_store_without_bookkeeping_is_copied_too(export: UserFlowExport, add_session: AddSession, store: str) -> None:
    add_session("kept")
    gone = add_session("removed")
    with psycopg.connect(store) as connection:
        connection.execute("ALTER SCHEMA bookkeeping RENAME TO hidden")
    assert sync(export).sessions_done == 2
    assert sync(export).sessions_done == 0
    assert_same_rows(store)
    with psycopg.connect(store) as connection:
        connection.execute("DELETE FROM session_metadata WHERE session_id = %s", [gone])
    assert sync(export).sessions_done == 1
    assert rows(owner_url(), "session_metadata") == rows(store, "session_metadata")


def test_a_session_that_moved_to_another_flow_is_in_both_exports_once(
    export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    other = UserFlowExport.objects.create(
        organisation=export.organisation, user_flow_id=str(uuid.UUID(int=8)), name="Search"
    )
    add_session("moves")
    sync(export)
    add_session("moves", flow=other.user_flow_id)
    sync(other)
    sync(export)
    assert rows(owner_url(), "session_metadata") == rows(store, "session_metadata")
    assert rows(owner_url(), "function_call_site") == rows(store, "function_call_site")


def test_an_interrupted_sync_leaves_whole_sessions_and_the_next_one_goes_on(
    export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    for name in ("one", "two", "three"):
        add_session(name, calls=4)
    run = waiting_run(export)
    with pytest.raises(Interrupted):
        perform(run, stop_after(2))
    assert len(rows(owner_url(), "session_metadata")) == 2
    assert len(rows(owner_url(), "function_call_site")) == 8
    assert len(rows(owner_url(), "bookkeeping.session_revisions")) == 2
    perform(run)
    assert (run.outcome, run.sessions_done, run.sessions_total) == (Outcome.DONE, 3, 3)
    assert run.rows_by_table["function_call_site"] == 12
    assert_same_rows(store)


def test_a_copy_that_fails_within_a_session_leaves_the_session_as_it_was(
    export: UserFlowExport, add_session: AddSession, caplog: pytest.LogCaptureFixture
) -> None:
    add_session("one", calls=3)
    sync(export)
    before = {table: rows(owner_url(), table) for table in copy.session_tables()}
    with psycopg.connect(owner_url()) as connection:
        connection.execute("ALTER TABLE function_call_site ADD CHECK (id < 5)")
    add_session("one", calls=6)
    run = sync(export)
    assert run.outcome == Outcome.FAILED
    for part in ("violates check constraint", "table function_call_site", "constraint function_call_site_id_check"):
        assert part in run.error
    [session] = [session for (session, *_) in before["session_metadata"]]
    assert f"session {session}" in run.error
    assert "Failing row" not in run.error + caplog.text
    assert run.error in caplog.text
    assert {table: rows(owner_url(), table) for table in copy.session_tables()} == before
    assert state.pending(export) == 1


def test_two_writers_of_one_flow_do_not_collide_and_the_page_says_so(
    export: UserFlowExport, add_session: AddSession
) -> None:
    add_session("one")
    ensure_replica(export.organisation)
    with connect(own_urls()[0]) as other:
        copy.claim(other, export.user_flow_id)
        run = waiting_run(export)
        attempt(run, should_stop=lambda: False)
    run.refresh_from_db()
    assert (run.outcome, run.started_at) == (Outcome.QUEUED, None)
    assert "still writing" in run.error
    assert run.retry_at
    attempt(run, should_stop=lambda: False)
    ended = SyncRun.objects.get(pk=run.pk)
    assert (ended.outcome, ended.error, ended.retry_at) == (Outcome.DONE, "", None)


def test_a_reader_of_the_replica_cannot_hold_up_a_sync(export: UserFlowExport, add_session: AddSession) -> None:
    add_session("one")
    replica = ensure_replica(export.organisation)
    with psycopg.connect(replica.reader_url) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [export.user_flow_id])
    with psycopg.connect(replica.owner_url) as owner:  # nor would it help, where a role may take locks
        owner.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [export.user_flow_id])
        owner.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [copy.CLAIMS, export.user_flow_id])
        assert sync(export).outcome == Outcome.DONE


def test_a_sync_of_what_is_in_sync_counts_rows_and_mends_what_was_lost(
    export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    add_session("whole")
    add_session("loses")
    sync(export)
    with psycopg.connect(owner_url()) as connection:
        connection.execute(
            "DELETE FROM function_call_site USING session_metadata m WHERE m.session_id = function_call_site.session_id"
            " AND name = 'loses' AND id = 1"
        )
    assert sync(export).sessions_done == 1
    assert_same_rows(store)


def test_all_sessions_can_be_copied_again(export: UserFlowExport, add_session: AddSession, store: str) -> None:
    add_session("one")
    add_session("two")
    sync(export)
    with psycopg.connect(owner_url()) as connection:
        connection.execute("UPDATE session_metadata SET name = 'by hand'")
    state.copy_again(export)
    assert sync(export).sessions_done == 2
    assert_same_rows(store)


def test_an_end_is_stored_whole_or_not_at_all(
    export: UserFlowExport, add_session: AddSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_session("one")
    run = waiting_run(export)

    class Killed(BaseException):
        """As if the worker ended here."""

    def kill(_: object) -> None:
        raise Killed

    monkeypatch.setattr(state, "settle", kill)
    with pytest.raises(Killed):
        perform(run)
    run.refresh_from_db()
    assert (run.outcome, run.finished_at) == (Outcome.RUNNING, None)


def test_an_invalid_value_is_not_quoted() -> None:
    with psycopg.connect(settings.STORE_URL) as connection, pytest.raises(psycopg.Error) as raised:
        connection.execute("SELECT 'unguessable'::text::int")
    assert "unguessable" not in failures.explain(raised.value).sentence
    assert "InvalidTextRepresentation" in failures.explain(raised.value).sentence
    assert failures.for_log(raised.value) is None


class TestStatus:
    def test_an_export_is_inactive_until_its_first_sync(self, export: UserFlowExport, add_session: AddSession) -> None:
        add_session("one")
        [shown] = state.states([export])
        assert (shown.status, shown.pending) == (Status.INACTIVE, 1)

    def test_a_new_session_puts_it_out_of_sync_with_a_count(
        self, export: UserFlowExport, add_session: AddSession
    ) -> None:
        add_session("one")
        sync(export)
        add_session("two")
        state.mark_changed(export)
        [shown] = state.states([export])
        assert (export.status, shown.status, shown.pending) == (Status.OUT_OF_SYNC, Status.OUT_OF_SYNC, 1)
        assert not export.runs.filter(outcome=Outcome.QUEUED).exists()

    def test_autosync_asks_for_a_sync_when_a_session_changes(
        self, export: UserFlowExport, add_session: AddSession
    ) -> None:
        export.autosync = True
        export.save()
        add_session("one")
        state.mark_changed(export)
        assert export.runs.filter(outcome=Outcome.QUEUED).count() == 1
        assert export.status == Status.SYNCING

    def test_an_import_during_a_sync_leaves_it_out_of_sync(
        self, export: UserFlowExport, add_session: AddSession
    ) -> None:
        add_session("one")
        run = waiting_run(export)

        def import_meanwhile() -> bool:
            add_session("two")
            state.mark_changed(export)
            return False

        perform(run, import_meanwhile)
        export.refresh_from_db()
        assert (run.outcome, export.status) == (Outcome.DONE, Status.OUT_OF_SYNC)

    def test_a_double_click_is_one_run(self, export: UserFlowExport) -> None:
        assert jobs.request_sync(export) == jobs.request_sync(export)
        assert export.runs.count() == 1

    def test_asking_while_one_runs_queues_one_more(self, export: UserFlowExport) -> None:
        running = export.runs.create(outcome=Outcome.RUNNING)
        asked = jobs.request_sync(export)
        assert asked != running
        assert jobs.request_sync(export) == asked
        [shown] = state.states([export])
        assert (shown.status, shown.run) == (Status.SYNCING, running)


class TestFailure:
    def test_a_passing_failure_is_retried_and_not_shown_as_an_error(
        self, export: UserFlowExport, monkeypatch: pytest.MonkeyPatch, add_session: AddSession
    ) -> None:
        add_session("one")
        store = settings.STORE_URL
        monkeypatch.setattr(settings, "STORE_URL", "postgresql://nobody@127.0.0.1:1/none")
        run = waiting_run(export)
        attempt(run, should_stop=lambda: False)
        monkeypatch.setattr(settings, "STORE_URL", store)
        [shown] = state.states([export])
        assert (shown.status, run.outcome, run.attempt) == (Status.SYNCING, Outcome.QUEUED, 1)
        assert run.retry_in is not None
        assert "does not answer" in run.error
        attempt(run, should_stop=lambda: False)
        assert (run.outcome, run.error, export.runs.count()) == (Outcome.DONE, "", 1)

    def test_the_last_attempt_ends_in_an_error_that_reads_well(
        self, export: UserFlowExport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "STORE_URL", "postgresql://nobody:unguessable@127.0.0.1:1/none")
        run = waiting_run(export)
        for _ in range(5):
            attempt(run, should_stop=lambda: False)
        export.refresh_from_db()
        assert (run.outcome, export.status) == (Outcome.FAILED, Status.ERROR)
        assert "does not answer" in run.error
        assert "unguessable" not in run.error

    def test_a_missing_right_is_an_error_at_once(
        self, export: UserFlowExport, server_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute("CREATE ROLE replica_powerless LOGIN PASSWORD 'a password'")
            server.execute("GRANT CONNECT ON DATABASE postgres TO replica_powerless")
        powerless = addresses.with_parts(server_url, user="replica_powerless", password="a password")
        monkeypatch.setattr(settings, "REPLICA_SERVER_URL", powerless)
        run = waiting_run(export)
        attempt(run, should_stop=lambda: False)
        export.refresh_from_db()
        assert (run.outcome, export.status) == (Outcome.FAILED, Status.ERROR)
        assert "lacks a right" in run.error

    def test_a_store_without_its_tables_names_the_command_that_makes_them(
        self, export: UserFlowExport, add_session: AddSession, store: str
    ) -> None:
        add_session("one")
        with psycopg.connect(store) as connection:
            connection.execute("DROP TABLE session_labels")
        run = sync(export)
        assert run.outcome == Outcome.FAILED
        assert "`python manage.py up` and every import make the store's missing tables" in run.error
        with psycopg.connect(store) as connection:
            create_tables(connection)  # as both do
        assert sync(export).outcome == Outcome.DONE

    def test_a_replica_that_others_fill_is_not_written(self, export: UserFlowExport, server_url: str) -> None:
        Replica.objects.create(
            organisation=export.organisation,
            database="theirs",
            login_role="theirs",
            reader_url=database_url(server_url, "postgres"),
        )
        run = sync(export)
        assert run.outcome == Outcome.FAILED
        assert "somebody else" in run.error

    def test_asking_again_does_not_wait_for_the_retry(
        self, export: UserFlowExport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "STORE_URL", "postgresql://nobody@127.0.0.1:1/none")
        run = waiting_run(export)
        attempt(run, should_stop=lambda: False)
        assert jobs.request_sync(export) == run
        run.refresh_from_db()
        assert run.retry_at is None
