"""Several capture processes: each source is captured by one, and goes to another when that dies or falls silent."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from statetrace_ui.capture.keeping import Hold, keep_capturing
from statetrace_ui.capture.models import Process
from statetrace_ui.capture.processes import Membership, TakenForDead, name_of
from statetrace_ui.history.models import Source
from statetrace_ui.history.refusals import Superseded
from statetrace_ui.history.store import FLUSH_LOCK, advance, store
from tests.statetrace_ui.conftest import Audited, run_capture, stored, supervised
from tests.waiting import wait_until


@pytest.fixture
def other(audited: Audited, new_database: Callable[..., str]) -> Iterator[Audited]:
    database = Audited(new_database())
    yield database
    database.connection.close()


def added(database: Audited, name: str = "shop") -> Source:
    database.run("CREATE TABLE item (id int PRIMARY KEY)")
    return database.add(name)


def process_of(process: subprocess.Popen[bytes]) -> Process:
    return Process.objects.get(pid=process.pid)


def holds(process: subprocess.Popen[bytes], number: int = 1) -> bool:
    """Whether the process has joined the others, and captures so many sources."""
    found = Process.objects.filter(pid=process.pid).first()
    return found is not None and Source.objects.filter(held_by=found.key, status="streaming").count() == number


def silence(process: subprocess.Popen[bytes]) -> None:
    """Suspend it, and let it have been silent for long."""
    os.kill(process.pid, signal.SIGSTOP)
    with connection.cursor() as cursor:
        backdate = "UPDATE capture_process SET beat_at = beat_at - interval '1 minute' WHERE pid = %s"
        cursor.execute(backdate, [process.pid])


@pytest.mark.long
def test_a_killed_process_is_replaced_by_one_that_waits(audited: Audited, tmp_path: Path) -> None:
    added(audited)
    with run_capture(tmp_path) as first:
        wait_until(lambda: holds(first))
        with run_capture(tmp_path) as second:
            wait_until(lambda: Process.objects.count() == 2)
            audited.run("INSERT INTO item VALUES (1)")
            first.kill()
            first.wait()
            audited.run("INSERT INTO item VALUES (2)")
            wait_until(lambda: holds(second))
            wait_until(lambda: stored("record_key") == ['["1"]', '["2"]'])
            assert list(Process.objects.values_list("pid", flat=True)) == [second.pid]


@pytest.mark.long
def test_a_process_suspended_in_a_flush_holds_nothing_up_and_stores_nothing_when_it_wakes(
    audited: Audited, other: Audited, tmp_path: Path
) -> None:
    """It sleeps within its transaction, holding the lock that all flushes need, and the locks of its source."""
    added(audited, "first")
    own = psycopg.connect(audited.url_of(connection.settings_dict["NAME"]))
    with own, run_capture(tmp_path, "first") as sleeper:
        wait_until(lambda: holds(sleeper))
        fence = Source.objects.get().fence
        own.execute(FLUSH_LOCK)
        audited.run("INSERT INTO item VALUES (1)")
        waiting = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            f" AND application_name = '{name_of(process_of(sleeper).key)}'"
        )
        # Not within the transaction of `own`, to which this view always looks the same.
        wait_until(lambda: audited.rows(waiting))
        silence(sleeper)
        own.rollback()  # the sleeper's session has the lock now, and waits for it
        with run_capture(tmp_path) as second:
            added(other, "second")
            other.run("INSERT INTO item VALUES (2)")
            wait_until(lambda: sorted(stored("record_key")) == ['["1"]', '["2"]'])
            wait_until(lambda: holds(second, 2))
            os.kill(sleeper.pid, signal.SIGCONT)
            audited.run("INSERT INTO item VALUES (3)")
            wait_until(lambda: holds(sleeper))  # it joins anew, and is the one that was started for this source
            wait_until(lambda: holds(second))
            audited.run("INSERT INTO item VALUES (4)")
            wait_until(lambda: len(stored("id")) == 4)
    assert Source.objects.get(name="first").fence == fence + 2
    assert stored("record_key", source__name="first") == ['["1"]', '["3"]', '["4"]']


def test_what_a_superseded_process_read_is_refused(audited: Audited) -> None:
    """Storing, moving the position on, and reporting."""
    source = added(audited)
    audited.run("INSERT INTO item VALUES (1)")
    stale = Source.objects.get()
    Source.objects.update(fence=5)
    with pytest.raises(Superseded):
        store(stale, [])
    with pytest.raises(Superseded):
        advance(stale, source.position + 1_000_000)
    keep_capturing(Hold(source.pk, stale.fence), threading.Event())
    assert Source.objects.get().position == source.position
    assert not stored("id")


@pytest.mark.long
def test_sources_are_shared_between_processes(audited: Audited, other: Audited, tmp_path: Path) -> None:
    added(audited, "first")
    added(other, "second")
    with run_capture(tmp_path) as one:
        wait_until(lambda: holds(one, 2))
        with run_capture(tmp_path) as two:
            wait_until(lambda: holds(one) and holds(two))
            two.send_signal(signal.SIGTERM)
            assert two.wait(20) == 0
            wait_until(lambda: holds(one, 2))
            audited.run("INSERT INTO item VALUES (1)")
            other.run("INSERT INTO item VALUES (1)")
            wait_until(lambda: len(stored("id")) == 2)


@pytest.mark.long
def test_a_process_for_several_names_takes_these_alone(audited: Audited, tmp_path: Path) -> None:
    source = added(audited, "first")
    for name in ("second", "third"):
        Source.objects.create(
            organisation=source.organisation, name=name, url="postgresql://nobody@127.0.0.1:1/x", slot_name=name
        )
    with run_capture(tmp_path, "first", "third"):
        wait_until(lambda: Source.objects.filter(held_by__isnull=False).count() == 2)
    held = Source.objects.filter(held_by__isnull=False).order_by("name")
    assert [source.name for source in held] == ["first", "third"]


def test_a_process_that_finds_itself_taken_for_dead_begins_anew(audited: Audited) -> None:
    added(audited)
    with supervised():
        wait_until(lambda: Source.objects.get().status == "streaming" and Source.objects.get().held_by)
        before = Process.objects.get().key
        Process.objects.all().delete()
        wait_until(lambda: Process.objects.exclude(key=before).exists())
        audited.run("INSERT INTO item VALUES (1)")
        wait_until(lambda: len(stored("id")) == 1)
    assert not Process.objects.exists()


def test_processes_know_each_other_and_one_that_was_removed_learns_it(transactional_db: None) -> None:
    one, two = Membership(frozenset({"a", "b"})), Membership(frozenset())
    try:
        live, _ = two.look()
        assert live == {one.key: frozenset({"a", "b"}), two.key: frozenset()}
        Process.objects.filter(key=one.key).delete()
        with pytest.raises(TakenForDead):
            one.look()
    finally:
        two.close()
        one.close()


@pytest.mark.long
def test_a_suspended_process_is_replaced_within_thirty_seconds(audited: Audited, tmp_path: Path) -> None:
    added(audited)
    with run_capture(tmp_path) as first:
        wait_until(lambda: holds(first))
        with run_capture(tmp_path) as second:
            wait_until(lambda: Process.objects.count() == 2)
            os.kill(first.pid, signal.SIGSTOP)
            audited.run("INSERT INTO item VALUES (1)")
            wait_until(lambda: len(stored("id")) == 1, patience=30)
            assert holds(second)
