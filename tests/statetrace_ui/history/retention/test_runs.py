"""Runs: what they remove, how they go on after a kill, and that capture goes on meanwhile."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.history import partitions
from statetrace_ui.history.chain.verify import verify_chain
from statetrace_ui.history.erasure import requests
from statetrace_ui.history.erasure import runs as erasures
from statetrace_ui.history.models import Action, Change, Erasure, RetentionRun, Session, Source, Transaction
from statetrace_ui.history.retention import leaves, leftovers, runs, sweep
from statetrace_ui.history.retention.rules import ALL_TABLES, set_rule
from statetrace_ui.history.retention.states import complete_state
from statetrace_ui.history.retention.sweep import Sweep
from statetrace_ui.history.tasks import apply_retention
from statetrace_ui.wal import records
from statetrace_ui.wal.records import Column, Relation, row_change
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.erasure.test_erasing import ADA, disconnect, found
from tests.statetrace_ui.history.retention.aged import KEEP_DAYS, OLD, YOUNG, apply, changes_of, commit, present
from tests.statetrace_ui.history.rows import make_source
from tests.statetrace_ui.history.test_store import note
from tests.waiting import wait_until

ITEM = Relation(7, "public", "item", "d", (Column("id", "integer", True), Column("name", "text", False)))
LOG = Relation(8, "public", "log", "f", (Column("line", "text", False),))
FAR = 500_000_000  # an id that no other test comes near


def insert(number: int, name: str = "x", relation: Relation = ITEM) -> records.Change:
    return row_change(relation, "I", new={"id": str(number), "name": name})


def update(number: int, name: str) -> records.Change:
    return row_change(ITEM, "U", new={"id": str(number), "name": name})


def line(kind: Any, text: str) -> records.Change:
    row: records.Row = {"line": text}
    return row_change(LOG, kind, new=row) if kind == "I" else row_change(LOG, kind, old=row)


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return make_source(organisation)


def fill(source: Source) -> None:
    """Five rows, each changed twice; of them two live on, one of which is changed again lately."""
    for number in range(1, 6):
        commit(source, OLD, insert(number, "first"), note("act", f"a{number}", action_session_id=f"s{number}"))
        commit(source, OLD, update(number, "second"))
    for number in (1, 2, 3):
        commit(source, OLD, row_change(ITEM, "D", old={"id": str(number)}))
    commit(source, YOUNG, update(4, "lately"), note("act", "b", action_session_id="s4"))


def assert_proven(source: Source) -> None:
    report = verify_chain(source, lambda _: None)
    assert (report.links > 0, report.findings) == (True, [])


def test_a_run_removes_what_is_over_and_keeps_the_states_of_living_rows(source: Source) -> None:
    fill(source)
    before = present(source)
    run = apply(source)
    assert present(source) == before
    left = [(change.kind, change.record_key, change.transaction.kind) for change in changes_of(source)]
    assert left == [("B", '["4"]', "checkpoint"), ("B", '["5"]', "checkpoint"), ("U", '["4"]', "commit")]
    assert (run.outcome, run.changes, run.checkpoints) == ("done", 11, 2)
    kept = Transaction.objects.get(kind="checkpoint")
    assert (kept.committed_at.isoformat(), kept.change_count) == (run.limits["before"], 0)
    assert SecurityEvent.objects.filter(event="retention_applied", subject__contains="11 changes").count() == 1
    assert_proven(source)


def test_what_nothing_refers_to_any_more_goes_too(source: Source) -> None:
    fill(source)
    run = apply(source)
    assert (run.actions, run.sessions) == (5, 4)
    assert list(Session.objects.values_list("key", flat=True)) == ["s4"]
    assert list(Action.objects.values_list("key", flat=True)) == ["b"]
    assert sorted(Transaction.objects.values_list("kind", flat=True)) == ["checkpoint", "commit"]


def test_the_newest_commits_stay_for_capture_to_know_the_server_by(source: Source) -> None:
    commit(source, OLD, insert(1), row_change(ITEM, "D", old={"id": "1"}))
    commit(source, OLD, note("act", "a", action_session_id="s"))
    newest = [one.pk for one in Transaction.objects.order_by("id")]
    assert apply(source).changes == 2
    assert [one.pk for one in Transaction.objects.order_by("id")] == newest
    assert leftovers.newest(source.pk) == set(newest)


def test_a_second_run_finds_nothing_to_do(source: Source) -> None:
    fill(source)
    apply(source)
    before = list(Change.objects.order_by("id").values())
    again = apply(source)
    assert (again.changes, again.checkpoints, again.transactions) == (0, 0, 0)
    assert list(Change.objects.order_by("id").values()) == before


def test_a_table_may_be_kept_shorter_or_longer_than_the_others(source: Source) -> None:
    other = Relation(9, "public", "other", "d", ITEM.columns)
    for relation in (ITEM, other):
        commit(source, OLD, insert(1, "first", relation), row_change(relation, "D", old={"id": "1"}))
    commit(source, YOUNG, insert(2))
    set_rule(source, ("public", "other"), 30)
    apply(source)
    assert [(change.table_name, change.kind) for change in changes_of(source)] == [
        ("other", "I"), ("other", "D"), ("item", "I"),
    ]  # fmt: skip


def test_of_equal_rows_without_a_key_as_many_stay_as_there_are(source: Source) -> None:
    commit(source, OLD, line("I", "same"), line("I", "same"), line("I", "same"), line("I", "gone"))
    commit(source, OLD, line("D", "same"), line("D", "gone"))
    commit(source, YOUNG, line("I", "new"))
    apply(source)
    left = [(change.kind, (change.values_after() or {})["line"]) for change in changes_of(source)]
    assert left == [("B", "same"), ("B", "same"), ("I", "new")]


def test_a_killed_run_goes_on_and_ends_alike(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(source)
    before = present(source)
    monkeypatch.setattr(sweep, "BATCH_ROWS", 2)
    set_rule(source, ALL_TABLES, KEEP_DAYS)
    kills = 0
    while not RetentionRun.objects.filter(outcome="done").exists():
        kill_after_a_batch(monkeypatch, source)
        kills += 1
        assert present(source) == before
    run = RetentionRun.objects.get()
    assert kills > 5
    assert (run.changes, run.checkpoints, run.actions, run.sessions) == (11, 2, 5, 4)
    assert_proven(source)


def kill_after_a_batch(monkeypatch: pytest.MonkeyPatch, source: Source) -> None:
    """One batch is committed, then the next one is interrupted when all its rows are written."""
    batches = []

    def remove(self: Sweep, *arguments: Any, **named: Any) -> Any:
        batches.append(original(self, *arguments, **named))
        if len(batches) == 2:
            raise KeyboardInterrupt
        return batches[-1]

    original = Sweep.remove
    with monkeypatch.context() as patched:
        patched.setattr(Sweep, "remove", remove)
        try:
            runs.perform(runs.start(source, "test"))
        except KeyboardInterrupt:
            return


@pytest.fixture
def no_partitions(transactional_db: None) -> Iterator[None]:
    """There are none. Those that other tests expect are there again afterwards."""
    size = settings.HISTORY_PARTITION_IDS
    with transaction.atomic(), connection.cursor() as cursor:
        for leaf in partitions.leaves(cursor):
            partitions.drop(cursor, leaf)
    yield
    with connection.cursor() as cursor:
        last = partitions.last_id(cursor)
    with override_settings(HISTORY_PARTITION_IDS=size):
        for branch in partitions.BRANCHES:
            partitions.make(branch, 0, last + size)


def test_a_partition_of_which_all_is_over_is_dropped(
    no_partitions: None, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HISTORY_PARTITION_IDS", 20)
    source = make_source(organisation)
    with connection.cursor() as cursor:
        for leaf in partitions.leaves(cursor):
            partitions.drop(cursor, leaf)
    to_a_new_partition()
    for number in range(1, 16):
        commit(source, OLD, insert(number, "first"), update(number, "second"))
    to_a_new_partition()
    commit(source, YOUNG, update(1, "lately"))
    to_a_new_partition()  # so that the one before is full
    before = present(source)
    run = apply(source)
    assert run.outcome == "done"
    assert run.partitions > 0
    assert present(source) == before
    assert (run.changes, run.checkpoints) == (15, 15)
    assert_proven(source)


def to_a_new_partition() -> None:
    """The next id is the first of a partition."""
    with connection.cursor() as cursor:
        size = settings.HISTORY_PARTITION_IDS
        cursor.execute(
            "SELECT setval('history_change_ids', (%s / %s + 1) * %s - 1)", [partitions.last_id(cursor), size, size]
        )


def test_capture_stores_while_a_batch_is_under_way(
    transactional_db: None, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flush waits for no batch: it commits between a batch's writes and its end."""
    source = make_source(organisation)
    fill(source)
    stored: list[Exception | str] = []

    def flush() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '10s'")
            commit(Source.objects.get(), YOUNG, insert(9, "meanwhile"))
            stored.append("stored")
        except Exception as error:
            stored.append(error)
        finally:
            connection.close()

    def remove(self: Sweep, *arguments: Any, **named: Any) -> Any:
        rows = original(self, *arguments, **named)
        if not stored:
            thread = threading.Thread(target=flush)
            thread.start()
            thread.join()
        return rows

    original = Sweep._next
    monkeypatch.setattr(Sweep, "_next", remove)
    run = apply(source)
    assert stored == ["stored"]
    assert (run.outcome, present(source)["public", "item"]['["9"]']["name"]) == ("done", "meanwhile")
    assert_proven(source)


