"""Gaps: what was missed is declared, and the source goes on by itself with all tables compared."""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from statetrace_ui.capture import keeping, recovery, worker
from statetrace_ui.history.gap_store import Loss, declare, open_gap
from statetrace_ui.history.models import Change, Gap, Source, Transaction
from statetrace_ui.history.refusals import EraEnded
from statetrace_ui.history.store import advance, store
from statetrace_ui.wal import records
from statetrace_ui.wal.catalog import inserts_name
from tests.statetrace_ui.capture.test_add_source import new_role as new_role
from tests.statetrace_ui.capture.test_add_source import printed, refused
from tests.statetrace_ui.conftest import Audited, run_capture, stored, supervised
from tests.waiting import wait_until

ITEM = "CREATE TABLE item (id int PRIMARY KEY, name text)"
SLOT_GONE = Loss(Gap.Reason.SLOT_GONE, "the replication slot is gone")
SLOTS = "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"


def drop_slot(audited: Audited, source: Source) -> None:
    audited.run(f"SELECT pg_drop_replication_slot('{source.slot_name}')")


def history() -> list[tuple[str, str]]:
    """(kind, key) of all changes in their order, without the beginnings of readings."""
    return list(Change.objects.exclude(kind="S").order_by("id").values_list("kind", "record_key"))


@pytest.fixture
def source(audited: Audited) -> Source:
    """With one row in the baseline and one in the stream."""
    audited.run(ITEM, "INSERT INTO item VALUES (1, 'a')")
    source = audited.add()
    audited.run("INSERT INTO item VALUES (2, 'a')")
    audited.capture(source)
    return source


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        ("SELECT pg_drop_replication_slot('{slot}')", Gap.Reason.SLOT_GONE),
        ("SELECT pg_replication_slot_advance('{slot}', pg_current_wal_lsn())", Gap.Reason.READ_ELSEWHERE),
    ],
)
def test_what_was_missed_is_declared_and_capture_goes_on_by_itself(
    audited: Audited, source: Source, break_it: str, reason: str
) -> None:
    audited.run("UPDATE item SET name = 'b' WHERE id = 1", "DELETE FROM item WHERE id = 2")
    audited.run("INSERT INTO item VALUES (3, 'a')", break_it.format(slot=source.slot_name))
    with supervised():
        wait_until(lambda: Gap.objects.filter(missed=True).exclude(closed_at=None).exists())
        audited.run("INSERT INTO item VALUES (4, 'a')")
        wait_until(lambda: '["4"]' in stored("record_key"))
    assert history() == [
        *[("B", '["1"]'), ("I", '["2"]')],
        *[("G", ""), ("U", '["1"]'), ("I", '["3"]'), ("D", '["2"]')],
        ("I", '["4"]'),
    ]
    gap = Gap.objects.get()
    entry = Change.objects.get(kind="G")
    assert (gap.reason, gap.era, gap.entry, entry.relation) == (reason, 1, entry.pk, None)
    assert (gap.since_at, gap.since_lsn) == (
        Transaction.objects.get(kind="commit", era=0).committed_at,
        source.position,
    )
    assert gap.until_lsn is not None
    assert gap.until_lsn > gap.since_lsn
    kinds = Transaction.objects.order_by("id").values_list("era", "kind")
    assert list(kinds) == [(0, "baseline"), (0, "commit"), (1, "gap"), (1, "resync"), (1, "commit")]
    after = Source.objects.get()
    assert (after.era, after.status, after.error) == (1, "streaming", "")
    assert audited.rows(SLOTS) == [(after.slot_name,)]
    assert after.slot_name != source.slot_name


