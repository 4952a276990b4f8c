"""Runs can be cancelled, held up and kept to one session; what is told of them is told once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User

from replica.databases.models import Replica
from replica.exports import choosing, jobs, state
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.sync import attempt, sync
from replica.exports.tasks import keep_limits
from statetrace_ui.deliveries.models import Delivery, Endpoint
from tests.replica.conftest import AddSession, run_worker
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("store", "empty_queue")]
Status = UserFlowExport.Status


def in_replica(statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(Replica.objects.get().owner_url, autocommit=True) as connection:
        return connection.execute(statement.encode()).fetchall()


def counts(table: str) -> int:
    [(number,)] = in_replica(f"SELECT count(*) FROM {table}")
    return int(str(number))


@contextmanager
def table_held() -> Iterator[None]:
    """Somebody holds a table of the replica, so that a sync waits in the middle of a session."""
    with psycopg.connect(Replica.objects.get().owner_url) as holder:
        holder.execute("LOCK TABLE function_call_site IN ACCESS EXCLUSIVE MODE")
        yield


class TestCancel:
    def test_a_run_that_waits_is_over_at_once(self, export: UserFlowExport, add_session: AddSession) -> None:
        add_session("one")
        run = jobs.request_sync(export)
        jobs.cancel(run, "ann")
        run_worker()
        run.refresh_from_db()
        assert (run.outcome, run.cancelled_by, run.sessions_done) == ("cancelled", "ann", 0)
        assert state.states([export])[0].status == Status.INACTIVE

    def test_a_statement_that_hangs_is_ended_and_leaves_nothing_half_written(
        self, export: UserFlowExport, add_session: AddSession
    ) -> None:
        add_session("one", calls=5)
        sync(export)
        add_session("one", calls=7)
        run = jobs.request_sync(export)
        with table_held():
            worker = threading.Thread(target=run_worker)
            worker.start()
            try:
                wait_until(lambda: SyncRun.objects.get(pk=run.pk).current)
                jobs.cancel(run, "ann")
            finally:
                worker.join()
        run.refresh_from_db()
        assert (run.outcome, run.error, run.current) == ("cancelled", "", {})
        assert counts("function_call_site") == 5
        assert state.states([export])[0].status == Status.OUT_OF_SYNC
        sync(export)
        assert counts("function_call_site") == 7

    def test_one_that_a_killed_worker_left_is_cancelled_by_the_next(
        self, export: UserFlowExport, add_session: AddSession
    ) -> None:
        add_session("one")
        sync(export)
        run = export.runs.create(outcome="running")
        jobs.cancel(run, "ann")
        with table_held():
            add_session("one")
            attempt(SyncRun.objects.get(pk=run.pk), should_stop=lambda: False)
        run.refresh_from_db()
        assert run.outcome == "cancelled"


def test_a_run_tells_its_rows_and_bytes(export: UserFlowExport, add_session: AddSession) -> None:
    sessions = [add_session(name, calls=50) for name in ("one", "two")]
    run = sync(export)
    assert (run.rows, run.rows_total, run.current, run.time_left) == (104, 104, {}, None)
    assert sum(one["bytes"] for one in run.latest) == run.bytes > 104 * 20
    assert {one["session"] for one in run.latest} == set(sessions)


def test_one_session_is_copied_alone_and_a_wider_request_joins_it(
    export: UserFlowExport, add_session: AddSession
) -> None:
    one = add_session("one")
    sync(export)
    two = add_session("two")
    in_replica("UPDATE session_metadata SET name = 'x' RETURNING 1")
    run = jobs.request_sync(export, [one])
    run_worker()
    assert in_replica("SELECT name FROM session_metadata") == [("one",)]
    assert state.pending(export) == 1
    run = jobs.request_sync(export, [one])
    assert jobs.request_sync(export, [two]) == run
    run.refresh_from_db()
    assert run.sessions == [one, two]
    jobs.request_sync(export)
    run.refresh_from_db()
    assert run.sessions is None


def test_autosync_waits_while_it_is_paused_and_then_goes_on(export: UserFlowExport, add_session: AddSession) -> None:
    state.set_autosync(export, True)
    state.set_paused(export, True)
    add_session("one")
    state.mark_changed(export)
    assert not export.runs.exists()
    jobs.request_sync(export)  # somebody asks
    run_worker()
    assert counts("session_metadata") == 1
    add_session("two")
    state.mark_changed(export)
    state.set_paused(export, False)
    run_worker()
    assert counts("session_metadata") == 2


class TestOptions:
    def test_an_export_without_a_setting_follows_the_default(
        self, export: UserFlowExport, add_session: AddSession
    ) -> None:
        add_session("one")
        choosing.set_defaults(export.organisation, True, choosing.Choice(), True, None)
        run_worker()
        assert state.states([export])[0].status == Status.IN_SYNC  # it began with what waited
        state.set_autosync(export, False)
        add_session("two")
        state.mark_changed(export)
        assert export.runs.count() == 1

    def test_only_chosen_tables_are_filled(self, export: UserFlowExport, add_session: AddSession) -> None:
        add_session("one")
        sync(export)
        choosing.set_own(export, True, False, choosing.Choice(table_types=["SESSION_TAGS"]))
        assert state.pending(export) == 1
        sync(export)
        assert [counts(one) for one in ("session_metadata", "session_tags", "function_call_site")] == [1, 1, 0]
        assert state.pending(export) == 0
        assert export.verifications.order_by("-id")[0].differing == 0
        choosing.set_own(export, False, False, choosing.Choice())
        sync(export)
        assert counts("function_call_site") == 3

    def test_old_sessions_leave_the_copy_and_stay_in_the_store(
        self, export: UserFlowExport, add_session: AddSession, store: str
    ) -> None:
        old, _ = add_session("old"), add_session("new")
        with psycopg.connect(store) as connection:
            connection.execute("UPDATE session_metadata SET start_time = '2020-01-01' WHERE session_id = %s", [old])
        sync(export)
        choosing.set_own(export, False, True, choosing.Choice(keep_days=30))
        keep_limits(0)
        add_session("late")  # nobody asked to copy that
        run_worker()
        assert in_replica("SELECT name FROM session_metadata") == [("new",)]
        choosing.set_own(export, False, True, choosing.Choice(keep_newest=1))
        sync(export)
        assert in_replica("SELECT name FROM session_metadata") == [("late",)]
        assert state.pending(export) == 0
        with psycopg.connect(store) as connection:
            assert connection.execute("SELECT count(*) FROM session_metadata").fetchone() == (3,)
        choosing.set_own(export, False, False, choosing.Choice())
        sync(export)
        assert counts("session_metadata") == 3


class TestNotifications:
    def test_a_failure_and_a_recovery_are_told_once_each(
        self, export: UserFlowExport, add_session: AddSession, manager: User, reader: User
    ) -> None:
        endpoint = Endpoint.objects.create(
            organisation=export.organisation, name="ops", url="https://hooks.example.com/", host="hooks.example.com"
        )
        choosing.set_defaults(export.organisation, False, choosing.Choice(), True, endpoint)
        add_session("one")
        sync(export)
        with broken_replica():
            for _ in range(3):
                add_session("one")
                assert sync(export).outcome == "failed"
        told = [("export.failed", "ops"), ("export.failed", manager.email)]
        assert sorted(Delivery.objects.values_list("event", "to")) == sorted(told)
        assert "does_not_hold" in Delivery.objects.get(to="ops").body
        for _ in range(2):
            sync(export)
        assert Delivery.objects.count() == 4
        recovered = Delivery.objects.filter(event="export.recovered").values_list("to", flat=True)
        assert sorted(recovered) == sorted(["ops", manager.email])
        assert reader.email not in recovered

    def test_an_attempt_that_is_tried_again_is_not_told(
        self, export: UserFlowExport, manager: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "STORE_URL", "postgresql://nobody@127.0.0.1:1/none")
        jobs.request_sync(export)
        run_worker()
        assert export.runs.get().attempt == 1
        assert manager.email
        assert not Delivery.objects.exists()


@contextmanager
def broken_replica() -> Iterator[None]:
    """The replica refuses rows, for good."""
    with psycopg.connect(Replica.objects.get().owner_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE session_tags ADD CONSTRAINT does_not_hold CHECK (false) NOT VALID")
        yield
        owner.execute("ALTER TABLE session_tags DROP CONSTRAINT does_not_hold")


def test_a_stored_status_that_is_wrong_is_made_true_within_the_hour(
    export: UserFlowExport, add_session: AddSession
) -> None:
    """A target that was killed as its sync ended could not say that it is in sync."""
    add_session("one")
    sync(export)
    UserFlowExport.every.filter(pk=export.pk).update(status="Out of Sync")
    keep_limits(0)
    export.refresh_from_db()
    assert export.status == "In Sync"
