"""Workers and the replica's server are killed at random while flows are exported: nothing is lost, doubled or stuck."""

import random
import uuid
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from subprocess import Popen

import psycopg
import pytest
from django.conf import settings
from django.db import connection as dashboard
from procrastinate.exceptions import AlreadyEnqueued

from replica.databases.models import Replica
from replica.exports import jobs, state, verification
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.outcomes import UNFINISHED
from replica.exports.tasks import rescue_syncs
from statetrace_ui.web.models import Organisation
from tests.own_server import OwnServer
from tests.replica.conftest import AddSession
from tests.replica.exports.conftest import WORKER_SECONDS, StartWorker
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("store", "empty_queue")]
FLOWS = [str(uuid.UUID(int=number)) for number in (1, 2, 3)]
SESSIONS = 6  # of a flow
SHORT = 3  # rounds, of which two kill a worker and one the server
CALLS = 2_000  # of a session, so that a kill meets a copy
STUCK_SECONDS = 60  # a stored status that is not true for longer counts as stuck


@pytest.fixture
def target_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnServer]:
    """A server for the replica alone, which may be killed."""
    server = OwnServer()
    monkeypatch.setattr(settings, "REPLICA_SERVER_URL", server.url)
    monkeypatch.setattr(settings, "REPLICA_OPEN_DATABASES", ["shop"])
    yield server
    server.remove()


@pytest.fixture
def flows(organisation: Organisation, add_session: AddSession) -> list[UserFlowExport]:
    exports = []
    for flow in FLOWS:
        exports.append(UserFlowExport.objects.create(organisation=organisation, user_flow_id=flow, name=flow))
        for number in range(SESSIONS):
            add_session(f"{flow} {number}", calls=CALLS, flow=flow)
    return exports


class Workers:
    """Two worker processes, each with a home of its own, as on two machines."""

    def __init__(self, start: StartWorker, server: OwnServer, folder: Path) -> None:
        self._start, self._server, self._folder = start, server, folder
        self.processes = [self._new(0), self._new(1)]

    def replace(self, number: int) -> None:
        self.processes[number].kill()
        self.processes[number].wait()
        self.processes[number] = self._new(number)

    def _new(self, number: int) -> "Popen[bytes]":
        return self._start(
            STATETRACE_HOME=str(self._folder / f"home{number}"),
            REPLICA_SERVER_URL=self._server.url,
            REPLICA_OPEN_DATABASES="shop",
        )


@pytest.fixture
def workers(start_worker: StartWorker, target_server: OwnServer, tmp_path: Path) -> Workers:
    return Workers(start_worker, target_server, tmp_path)


def rescue() -> None:
    """Time passes for the dead: their jobs are taken over."""
    with dashboard.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'"
            " WHERE last_heartbeat < now() - interval '8 seconds'"
        )
    with suppress(AlreadyEnqueued):
        rescue_syncs.configure(task_kwargs={"timestamp": 0}).defer()


def settle_down() -> None:
    """The dead are followed, and nobody waits for the next attempt."""

    def is_quiet() -> bool:
        rescue()
        for run in SyncRun.objects.filter(outcome="queued").exclude(retry_at=None):
            jobs.request_sync(run.export)
        return not SyncRun.objects.filter(outcome__in=UNFINISHED).exists()

    wait_until(is_quiet, WORKER_SECONDS * 2)


def assert_whole(flows: list[UserFlowExport]) -> None:
    for export in flows:
        run = export.verifications.create(by_content=True, outcome="running")
        verification.perform(run)
        assert (run.error, run.differences, run.waiting, run.sessions) == ("", [], 0, SESSIONS)
    assert {one.status for one in state.states(flows)} == {UserFlowExport.Status.IN_SYNC}
    wait_until(lambda: stored_statuses(flows) == {"In Sync"}, STUCK_SECONDS)


def stored_statuses(flows: list[UserFlowExport]) -> set[str]:
    """What is stored settles by itself where the target was away as a sync ended."""
    rescue()
    return set(UserFlowExport.objects.filter(pk__in=[one.pk for one in flows]).values_list("status", flat=True))


@pytest.mark.long
@pytest.mark.parametrize("rounds", [SHORT, 50])
def test_whatever_is_killed_each_copy_is_whole_in_the_end(
    rounds: int,
    flows: list[UserFlowExport],
    add_session: AddSession,
    workers: Workers,
    target_server: OwnServer,
    clean_server: None,
) -> None:
    chance = random.Random(rounds)
    for number in range(rounds):
        for export in flows:
            for session in chance.sample(range(SESSIONS), 3):
                add_session(f"{export.user_flow_id} {session}", calls=CALLS, flow=export.user_flow_id)
            jobs.request_sync(export)
        wait_for_sessions(chance.randrange(1, 7))
        if number % 3 == 2:
            chance.choice([target_server.kill, target_server.crash])()
            target_server.start()
        else:
            workers.replace(chance.randrange(2))
        settle_down()
        if rounds == SHORT and number < rounds - 1:
            continue  # each round is verified in the long mode
        assert_settled_in_sync(flows)
        assert_whole(flows)


def wait_for_sessions(more: int) -> None:
    """Until so many more sessions are committed, or nothing is left to do."""
    wanted = more + sum(SyncRun.objects.values_list("sessions_done", flat=True))

    def is_time() -> bool:
        total = sum(SyncRun.objects.values_list("sessions_done", flat=True))
        return total >= wanted or not SyncRun.objects.filter(outcome__in=UNFINISHED).exists()

    wait_until(is_time, WORKER_SECONDS * 2)


def assert_settled_in_sync(flows: list[UserFlowExport]) -> None:
    """What failed for good, as where the server was away for long, is asked for once more."""
    for one in state.states(flows):
        if one.status != UserFlowExport.Status.IN_SYNC:
            jobs.request_sync(one.export)
    settle_down()


def test_two_machines_share_the_queue_and_no_flow_is_written_twice_at_once(
    flows: list[UserFlowExport], add_session: AddSession, workers: Workers, clean_server: None
) -> None:
    export = flows[0]
    most = 0

    def is_done() -> bool:
        nonlocal most
        most = max(most, writers())
        return not SyncRun.objects.filter(outcome__in=UNFINISHED).exists()

    for number in range(4):
        add_session(f"{export.user_flow_id} {number}", calls=CALLS, flow=export.user_flow_id)
        jobs.request_sync(export)
        add_session(f"{export.user_flow_id} 5", calls=CALLS, flow=export.user_flow_id)
        wait_until(lambda: not SyncRun.objects.filter(outcome="queued").exists(), WORKER_SECONDS)
        jobs.request_sync(export)  # while it is at work, which the other machine may take
        wait_until(is_done, WORKER_SECONDS)
    assert most <= 1
    assert_whole([export])
    runs = export.runs.order_by("started_at")
    for before, after in pairwise(runs):
        assert before.finished_at
        assert after.started_at
        assert before.finished_at <= after.started_at


def writers() -> int:
    """How many sessions write the replica at this moment."""
    replica = Replica.objects.first()
    if replica is None or not replica.provisioned_at:
        return 0
    query = "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname = %s AND pid <> %s"
    with psycopg.connect(replica.owner_url) as connection:
        pid = connection.info.backend_pid
        row = connection.execute(query, [replica.database, pid]).fetchone()
    return row[0] if row else 0
