"""`manage.py run_capture`: all sources at once, each on its own."""

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from statetrace_ui.capture import keeping
from statetrace_ui.capture.locks import SourceLocks
from statetrace_ui.history.models import Change, Source
from statetrace_ui.wal import connection as connection_module
from tests.statetrace_ui.conftest import Audited, run_capture, stored, supervised
from tests.waiting import wait_until


@pytest.fixture
def other(audited: Audited, new_database: Callable[..., str]) -> Iterator[Audited]:
    database = Audited(new_database())
    yield database
    database.connection.close()


def test_sources_are_captured_side_by_side_and_new_ones_picked_up(audited: Audited, other: Audited) -> None:
    for database in (audited, other):
        database.run("CREATE TABLE item (id int PRIMARY KEY)")
    audited.add("first")
    with supervised():
        audited.run("INSERT INTO item VALUES (1)")
        wait_until(lambda: stored("source__name") == ["first"])
        other.add("second")
        other.run("INSERT INTO item VALUES (1)")
        wait_until(lambda: stored("source__name") == ["first", "second"])


def test_a_source_that_fails_says_why_and_does_not_hold_up_the_others(audited: Audited, other: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    audited.add("good")
    broken = other.add("broken")
    Source.objects.filter(pk=broken.pk).update(url="postgresql://nobody@127.0.0.1:1/nowhere")
    unreadable = Source.objects.create(
        organisation=broken.organisation, name="unreadable", url="x", slot_name="x", publication_name="x"
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE history_source SET url = 'no token' WHERE id = %s", [unreadable.pk])
    with supervised():
        audited.run("INSERT INTO item VALUES (1)")
        wait_until(lambda: len(stored("id")) == 1)
        errors = Source.objects.defer("url").filter(status="error")
        wait_until(lambda: errors.count() == 2)
    assert errors.get(name="broken").error == "The audited database cannot be reached."
    assert "127.0.0.1" in errors.get(name="broken").error_detail
    assert "ENCRYPTION_KEYS" in errors.get(name="unreadable").error


def test_a_source_that_failed_resumes_where_it_was(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    Source.objects.update(url="postgresql://nobody@127.0.0.1:1/nowhere")
    with supervised():
        wait_until(lambda: Source.objects.get().status == "error")
        audited.run("INSERT INTO item VALUES (1)")
        source.save(update_fields=["url"])
        wait_until(lambda: len(stored("id")) == 1)
        wait_until(lambda: Source.objects.get().status == "streaming" and not Source.objects.get().error)


def test_capture_goes_on_as_soon_as_the_server_is_back(
    audited: Audited, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keeping, "FIRST_PAUSE_SECONDS", 3_600.0)
    monkeypatch.setattr(keeping, "LONGEST_PAUSE_SECONDS", 3_600.0)
    monkeypatch.setattr(keeping, "PROBE_SECONDS", 0.05)
    asked = threading.Event()

    def server_answers(url: str) -> bool:
        answers = connection_module.server_answers(url)
        asked.set()
        return answers

    monkeypatch.setattr(keeping, "server_answers", server_answers)
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    where = str(conninfo_to_dict(source.url)["host"])
    Source.objects.update(url=make_conninfo(source.url, host=str(tmp_path / "socket")))
    with supervised():
        assert asked.wait(30)
        (tmp_path / "socket").symlink_to(where)
        audited.run("INSERT INTO item VALUES (1)")
        wait_until(lambda: len(stored("id")) == 1)


def test_a_failure_that_nobody_expected_shows_no_value_to_readers(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, name text)")
    audited.add()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE history_change ADD CONSTRAINT refuse CHECK (new[2] <> 'a secret')")
    try:
        with supervised():
            audited.run("INSERT INTO item VALUES (1, 'a secret')")
            wait_until(lambda: Source.objects.get().status == "error")
        assert "secret" not in Source.objects.get().error + Source.objects.get().error_detail
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE history_change DROP CONSTRAINT refuse")


def test_a_source_whose_baseline_was_never_taken_gets_it(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    source = audited.add()
    # As a kill in the middle of the baseline leaves it: a slot and a publication, but no rows and no position.
    Change.objects.all().delete()
    source.transaction_set.all().delete()
    Source.objects.update(position=0, tables={}, status=Source.Status.BASELINE)
    with supervised():
        wait_until(lambda: Change.objects.filter(kind="B").exists())
        audited.run("INSERT INTO item VALUES (2)")
        wait_until(lambda: stored("record_key") == ['["2"]'])


def test_stopped_and_replayed_sources_are_left_alone(audited: Audited, other: Audited) -> None:
    stopped = audited.add("stopped")
    Source.objects.filter(pk=stopped.pk).update(status=Source.Status.STOPPED)
    Source.objects.create(organisation=stopped.organisation, name="replayed", url="", slot_name="", publication_name="")
    other.run("CREATE TABLE item (id int PRIMARY KEY)")
    other.add("running")
    with supervised():
        other.run("INSERT INTO item VALUES (1)")
        wait_until(lambda: len(stored("id")) == 1)
    left = Source.objects.exclude(name="running").order_by("name").values_list("name", "status", "error")
    assert list(left) == [("replayed", "new", ""), ("stopped", "stopped", "")]


def test_only_the_named_source_is_captured_when_asked(audited: Audited, other: Audited) -> None:
    for database, name in ((audited, "first"), (other, "second")):
        database.run("CREATE TABLE item (id int PRIMARY KEY)")
        database.add(name)
        database.run("INSERT INTO item VALUES (1)")
    with supervised("second"):
        wait_until(lambda: stored("source__name") == ["second"])
    assert stored("source__name") == ["second"]


def test_a_source_belongs_to_one_worker_at_a_time(audited: Audited) -> None:
    source = audited.add()
    first, second = SourceLocks(), SourceLocks()
    try:
        assert first.take(source.pk)
        assert not second.take(source.pk)
        first.release(source.pk)
        assert second.take(source.pk)
    finally:
        first.close()
        second.close()


def remove(source: Source) -> None:
    source.delete()


def stop(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(status=Source.Status.STOPPED)


@pytest.mark.parametrize("end", [remove, stop])
def test_a_source_that_is_removed_or_stopped_is_let_go_of(audited: Audited, end: Callable[[Source], None]) -> None:
    source = audited.add()
    query = f"SELECT active FROM pg_replication_slots WHERE slot_name = '{source.slot_name}'"
    with supervised():
        wait_until(lambda: audited.rows(query) == [(True,)])
        end(source)
        wait_until(lambda: audited.rows(query) == [(False,)])
    assert not Source.objects.exclude(status=Source.Status.STOPPED).exists()


def test_an_idle_source_pins_no_log(audited: Audited) -> None:
    source = audited.add()
    audited.run("CREATE TABLE t (id int PRIMARY KEY)")
    ((written,),) = audited.rows("SELECT pg_current_wal_lsn()")
    confirmed = f"SELECT confirmed_flush_lsn >= '{written}' FROM pg_replication_slots WHERE slot_name = '{{}}'"
    with supervised():
        wait_until(lambda: audited.rows(confirmed.format(source.slot_name)) == [(True,)])


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_the_command_stops_when_asked_to(audited: Audited, tmp_path: Path, number: signal.Signals) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    audited.add()
    with run_capture(tmp_path) as process:
        audited.run("INSERT INTO item VALUES (2)")
        wait_until(lambda: len(stored("id")) == 1)
        process.send_signal(number)
        assert process.wait(20) == 0
