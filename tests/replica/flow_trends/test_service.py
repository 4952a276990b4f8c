"""What is remembered of user flows: read by a worker from a real replica, shown without asking it."""

import datetime as dt
import logging

import psycopg
import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from replica.compare.subjects import Certainty
from replica.comparisons.baselines import keep_baseline
from replica.comparisons.models import FlowBaseline
from replica.databases.announcing import TASK, announce
from replica.databases.models import Replica
from replica.deletion import service as deletion
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from replica.exports.targets import service as targets
from replica.flow_trends import reading, service
from replica.flow_trends.models import FlowReading, FlowTrend
from replica.flow_trends.service import flow_cards, refresh
from replica.flow_trends.tasks import follow_replicas
from statetrace_ui.web.models import Organisation
from tests.replica import conftest
from tests.replica.captured import BARE, EMPTY_FLOW, EXCLUDED, FLOW, FULL, HOSTILE, Captured
from tests.replica.conftest import AddSession, run_worker

MINUTE = dt.timedelta(minutes=1)


def shown(organisation: Organisation) -> dict[str, FlowTrend]:
    return {row.user_flow_id: row for row in flow_cards(organisation, 100).rows}


def add_sessions(replica: Captured, flow: str, ms: list[float], start: str = "2026-05-01") -> list[str]:
    """One session of each duration, a minute apart."""
    replica.execute(
        "INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time, end_time)"
        " SELECT gen_random_uuid()::text, %s, 'Added ' || n, 'Passed', at, at + ms * interval '1 ms'"
        " FROM unnest(%s::float8[]) WITH ORDINALITY AS u (ms, n),"
        " LATERAL (SELECT %s::timestamp + n * interval '1 min') t (at)",
        flow,
        ms,
        start,
    )
    with psycopg.connect(replica.url) as connection:
        found = connection.execute(
            "SELECT session_id FROM session_metadata WHERE user_flow_id = %s AND start_time >= %s ORDER BY start_time",
            [flow, start],
        )
        return [session_id for (session_id,) in found][: len(ms)]


def test_a_flow_is_remembered_with_its_durations_and_its_newest_session(
    organisation: Organisation, captured_replica: Captured
) -> None:
    """Excluded sessions and those without an end are in no trend; the newest session may be one of them."""
    refresh(organisation)
    trends = flow_cards(organisation, 100)
    used, empty = trends.rows
    assert (trends.total, trends.left_out, trends.failed_at) == (2, 0, None)
    assert (used.user_flow_id, used.name, used.sessions, used.durations) == (FLOW, "Buy a lamp", 4, [5000, 10_000])
    assert (used.last_session_id, used.last_name, used.last_status) == (EXCLUDED, "Run 3", "Excluded")
    assert used.last_at == dt.datetime(2026, 3, 3, 10, tzinfo=dt.UTC)
    assert (empty.user_flow_id, empty.sessions, empty.durations, empty.last_at) == (EMPTY_FLOW, 0, [], None)
    assert (used.change, empty.sparkline) == (None, None)


def test_a_trend_is_of_the_newest_sessions_whatever_they_hold(
    organisation: Organisation, own_replica: Captured
) -> None:
    """Of those without a start nothing is known; one that ended before it began has no duration."""
    add_sessions(own_replica, FLOW, [float(ms) for ms in range(1, 41)])
    add_sessions(own_replica, FLOW, [-5000.0, 0.0], "2026-06-01")
    own_replica.execute("UPDATE session_metadata SET start_time = 'infinity' WHERE session_id = %s", FULL)
    own_replica.execute("UPDATE session_metadata SET end_time = 'infinity' WHERE session_id = %s", BARE)
    refresh(organisation)
    assert shown(organisation)[FLOW].durations == list(range(13, 41))


def test_a_replica_of_others_may_lack_what_it_likes(organisation: Organisation, own_replica: Captured) -> None:
    own_replica.execute("ALTER TABLE session_metadata DROP end_time, DROP status, DROP name")
    own_replica.execute("ALTER TABLE user_flow DROP CONSTRAINT user_flow_pkey, ALTER name DROP NOT NULL")
    own_replica.execute("ALTER TABLE user_flow ALTER user_flow_id DROP NOT NULL, ALTER user_flow_id TYPE text")
    own_replica.execute("UPDATE user_flow SET name = NULL")
    own_replica.execute("INSERT INTO user_flow SELECT * FROM user_flow")
    own_replica.execute(
        "INSERT INTO user_flow (user_flow_id, created_ts) VALUES (NULL, now()), (repeat('x', 300), now())"
    )
    refresh(organisation)
    assert {row.user_flow_id: row.name for row in shown(organisation).values()} == {FLOW: FLOW, EMPTY_FLOW: EMPTY_FLOW}
    assert shown(organisation)[FLOW].durations == []