def test_the_job_of_the_page_performs_a_run_once(source: Source) -> None:
    fill(source)
    set_rule(source, ALL_TABLES, KEEP_DAYS)
    run = runs.request(source, "manager")
    assert runs.request(source, "manager") == run
    for _ in range(2):
        apply_retention(run_id=run.pk)
    run.refresh_from_db()
    assert (run.outcome, run.changes, run.requested_by) == ("done", 11, "manager")


def test_no_value_is_kept_that_an_erasure_takes_meanwhile(
    transactional_db: None, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The erasure begins when the value was read that completes a row, and has not been written."""
    source = make_source(organisation)
    disconnect(source)
    note_only = Relation(7, "public", "item", "d", (*ITEM.columns, Column("note", "text", False)))
    commit(source, OLD, row_change(note_only, "I", new={"id": "1", "name": "first", "note": ADA}))
    commit(source, OLD, row_change(note_only, "U", new={"id": "1", "name": "second"}, unchanged=["note"]))
    places, wanted = requests.person_wanted(source, [], [], "", ADA, elsewhere=True)
    erasure = requests.ask(source, Erasure.Kind.PERSON, places, wanted, "", "test")
    erasures.perform(erasure)
    requests.confirm(erasure, "test")
    thread = threading.Thread(target=perform_elsewhere, args=(erasure,))

    def complete_late(change: Change) -> Any:
        state = complete_state(change)
        thread.start()
        wait_until(lambda: not thread.is_alive() or somebody_waits())
        return state

    monkeypatch.setattr(sweep, "complete_state", complete_late)
    apply(source)
    thread.join()
    assert (Erasure.objects.get().state, found(ADA)) == ("done", {})
    assert_proven(source)


def test_a_partition_goes_in_the_order_in_which_others_lock(transactional_db: None, source: Source) -> None:
    """Who holds a branch and waits for a partition, as a writer may, is not waited for by who holds that partition."""
    partitions.make("stream", FAR, FAR)
    with connection.cursor() as cursor:
        leaf = partitions.leaves(cursor, "stream")[-1]
    assert leaf.first <= FAR < leaf.end
    thread = threading.Thread(target=drop_elsewhere, args=(leaf, source))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE ONLY history_change_stream IN ROW EXCLUSIVE MODE")
        thread.start()
        wait_until(lambda: waits_for("history_change_stream"))
        cursor.execute(f"LOCK TABLE {leaf.name} IN ROW EXCLUSIVE MODE NOWAIT")
    thread.join()


def drop_elsewhere(leaf: partitions.Leaf, source: Source) -> None:
    try:
        leaves.drop(leaf, source.pk, [])
    finally:
        connection.close()


def waits_for(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = %s::regclass AND NOT granted)", [table])
        return bool(cursor.fetchone()[0])


def perform_elsewhere(erasure: Erasure) -> None:
    try:
        erasures.perform(erasure)
    finally:
        connection.close()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database())"
        )
        return bool(cursor.fetchone()[0])
