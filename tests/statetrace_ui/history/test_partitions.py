"""Partitions are there before ids need them, and go on with their lives apart from each other."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection

from statetrace_ui.history import partitions
from statetrace_ui.history.models import Change, Partition, Source
from statetrace_ui.history.partition_ranges import missing_ranges
from statetrace_ui.history.store import store, store_baseline
from statetrace_ui.wal.records import Transaction, row_change
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_source
from tests.statetrace_ui.history.test_store import ITEM, START, commit, insert, item

FIRST = 80_000_000
SIZE = 100


@pytest.mark.parametrize(
    ("known", "first", "last", "missing"),
    [
        ([], 0, 0, [(0, 10)]),
        ([], 25, 31, [(20, 30), (30, 40)]),
        ([(0, 10)], 3, 9, []),
        ([(0, 10)], 3, 10, [(10, 20)]),
        ([(0, 40)], 5, 45, [(40, 50)]),
        ([(12, 15)], 10, 19, [(10, 12), (15, 20)]),
        ([(0, 4), (4, 8)], 0, 9, [(8, 10)]),
    ],
)
def test_ranges_are_added_beside_those_that_are_there(
    known: list[tuple[int, int]], first: int, last: int, missing: list[tuple[int, int]]
) -> None:
    assert missing_ranges(known, first, last, 10) == missing


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Source]:
    """A source whose next changes are the first of a partition, of a hundred ids each."""
    monkeypatch.setattr(settings, "HISTORY_PARTITION_IDS", SIZE)
    with connection.cursor() as cursor:
        before = partitions.last_id(cursor)
        cursor.execute("SELECT setval('history_change_ids', %s)", [FIRST - 1])
    yield make_source(Organisation.objects.create(name="Acme", slug="acme"))
    with connection.cursor() as cursor:
        for leaf in partitions.leaves(cursor):
            if leaf.first >= FIRST:
                partitions.drop(cursor, leaf)
        cursor.execute("SELECT setval('history_change_ids', GREATEST(%s, 1))", [before])


def leaves(*branches: str) -> list[tuple[str, int]]:
    """(branch, number) of the partitions that the test made, counted from 0."""
    with connection.cursor() as cursor:
        found = partitions.leaves(cursor, *branches)
    return [(leaf.branch, (leaf.first - FIRST) // SIZE) for leaf in found if leaf.first >= FIRST]


def test_partitions_are_made_before_their_ids_are_reached(small: Source) -> None:
    store(small, [commit(1, insert(1))])
    assert leaves() == [("stream", 0)]
    store(small, [commit(2, *map(insert, range(60)))])
    assert leaves() == [("stream", 0), ("stream", 1)]  # of which none is needed yet
    store(small, [commit(3, *map(insert, range(250)))])
    assert leaves() == [("stream", number) for number in range(4)]
    assert Change.objects.count() == 311
    assert Partition.objects.filter(first_id__gte=FIRST, end_id__gt=FIRST).count() == 4


def test_rows_of_baselines_lie_apart(small: Source) -> None:
    rows = [row_change(ITEM, "B", new=item(number)) for number in range(150)]
    store_baseline(small, Transaction(7, 8, START, rows, kind="baseline"))
    store(small, [commit(9, insert(1))])
    assert leaves("baseline") == [("baseline", 0), ("baseline", 1)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM history_change_baseline")
        assert cursor.fetchone() == (150,)
        cursor.execute("SELECT count(*) FROM history_change_stream")
        assert cursor.fetchone() == (1,)


def test_a_partition_is_made_while_others_read_and_write(small: Source) -> None:
    """The writer's own transaction, which has written, waits for nothing; nor does a reader's."""
    reading = connection.copy()
    with reading.cursor() as cursor:
        cursor.execute("BEGIN; SELECT count(*) FROM history_change")
        store(small, [commit(1, *map(insert, range(450)))])
        cursor.execute("SELECT count(*) FROM history_change")
        assert cursor.fetchone() == (450,)
        cursor.execute("COMMIT")
    reading.close()


def test_what_ids_have_passed_is_sealed_once_nobody_writes_there(small: Source) -> None:
    store(small, [commit(1, *map(insert, range(120)))])
    writing = connection.copy()
    with writing.cursor() as cursor:
        cursor.execute("BEGIN; UPDATE history_change SET cut = NULL WHERE id = %s", [FIRST])
        assert not [name for name in partitions.seal_full() if str(FIRST) in name]
        cursor.execute("ROLLBACK")
    writing.close()
    assert f"history_change_stream_{FIRST}" in partitions.seal_full()
    sealed = Partition.objects.get(first_id=FIRST)
    assert sealed.sealed_at
    assert sealed.rows == 100
    assert sealed.bytes
    assert partitions.seal_full() == []


def test_two_do_not_pack_the_same_partition_at_once(small: Source) -> None:
    store(small, [commit(1, *map(insert, range(120)))])
    with ThreadPoolExecutor(2) as pool:
        sealed = [name for names in pool.map(lambda _: _in_a_thread(partitions.seal_full), range(2)) for name in names]
    assert sealed.count(f"history_change_stream_{FIRST}") == 1


def _in_a_thread(call: Callable[[], list[str]]) -> list[str]:
    try:
        return call()
    finally:
        connection.close()


def test_a_partition_is_dropped_with_its_rows(small: Source) -> None:
    store(small, [commit(1, *map(insert, range(120)))])
    with connection.cursor() as cursor:
        partitions.drop(cursor, next(leaf for leaf in partitions.leaves(cursor) if leaf.first == FIRST))
    assert leaves() == [("stream", 1)]
    assert Change.objects.count() == 20
    assert not Partition.objects.filter(first_id=FIRST).exists()


def test_partitions_are_found_when_notes_of_them_are_lost(small: Source) -> None:
    store(small, [commit(1, insert(1))])
    Partition.objects.all().delete()
    store(small, [commit(2, *map(insert, range(120)))])
    assert leaves() == [("stream", 0), ("stream", 1)]