def test_a_flow_slower_than_its_baseline_comes_first(organisation: Organisation, own_replica: Captured) -> None:
    base = add_sessions(own_replica, EMPTY_FLOW, [1000, 1010, 1020, 1030, 1040], "2026-01-01")
    add_sessions(own_replica, EMPTY_FLOW, [1200, 1210, 1220, 1230, 1240] * 2, "2026-02-01")
    refresh(organisation)
    assert [row.user_flow_id for row in flow_cards(organisation, 2).rows] == [FLOW, EMPTY_FLOW]
    keep_baseline(organisation, EMPTY_FLOW, base, "the first five", "Mei")
    keep_baseline(organisation, FLOW, [FULL], "the first", "Mei")
    refresh(organisation)
    slower, other = flow_cards(organisation, 2).rows
    assert (slower.user_flow_id, slower.is_slower, slower.certainty) == (EMPTY_FLOW, True, Certainty.CLEAR)
    assert slower.change
    assert slower.change.label == "+200 ms, 20 % slower"
    assert (other.is_slower, other.certainty) == (False, Certainty.TOO_FEW)
    assert service.slower_flows(organisation) == {EMPTY_FLOW: "Never walked"}
    FlowBaseline.objects.all().delete()
    refresh(organisation)
    assert {row.change for row in flow_cards(organisation, 2).rows} == {None}


def test_a_baseline_of_a_flow_without_sessions_cannot_tell(
    organisation: Organisation, captured_replica: Captured
) -> None:
    keep_baseline(organisation, EMPTY_FLOW, [FULL], "gone", "Mei")
    refresh(organisation)
    assert shown(organisation)[EMPTY_FLOW].certainty == Certainty.TOO_FEW


def test_what_is_gone_from_the_replica_is_forgotten(organisation: Organisation, own_replica: Captured) -> None:
    refresh(organisation)
    own_replica.execute("DELETE FROM user_flow WHERE user_flow_id = %s", EMPTY_FLOW)
    own_replica.execute("UPDATE user_flow SET name = 'Buy two lamps'")
    own_replica.execute("DELETE FROM session_metadata WHERE session_id = %s", EXCLUDED)
    refresh(organisation)
    [row] = flow_cards(organisation, 100).rows
    assert (row.name, row.sessions, row.last_session_id) == ("Buy two lamps", 3, BARE)


def test_what_stays_as_it_was_is_not_written(organisation: Organisation, own_replica: Captured) -> None:
    refresh(organisation)
    own_replica.execute("UPDATE user_flow SET name = 'Buy two lamps' WHERE user_flow_id = %s", FLOW)
    with CaptureQueriesContext(connections["default"]) as queries:
        refresh(organisation)
    [insert] = [one["sql"] for one in queries if one["sql"].startswith('INSERT INTO "flow_trends_flowtrend"')]
    assert "Buy two lamps" in insert
    assert "Never walked" not in insert


def test_while_the_replica_is_silent_what_was_known_stays(
    organisation: Organisation, own_replica: Captured, caplog: pytest.LogCaptureFixture
) -> None:
    refresh(organisation)
    before = flow_cards(organisation, 100)
    caplog.set_level(logging.CRITICAL)
    Replica.objects.update(reader_url="postgresql://nobody@localhost:1/gone")
    refresh(Organisation.objects.get())
    after = flow_cards(organisation, 100)
    assert (after.rows, after.read_at) == (before.rows, before.read_at)
    assert after.failed_at
    Replica.objects.update(reader_url=own_replica.url)
    refresh(Organisation.objects.get())
    assert flow_cards(organisation, 100).failed_at is None


