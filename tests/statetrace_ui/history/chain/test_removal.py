"""What retention, erasure and masking take away stays provable; what goes beside it is found."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain import collector
from statetrace_ui.history.chain.canonical import Section
from statetrace_ui.history.chain.removal import removing, removing_range
from statetrace_ui.history.masked_history import Place, mask_batch, note_rules, stored_shapes
from statetrace_ui.history.models import Action, ChainLink, Change, Relation, RowNote, Session, Source, Table
from statetrace_ui.history.models import Transaction as StoredTransaction
from statetrace_ui.history.store import store, store_baseline
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.records import Column, Transaction, row_change
from statetrace_ui.wal.records import Relation as Shape
from tests.statetrace_ui.history.chain.conftest import walked
from tests.statetrace_ui.history.test_store import ITEM, START, commit, insert, item

AS_B_ROW = """
WITH gone AS (DELETE FROM history_change WHERE source_id = %s AND id = %s RETURNING *)
INSERT INTO history_change (id, source_id, transaction_id, relation_id, table_id, kind, baseline, record_key,
                            old_record_key, old, new, old_absent, new_absent, cut)
SELECT id, source_id, transaction_id, relation_id, table_id, 'B', true, record_key, '', NULL, new, NULL, NULL, NULL
FROM gone
"""


def sentences(source: Source) -> list[str]:
    return [finding.sentence for finding in walked(source).findings]


def ids_of(source: Source, *keys: int) -> list[int]:
    wanted = [f'["{key}"]' for key in keys]
    return list(Change.objects.filter(source=source, record_key__in=wanted).order_by("id").values_list("id", flat=True))


def execute(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def remove(source: Source, ids: list[int], reason: str = "retention", *, beside: tuple[int, ...] = ()) -> None:
    with transaction.atomic(), connection.cursor() as cursor, removing(cursor, source.pk, ids, reason):
        Change.objects.filter(source=source, pk__in=[*ids, *beside]).delete()


def test_removed_rows_are_proven_to_be_removed_and_why(kept: Source) -> None:
    remove(kept, ids_of(kept, 1, 12, 13, 14), "retention of 30 days")
    found = walked(kept)
    assert found.clean
    assert found.removed == {"retention": 1, "retention of 30 days": 1}


def test_a_row_that_goes_beside_those_that_are_named_is_found(kept: Source) -> None:
    [other] = ids_of(kept, 14)
    remove(kept, ids_of(kept, 12), beside=(other,))
    [finding] = walked(kept).findings
    assert finding.section == Section.CHANGES
    assert finding.first <= other <= finding.last


def test_a_row_that_becomes_one_of_a_snapshot_keeps_its_id_and_is_proven(kept: Source) -> None:
    [number] = ids_of(kept, 12)
    with transaction.atomic(), connection.cursor() as cursor, removing(cursor, kept.pk, [number], "checkpoint"):
        cursor.execute(AS_B_ROW, [kept.pk, number])
    assert sentences(kept) == []
    execute("UPDATE history_change SET new = '{12,y}' WHERE id = %s", number)
    [finding] = walked(kept).findings
    assert (finding.section, finding.first, finding.last) == (Section.BASELINE, number, number)


def test_rows_of_several_kinds_go_under_one_link(kept: Source) -> None:
    """A transaction of its own is added, as a checkpoint needs, and an actor's name is erased."""
    last = StoredTransaction.objects.order_by("id").values_list("id", flat=True).last() or 0
    action, session = Action.objects.get(key="b"), Session.objects.get(key="s")
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        removing(cursor, kept.pk, ids_of(kept, 14), "erasure 7") as removal,
    ):
        removal.also(Section.TRANSACTIONS, [last + 1])
        removal.also(Section.ACTIONS, [action.pk])
        removal.also(Section.SESSIONS, [session.pk])
        Change.objects.filter(source=kept, pk__in=ids_of(kept, 14)).update(new=None, cut={"erased": 7})
        StoredTransaction.objects.create(
            source=kept, id=last + 1, kind="baseline", commit_lsn=90, end_lsn=91, committed_at=START
        )
        Action.objects.filter(pk=action.pk).delete()
        Session.objects.filter(pk=session.pk).update(actor_full_name="")
    assert sentences(kept) == []
    execute("SELECT setval(pg_get_serial_sequence('history_transaction', 'id'), %s)", last + 1)
    store(kept, [commit(20, insert(20))])
    assert sentences(kept) == []
    execute("DELETE FROM history_transaction WHERE id = %s", last + 1)
    [finding] = walked(kept).findings
    assert (finding.section, finding.first) == (Section.TRANSACTIONS, last + 1)