@pytest.mark.parametrize("again", ["", "CREATE PUBLICATION {name} FOR TABLE item"])
def test_a_publication_that_was_dropped_is_a_gap(
    audited: Audited, source: Source, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    """Also if somebody made it again at once: what was committed in between was never sent."""
    monkeypatch.setattr(worker, "CHECK_SECONDS", 0.05)
    with supervised():
        audited.run("INSERT INTO item VALUES (3)")
        wait_until(lambda: '["3"]' in stored("record_key"))
        audited.together(
            f"DROP PUBLICATION {source.publication_name}",
            "INSERT INTO item VALUES (4)",
            *filter(None, [again.format(name=source.publication_name)]),
        )
        wait_until(lambda: '["4"]' in stored("record_key"))
        audited.run("INSERT INTO item VALUES (5)")
        wait_until(lambda: '["5"]' in stored("record_key"))
    assert history()[-4:] == [("I", '["3"]'), ("G", ""), ("I", '["4"]'), ("I", '["5"]')]
    assert (Gap.objects.get().reason, Gap.objects.get().certain) == ("publication", False)


def test_a_dropped_publication_of_inserts_is_a_gap(
    audited: Audited, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Annotations of a table without a key come by it alone."""
    monkeypatch.setattr(worker, "CHECK_SECONDS", 0.05)
    with supervised():
        wait_until(lambda: audited.rows("SELECT 1 FROM pg_stat_replication"))
        audited.run(f"DROP PUBLICATION {inserts_name(source.publication_name)}")
        wait_until(lambda: Gap.objects.exclude(closed_at=None).exists())
    assert Gap.objects.get().sentence == f"the publication {inserts_name(source.publication_name)} was dropped"


def test_a_table_without_a_key_does_not_keep_capture_from_going_on(audited: Audited, source: Source) -> None:
    """It was left out while the source streamed, too; only a new source is refused."""
    audited.run("CREATE TABLE keyless (id int)", "INSERT INTO item VALUES (3)")
    drop_slot(audited, source)
    with supervised():
        wait_until(lambda: '["3"]' in stored("record_key"))
        wait_until(lambda: "Left out" in Source.objects.get().error)


@pytest.mark.long
def test_what_stands_in_the_way_is_said_and_capture_goes_on_once_it_is_gone(audited: Audited, new_role: str) -> None:
    audited.run(ITEM, f"ALTER ROLE {new_role} PASSWORD 'secret'")
    printed("shop", audited.url_of_role(new_role, "secret"))
    source = Source.objects.get()
    audited.run("INSERT INTO item VALUES (1)", f"ALTER ROLE {new_role} NOSUPERUSER REPLICATION")
    drop_slot(audited, source)
    with supervised():
        wait_until(lambda: "not ready to be captured" in Source.objects.get().error)
        wait_until(lambda: "GRANT CREATE ON DATABASE" in Source.objects.get().error_detail)
        assert open_gap(source)
        assert audited.rows(SLOTS) == []
        audited.run(f"ALTER ROLE {new_role} SUPERUSER")
        wait_until(lambda: stored("kind") == ["G", "I"])
    assert not open_gap(source)


# killed in between, twice, and two at once


def test_a_worker_that_was_killed_after_declaring_goes_on(audited: Audited, source: Source) -> None:
    audited.run("INSERT INTO item VALUES (3)")
    declare(source, SLOT_GONE)
    with supervised():
        wait_until(lambda: '["3"]' in stored("record_key"))
    assert Gap.objects.count() == Change.objects.filter(kind="G").count() == 1
    assert len(audited.rows(SLOTS)) == 1


@pytest.mark.long
def test_a_worker_that_is_killed_while_it_compares_begins_again(
    audited: Audited, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its slot and its publications are there by then; nothing of them stays, and nothing is doubled."""
    audited.run("INSERT INTO item SELECT n, 'a' FROM generate_series(3, 10000) AS n")
    drop_slot(audited, source)
    with run_capture(tmp_path):
        wait_until(lambda: Gap.objects.filter(tries=1).exists())
    assert open_gap(source)
    wait_until(lambda: audited.rows(f"{SLOTS} AND active") == [])
    ((left_over,),) = audited.rows(SLOTS)
    monkeypatch.setattr(recovery, "FIRST_PAUSE", timedelta(0))
    with supervised():
        wait_until(lambda: not open_gap(source))
    assert Change.objects.filter(kind="I").count() == 9_999
    assert Gap.objects.get().tries == 2
    assert audited.rows(SLOTS) == [(Source.objects.get().slot_name,)] != [(left_over,)]
    assert len(audited.rows("SELECT 1 FROM pg_publication")) == 2


def test_two_who_find_the_same_gap_declare_one(source: Source) -> None:
    begin = threading.Barrier(2)
    answers: list[Any] = []

    def find() -> None:
        try:
            mine = Source.objects.get()
            begin.wait()
            answers.append(declare(mine, SLOT_GONE).era)
        except EraEnded as ended:
            answers.append(str(ended))
        finally:
            connection.close()

    threads = [threading.Thread(target=find) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers, key=str) == [1, "A gap in the history of shop was declared in the meantime."]
    assert Gap.objects.count() == Change.objects.filter(kind="G").count() == 1


def test_whoever_still_streams_the_time_before_a_gap_stores_nothing_more(source: Source) -> None:
    behind = Source.objects.get()
    declare(source, SLOT_GONE)
    late = records.Transaction(behind.position + 1, behind.position + 9, timezone.now(), [])
    with pytest.raises(EraEnded):
        store(behind, [late])
    advance(behind, behind.position + 100)
    assert Source.objects.get().position == 0


def test_a_worker_whose_source_got_a_gap_elsewhere_begins_anew(audited: Audited, source: Source) -> None:
    with audited.capturing(source) as errors:
        wait_until(lambda: audited.rows(f"{SLOTS} AND active"))
        declare(source, SLOT_GONE)
        wait_until(lambda: errors)
    assert isinstance(errors[0], EraEnded)


# again and again


@pytest.mark.long
def test_a_second_gap_within_a_day_is_waited_for_and_a_person_need_not_wait(
    audited: Audited, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody drops the slot because the log that it holds back fills the disk: it must not come back at once."""
    monkeypatch.setattr(recovery, "REPORT_SECONDS", 0.05)
    with supervised():
        drop_when_free(audited, source)
        wait_until(lambda: Gap.objects.exclude(closed_at=None).exists())
        source.refresh_from_db()
        drop_when_free(audited, source)
        wait_until(lambda: "Capture goes on by itself at" in Source.objects.get().error)
        waiting = Source.objects.get()
        assert f"the replication slot {source.slot_name} is gone" in waiting.error
        assert "remove_source shop" in waiting.error
        assert audited.rows(SLOTS) == []
        assert audited.rows("SELECT 1 FROM pg_publication") == []
        audited.run("INSERT INTO item VALUES (3)")
        assert "goes on with all tables compared" in printed("shop", audited.url)
        wait_until(lambda: '["3"]' in stored("record_key"))
    assert [gap.is_open for gap in Gap.objects.order_by("era")] == [False, False]


def drop_when_free(audited: Audited, source: Source) -> None:
    """Drop the slot though a worker reads it, as a person would: end its walsender, then drop it at once."""
    slot = f"FROM pg_replication_slots WHERE slot_name = '{source.slot_name}'"

    def dropped() -> bool:
        audited.rows(f"SELECT pg_terminate_backend(active_pid) {slot} AND active")
        try:
            audited.run(f"SELECT pg_drop_replication_slot(slot_name) {slot}")
        except psycopg.errors.ObjectInUse:
            return False
        return True

    wait_until(dropped)


@pytest.mark.parametrize(
    ("gaps_before", "tries", "minutes"),
    [(0, 0, 0), (1, 0, 1), (2, 0, 2), (9, 0, 60), (0, 1, 1), (0, 3, 4), (0, 99, 60)],
)
def test_pauses_grow(source: Source, gaps_before: int, tries: int, minutes: int) -> None:
    now = timezone.now()
    told: dict[str, Any] = {"source": source, "entry": 1, "since_at": now, "since_lsn": 1, "found_at": now}
    for era in range(1, gaps_before + 1):
        Gap.objects.create(**told, era=era, closed_at=now)
    gap = Gap.objects.create(**told, era=gaps_before + 1, tries=tries, tried_at=now)
    assert recovery.goes_on_at(gap) == now + timedelta(minutes=minutes)


# another server


def test_another_server_is_waited_for_and_the_right_one_goes_on_without_a_loss(
    audited: Audited, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LONGEST_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(keeping, "FIRST_PAUSE_SECONDS", 0.1)
    Source.objects.update(system_identifier="1")
    audited.run("INSERT INTO item VALUES (3)")
    with supervised():
        wait_until(lambda: "the address now leads to another server" in Source.objects.get().error)
        wait_until(lambda: open_gap(source))
        assert (Source.objects.get().era, Source.objects.get().position) == (0, source.position)
        Source.objects.update(system_identifier=source.system_identifier)
        wait_until(lambda: '["3"]' in stored("record_key"))
    gap = Gap.objects.get()
    assert (gap.missed, gap.until_lsn) == (False, gap.since_lsn)
    assert history()[-2:] == [("G", ""), ("I", '["3"]')]


@pytest.mark.long
def test_a_person_says_that_the_database_has_moved_to_the_other_server(
    audited: Audited, source: Source, new_database: Callable[..., str]
) -> None:
    """There its tables have other ids, and their columns other numbers."""
    moved = Audited(new_database())
    with closing(moved.connection):
        moved.run(
            "CREATE TABLE other (id int PRIMARY KEY)", "CREATE TABLE item (gone int, id int PRIMARY KEY, name text)"
        )
        moved.run("ALTER TABLE item DROP gone", "INSERT INTO item VALUES (1, 'a'), (2, 'b')")
        Source.objects.update(system_identifier="1", url=moved.url)
        with supervised():
            wait_until(lambda: open_gap(source))
            printed("shop", moved.url)
            moved.run("INSERT INTO item VALUES (3, 'c')")
            wait_until(lambda: '["3"]' in stored("record_key"))
    assert history()[-3:] == [("G", ""), ("U", '["2"]'), ("I", '["3"]')]
    assert Change.objects.get(kind="U").values_before() == {"name": "a"}
    assert not open_gap(source)
    assert Source.objects.get().system_identifier == source.system_identifier


def test_the_address_of_another_server_is_taken_only_if_the_database_has_moved(
    audited: Audited, source: Source
) -> None:
    Source.objects.update(system_identifier="1", status=Source.Status.ERROR)
    assert "by --moved" in refused("shop", audited.url)
    assert not Gap.objects.exists()
    printed("shop", audited.url, "--moved")
    assert Gap.objects.get().reason == Gap.Reason.OTHER_SERVER
    assert not open_gap(source)
