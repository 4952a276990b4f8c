"""What is counted as it is stored equals what a recount finds."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.history.late_actions import write_annotations
from statetrace_ui.history.models import Change, ChangeCount, Source, TableCount, UncountedHistory
from statetrace_ui.history.rollups import backfill
from statetrace_ui.history.rollups.spans import EPOCH, OF_KINDS, floor
from statetrace_ui.history.store import store, store_baseline
from statetrace_ui.wal.records import Change as Record
from statetrace_ui.wal.records import Row, Transaction, row_change
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.test_store import ITEM, NOTES, START, note

TIMES = st.integers(-1_000, 40_000).map(lambda hours: EPOCH + timedelta(hours=hours, seconds=7))
TRANSACTIONS = st.lists(st.tuples(TIMES, st.lists(st.sampled_from("IUDT"), min_size=1), st.booleans()), max_size=8)


def change(kind: Any) -> Record:
    row: Row = {"id": "1", "name": "x"}
    return row_change(ITEM, kind, new=row if kind in "IUB" else None, old=row if kind == "D" else None)


def transactions(drawn: list[tuple[datetime, list[str], bool]]) -> list[Transaction]:
    action = note("act", session_id="s")
    return [
        Transaction(n * 8, n * 8 + 8, at, [*map(change, kinds), *([action] if annotated else [])], xid=n)
        for n, (at, kinds, annotated) in enumerate(drawn, start=1)
    ]


def recount(source: Source) -> Counter[tuple[Any, ...]]:
    listed = Change.objects.filter(source=source).exclude(kind__in=Change.OF_BASELINES)
    rows = listed.values_list("transaction__committed_at", "kind", "transaction__outside")
    return Counter((seconds, floor(at, seconds), *rest) for at, *rest in rows for seconds in OF_KINDS)


def kept(source: Source) -> dict[tuple[Any, ...], int]:
    rows = ChangeCount.objects.filter(source=source).exclude(changes=0)
    return {tuple(row): n for *row, n in rows.values_list("seconds", "at", "kind", "outside", "changes")}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=TRANSACTIONS, parts=st.integers(1, 4))
def test_counts_equal_a_recount(organisation: Organisation, drawn: list[Any], parts: int) -> None:
    source = Source.objects.create(organisation=organisation, name="s", slot_name="s", publication_name="s")
    items = transactions(drawn)
    for start in range(0, len(items), parts):
        store(source, items[start : start + parts])
        store(source, items[: start + parts])  # sent again
    assert kept(source) == recount(source)
    source.delete()
    assert not ChangeCount.objects.exists()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=TRANSACTIONS, later=st.integers(0, 8), part=st.integers(1, 5))
def test_older_history_is_counted_once(organisation: Organisation, drawn: list[Any], later: int, part: int) -> None:
    """As if only transactions from `later` on had been stored since changes are counted."""
    source = Source.objects.create(organisation=organisation, name="s", slot_name="s", publication_name="s")
    items = transactions(drawn)
    store(source, items[:later])
    for model in (ChangeCount, TableCount, UncountedHistory):
        model.objects.all().delete()
    store(source, items[later:])
    before, backfill.PART = backfill.PART, part
    try:
        while backfill.count_part(source.pk):
            pass
    finally:
        backfill.PART = before
    assert not backfill.count_part(source.pk)
    assert kept(source) == recount(source)
    source.delete()


def test_rows_of_a_snapshot_are_no_activity(organisation: Organisation) -> None:
    source = Source.objects.create(organisation=organisation, name="s", slot_name="s", publication_name="s")
    store_baseline(source, Transaction(8, 16, START, [change("S"), change("B")], kind="baseline"))
    assert not ChangeCount.objects.exists()


def test_tables_are_counted_by_the_hour(organisation: Organisation) -> None:
    source = Source.objects.create(organisation=organisation, name="s", slot_name="s", publication_name="s")
    rewritten = row_change(NOTES, "D", old={"id": "k"})
    later = START + timedelta(minutes=59)
    first = Transaction(8, 16, START, [change("I"), change("U"), rewritten])
    store(source, [first, Transaction(16, 24, later, [change("D")])])
    hours = TableCount.objects.filter(seconds=3600).values_list("at").annotate(Sum("changes"))
    assert list(hours.values_list("at", "changes").order_by("changes")) == [(START, 1), (START, 3)]


def test_a_late_action_moves_counts_inside(organisation: Organisation) -> None:
    source = Source.objects.create(organisation=organisation, name="s", slot_name="s", publication_name="s")
    first, other = (Transaction(n * 8, n * 8 + 8, START, [change("I"), change("U")], xid=n) for n in (1, 2))
    store(source, [first, other])
    for _ in range(2):  # the table may be read twice
        with connection.cursor() as cursor:
            write_annotations(cursor, source.pk, ChainWriter(cursor, source.pk), START, [(note("act"), 1)])
    minutes = ChangeCount.objects.filter(source=source, seconds=60).values_list("kind", "outside", "changes")
    assert set(minutes) == {("I", False, 1), ("I", True, 1), ("U", False, 1), ("U", True, 1)}
    assert kept(source) == recount(source)