def test_an_exception_leaves_no_note(kept: Source) -> None:
    notes = RowNote.objects.count()

    def fail(cursor: CursorWrapper) -> None:
        with removing(cursor, kept.pk, ids_of(kept, 12), "retention"):
            Change.objects.filter(source=kept, pk__in=ids_of(kept, 12)).delete()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic(), connection.cursor() as cursor:
        fail(cursor)
    assert RowNote.objects.count() == notes
    assert sentences(kept) == []


def test_what_nothing_was_done_to_adds_no_link(kept: Source) -> None:
    links = ChainLink.objects.count()
    with transaction.atomic(), connection.cursor() as cursor, removing(cursor, kept.pk, ids_of(kept, 12), "retention"):
        pass
    assert ChainLink.objects.count() == links


def test_rows_that_were_altered_by_somebody_are_not_hidden_by_their_removal(kept: Source) -> None:
    execute("UPDATE history_change SET new = '{12,y}' WHERE record_key = '[\"12\"]'")
    remove(kept, ids_of(kept, 12))
    assert len(sentences(kept)) == 1


def test_masking_and_then_erasing_a_row_stays_provable_and_names_what_lies_between(kept: Source) -> None:
    def update(new: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor, removing(cursor, kept.pk, ids_of(kept, 12), new):
            cursor.execute("UPDATE history_change SET new = %s WHERE record_key = '[\"12\"]'", [f"{{12,{new}}}"])

    update("masked")
    update("erased")
    assert sentences(kept) == []
    execute("UPDATE history_change SET new = '{12,masked}' WHERE record_key = '[\"12\"]'")
    [finding] = walked(kept).findings
    assert finding.link == 8
    update("again")
    assert "altered by somebody before link 9" in sentences(kept)[0]


def test_later_masking_goes_under_the_word_of_the_chain(kept: Source) -> None:
    shape = Shape(1, "public", "item", "d", (ITEM.columns[0], Column("name", "text", False, "mask")), Masker(b"k" * 32))
    table = Table.objects.get(source=kept, table_name="item")
    [(row, _)] = list(stored_shapes(table))
    note_rules(row, shape)
    place: Place | None = Place()
    masked = 0
    while place:
        batch = mask_batch(kept, table, {row.pk: shape}, place)
        masked, place = masked + batch.masked, batch.place
    assert masked == 7  # two rows of the snapshot, and five changes
    found = walked(kept)
    assert found.clean
    assert found.removed == {"retention": 1, "masking": 3}  # of the shape, the changes, the snapshot
    Relation.objects.filter(pk=row.pk).update(columns=[{"name": "id"}, {"name": "other"}])
    assert len(sentences(kept)) == 1


@pytest.fixture
def small_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large flush has links of three changes."""
    monkeypatch.setattr(collector, "LINK_ROWS", 3)


DropRows = Callable[[int, int], None]


@pytest.fixture
def drop(source: Source) -> DropRows:
    def act(first: int, last: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            removing_range(cursor, source.pk, first, last, "retention")
            cursor.execute("DELETE FROM history_change WHERE NOT baseline AND id BETWEEN %s AND %s", [first, last])

    return act


@pytest.mark.parametrize(("begin", "end"), [(0, 9), (0, 4), (1, 5), (2, 7), (3, 4), (4, 8), (9, 9)])
def test_a_dropped_range_is_proven_wherever_it_ends(source: Source, drop: DropRows, begin: int, end: int) -> None:
    """Ten changes in links of 4, 4 and 2."""
    for lsn, keys in ((1, range(4)), (2, range(4, 8)), (3, range(8, 10))):
        store(source, [commit(lsn, *map(insert, keys))])
    ids = ids_of(source, *range(10))
    drop(ids[begin], ids[end])
    assert sentences(source) == []
    left = [number for place, number in enumerate(ids) if not begin <= place <= end]
    for number in left:
        with transaction.atomic():
            execute("DELETE FROM history_change WHERE id = %s", number)
            assert len(sentences(source)) == 1, number
            transaction.set_rollback(True)
    store(source, [commit(4, insert(11))])
    assert sentences(source) == []


def test_only_rows_at_the_ends_of_a_dropped_range_are_noted(source: Source, drop: DropRows) -> None:
    for lsn in range(1, 7):
        store(source, [commit(lsn, *map(insert, range(lsn * 10, lsn * 10 + 10)))])
    ids = ids_of(source, *range(10, 70))
    drop(ids[5], ids[44])
    assert RowNote.objects.filter(section="c").count() == 5 + 5
    drop(ids[0], ids[4])
    drop(ids[45], ids[59])
    assert sentences(source) == []


def test_a_row_of_a_dropped_range_that_is_put_back_is_found(source: Source, drop: DropRows) -> None:
    for lsn in range(1, 4):
        store(source, [commit(lsn, *map(insert, range(lsn * 10, lsn * 10 + 3)))])
    ids = ids_of(source, *range(40))
    execute("CREATE TEMPORARY TABLE aside ON COMMIT DROP AS SELECT * FROM history_change WHERE id = %s", ids[4])
    drop(ids[3], ids[5])
    assert sentences(source) == []
    execute("INSERT INTO history_change SELECT * FROM aside")
    assert "there again" in sentences(source)[0]


def test_what_was_noted_before_its_partition_went_needs_no_row(source: Source, drop: DropRows) -> None:
    """Retention keeps the last states as rows of a snapshot, drops the partition, and later that of snapshots."""
    store(source, [commit(1, *map(insert, range(5)))])
    store(source, [commit(2, *map(insert, range(5, 9)))])
    [number] = ids_of(source, 3)
    with transaction.atomic(), connection.cursor() as cursor, removing(cursor, source.pk, [number], "checkpoint"):
        cursor.execute(AS_B_ROW, [source.pk, number])
    drop(number - 3, number + 1)
    assert sentences(source) == []
    with transaction.atomic(), connection.cursor() as cursor:
        removing_range(cursor, source.pk, 0, number + 100, "retention", of=Section.BASELINE)
        cursor.execute("DELETE FROM history_change WHERE baseline")
    assert sentences(source) == []


def test_a_flush_of_many_rows_becomes_several_links(source: Source, small_links: None) -> None:
    rows = [row_change(ITEM, "S"), *(row_change(ITEM, "B", new=item(number)) for number in range(9))]
    store_baseline(source, Transaction(7, 8, START, rows, kind="baseline"))
    store(source, [commit(2, *map(insert, range(20, 31)))])
    counts = list(ChainLink.objects.order_by("number").values_list("changes_rows", "baseline_rows"))
    assert counts == [(0, 0), (1, 3), (0, 3), (0, 3), (3, 0), (3, 0), (3, 0), (2, 0)]
    assert sentences(source) == []
    remove(source, ids_of(source, 3, 4, 25))
    assert sentences(source) == []
    execute("DELETE FROM history_change WHERE record_key = '[\"30\"]'")
    [finding] = walked(source).findings
    assert finding.link == 8
