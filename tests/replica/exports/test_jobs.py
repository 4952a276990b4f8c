"""The worker syncs what was asked for, and takes up what a killed worker left."""

import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest
from django.conf import settings
from django.db import connection as dashboard
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from replica.exports import jobs, state
from replica.exports.models import UserFlowExport
from replica.exports.outcomes import RunOutcome as Outcome
from replica.exports.tasks import defer_forgotten, rescue_syncs
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import FLOW, AddSession, run_worker
from tests.replica.exports.conftest import WORKER_SECONDS
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_queue")]
Status = UserFlowExport.Status


def test_a_worker_performs_requested_syncs(export: UserFlowExport, add_session: AddSession) -> None:
    add_session("one")
    jobs.request_sync(export)
    assert export.status == Status.SYNCING
    run_worker()
    export.refresh_from_db()
    run = export.runs.get()
    assert (run.outcome, run.sessions_done, export.status) == (Outcome.DONE, 1, Status.IN_SYNC)


def test_a_request_that_is_rolled_back_leaves_no_job(export: UserFlowExport) -> None:
    with transaction.atomic():
        jobs.request_sync(export)
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()
    assert not export.runs.exists()


def test_a_passing_failure_is_queued_again_for_later(
    export: UserFlowExport, add_session: AddSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_session("one")
    monkeypatch.setattr(settings, "STORE_URL", "postgresql://nobody@127.0.0.1:1/none")
    run = jobs.request_sync(export)
    run_worker()
    run.refresh_from_db()
    assert (run.outcome, run.attempt) == (Outcome.QUEUED, 1)
    [job] = ProcrastinateJob.objects.filter(status="todo", task_name=jobs.TASK)
    assert job.scheduled_at == run.retry_at


def test_sync_now_does_not_wait_for_a_retry(
    export: UserFlowExport, add_session: AddSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_session("one")
    store = settings.STORE_URL
    monkeypatch.setattr(settings, "STORE_URL", "postgresql://nobody@127.0.0.1:1/none")
    run = jobs.request_sync(export)
    run_worker()
    monkeypatch.setattr(settings, "STORE_URL", store)
    jobs.request_sync(export)
    run_worker()
    run.refresh_from_db()
    assert (run.outcome, export.runs.count()) == (Outcome.DONE, 1)


def test_a_run_without_a_job_is_queued_again(export: UserFlowExport, add_session: AddSession) -> None:
    add_session("one")
    run = export.runs.create(outcome=Outcome.RUNNING)
    defer_forgotten()
    defer_forgotten()
    assert ProcrastinateJob.objects.filter(task_name=jobs.TASK).count() == 1
    run_worker()
    run.refresh_from_db()
    assert run.outcome == Outcome.DONE


def test_a_worker_killed_within_a_session_loses_and_doubles_nothing(
    export: UserFlowExport,
    add_session: AddSession,
    start_worker: Callable[[], subprocess.Popen[bytes]],
    organisation: Organisation,
) -> None:
    for number in range(3):
        add_session(f"session {number}", calls=50)
    jobs.request_sync(export)
    replica = ensure_replica(organisation)
    with psycopg.connect(replica.owner_url) as blocker:
        # The worker waits for this lock in the middle of its first session; there it is killed.
        blocker.execute("LOCK TABLE function_call_site IN SHARE MODE")
        worker = start_worker()
        wait_until(lambda: export.runs.get().outcome == Outcome.RUNNING, WORKER_SECONDS)
        wait_until(lambda: exporters(replica) == ["Lock"])
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        with psycopg.connect(replica.owner_url) as other:
            assert other.execute("SELECT count(*) FROM session_metadata").fetchone() == (0,)
    [shown] = state.states([export])
    assert shown.status == Status.SYNCING
    wait_until(lambda: not exporters(replica))  # the server needs a moment to notice
    with dashboard.cursor() as cursor:  # time passes
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    with suppress(AlreadyEnqueued):  # the killed worker may have queued this minute's own
        rescue_syncs.configure(task_kwargs={"timestamp": 0}).defer()
    run_worker()  # does the rescuing
    run_worker()  # does what was rescued
    assert export.runs.get().outcome == Outcome.DONE
    assert state.pending(export) == 0
    with psycopg.connect(replica.owner_url) as reader:
        assert reader.execute("SELECT count(*) FROM function_call_site").fetchone() == (150,)
        assert reader.execute("SELECT user_flow_id FROM user_flow").fetchall() == [(FLOW,)]


def exporters(replica: Replica) -> list[str | None]:
    """What each of the worker's sessions in the replica waits for."""
    with psycopg.connect(replica.owner_url) as connection:
        query = "SELECT wait_event_type FROM pg_stat_activity WHERE application_name = %s AND datname = %s"
        rows = connection.execute(query, ["statetrace-exports", replica.database]).fetchall()
        return [waits for (waits,) in rows]