def test_a_worker_that_asked_earlier_does_not_overwrite_one_that_asked_later(
    organisation: Organisation, own_replica: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = reading.all_trends

    def slow(asked: Organisation, alias: str) -> object:
        found = read(asked, alias)
        own_replica.execute("UPDATE user_flow SET name = 'Newer'")
        monkeypatch.setattr(service, "all_trends", read)
        refresh(organisation)
        return found

    monkeypatch.setattr(service, "all_trends", slow)
    refresh(organisation)
    assert {row.name for row in shown(organisation).values()} == {"Newer"}


def test_a_replica_that_was_removed_meanwhile_leaves_nothing(
    organisation: Organisation, own_replica: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = reading.all_trends

    def slow(asked: Organisation, alias: str) -> object:
        found = read(asked, alias)
        Replica.objects.all().delete()
        return found

    monkeypatch.setattr(service, "all_trends", slow)
    refresh(organisation)
    assert not FlowReading.objects.exists()
    assert not flow_cards(organisation, 100).has_replica
    assert service.slower_flows(organisation) == {}


def test_without_a_replica_there_is_nothing_and_before_the_first_look_nobody_knows(
    organisation: Organisation, captured_replica: Captured
) -> None:
    trends = flow_cards(organisation, 100)
    assert (trends.rows, trends.has_replica, trends.read_at) == ([], True, None)
    assert service.slower_flows(organisation) is None
    other = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    refresh(organisation)
    refresh(other)
    assert (flow_cards(other, 100).rows, flow_cards(other, 100).has_replica) == ([], False)


def test_two_hundred_flows_cost_as_many_statements_as_two(organisation: Organisation, own_replica: Captured) -> None:
    def counted() -> list[int]:
        own, theirs = connections["default"], connections[own_replica.alias]
        found = []
        for act in (lambda: refresh(organisation), lambda: flow_cards(organisation, 20)):
            with CaptureQueriesContext(own) as of_ours, CaptureQueriesContext(theirs) as of_theirs:
                act()
            found += [len(of_ours), len(of_theirs)]
        return found

    refresh(organisation)
    own_replica.execute("UPDATE user_flow SET name = name || '!'")
    keep_baseline(organisation, FLOW, [FULL], "one", "Mei")
    few = counted()
    own_replica.execute(
        "INSERT INTO user_flow SELECT gen_random_uuid()::text, 'Flow ' || n, NULL, now() FROM generate_series(1, 198) n"
    )
    with psycopg.connect(own_replica.url) as connection:
        flows = [flow for (flow,) in connection.execute("SELECT user_flow_id FROM user_flow WHERE name LIKE 'Flow %'")]
    for flow in flows:
        FlowBaseline.objects.create(organisation=organisation, user_flow_id=flow, session_ids=[FULL], words="one")
    assert counted() == few
    assert few[2:] == [2, 0]  # the page asks no replica
    trends = flow_cards(organisation, 20)
    assert (len(trends.rows), trends.total, trends.left_out) == (20, 200, 180)


def test_more_flows_than_are_kept_leave_those_with_a_baseline(
    organisation: Organisation, captured_replica: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "KEPT", 1)
    refresh(organisation)
    assert shown(organisation).keys() == {FLOW}
    keep_baseline(organisation, EMPTY_FLOW, [FULL], "gone", "Mei")
    refresh(organisation)
    assert shown(organisation).keys() == {EMPTY_FLOW}
    assert flow_cards(organisation, 5).left_out == 1


def finish_jobs() -> None:
    """Also those that jobs have queued."""
    while ProcrastinateJob.objects.filter(status="todo", scheduled_at=None).exists():
        run_worker()


def due() -> int:
    return service.due(timezone.now()).count()


def test_a_replica_is_due_after_five_minutes_and_when_a_baseline_was_kept(
    organisation: Organisation, captured_replica: Captured
) -> None:
    assert due() == 1
    refresh(organisation)
    assert due() == 0
    keep_baseline(organisation, FLOW, [FULL], "one", "Mei")
    assert due() == 1
    refresh(organisation)
    assert due() == 0
    FlowReading.objects.update(read_at=timezone.now() - 6 * MINUTE)
    assert due() == 1
    FlowBaseline.objects.update(kept_at=timezone.now() - 6 * MINUTE)
    FlowReading.objects.update(failed_at=timezone.now() - MINUTE)
    assert due() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_queue")
def test_a_worker_reads_what_is_due_and_one_job_a_replica_waits(
    organisation: Organisation, captured_replica: Captured
) -> None:
    for _ in range(2):
        follow_replicas(timestamp=0)
        announce(organisation.pk)
    assert ProcrastinateJob.objects.filter(task_name=TASK).count() == 1
    run_worker()
    assert shown(organisation).keys() == {FLOW, EMPTY_FLOW}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("store", "clean_server", "empty_queue")
def test_a_sync_and_deletions_are_followed_at_once(
    export: UserFlowExport, add_session: AddSession, organisation: Organisation
) -> None:
    one, two = add_session("one"), add_session("two")
    sync(export)
    finish_jobs()
    assert shown(organisation)[conftest.FLOW].sessions == 2
    keep_baseline(organisation, conftest.FLOW, [one, two], "both", "Mei")
    deletion.request_session(organisation, two, "Mei")
    finish_jobs()
    assert (shown(organisation)[conftest.FLOW].sessions, shown(organisation)[conftest.FLOW].last_session_id) == (1, one)
    deletion.request_flow(export, "Mei")
    finish_jobs()
    assert shown(organisation) == {}
    deletion.request_replica(Replica.objects.get(), "Mei")
    finish_jobs()
    assert not flow_cards(organisation, 5).has_replica


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("store", "clean_server", "empty_queue")
def test_copies_in_replicas_of_others_are_followed_too(export: UserFlowExport, add_session: AddSession) -> None:
    add_session("one")
    other = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    target = targets.offer(export.organisation, "theirs", other, "ann")
    target.accepted_at = timezone.now()
    target.save()
    copied = targets.copy_to(export, target)
    sync(copied)
    finish_jobs()
    assert shown(other).keys() == {conftest.FLOW}
    deletion.request_copy(copied, "ann")
    finish_jobs()
    assert shown(other) == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("store", "clean_server", "empty_queue")
def test_an_announcement_is_part_of_what_announces_it(organisation: Organisation) -> None:
    def killed() -> None:
        with transaction.atomic():
            announce(organisation.pk)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        killed()
    assert not ProcrastinateJob.objects.filter(task_name=TASK).exists()


def test_names_of_others_are_shortened(organisation: Organisation, own_replica: Captured) -> None:
    own_replica.execute("ALTER TABLE user_flow ALTER name TYPE text")
    own_replica.execute("UPDATE user_flow SET name = repeat(%s, 100)", HOSTILE)
    refresh(organisation)
    assert max(len(row.name) for row in shown(organisation).values()) == reading.LONGEST_NAME
