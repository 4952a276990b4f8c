"""Search indexes of sealed partitions: made once, entered where they help, and never believed without a look."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from statetrace_ui.history import partitions, search
from statetrace_ui.history.models import Change, Partition
from statetrace_ui.history.question.parsing import parse
from statetrace_ui.history.search import building, scanning
from statetrace_ui.history.search.building import build_missing
from statetrace_ui.history.store import store
from statetrace_ui.wal.records import Column, Relation, Transaction, row_change
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import NOON, make_source
from tests.statetrace_ui.history.search.conftest import FIRST

COLUMNS = (Column("id", "bigint", True), Column("name", "text", False), Column("total", "numeric(10,2)", False))
ITEM = Relation(1, "public", "item", "d", COLUMNS)
SEALED = 4  # partitions


@pytest.fixture
def shop(small_partitions: int, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    """One item is called `rare` and costs 7.50, in the oldest partition; all others are called `common`."""
    monkeypatch.setattr(scanning, "WALKED", 10)
    organisation = Organisation.objects.create(name="Acme", slug="acme")
    source = make_source(organisation)
    for part in range(SEALED + 1):
        changes = [
            row_change(ITEM, "I", new={"id": str(number), "name": "common", "total": "1.00"})
            for number in range(part * small_partitions, (part + 1) * small_partitions)
        ]
        if part == 0:
            changes[0] = row_change(ITEM, "I", new={"id": "0", "name": "rare", "total": "7.50"})
        store(source, [Transaction(part * 100 + 8, part * 100 + 16, NOON, changes, xid=part)])
    partitions.seal_full()
    return organisation


def asked(organisation: Organisation, line: str) -> list[str]:
    question = parse(line, timezone.now(), timezone.get_current_timezone())
    return [change.record_key for change in search.changes(organisation, question, seconds=60).page.rows]


def test_sealed_partitions_are_indexed_once(shop: Organisation) -> None:
    sealed = set(Partition.objects.filter(sealed_at__isnull=False).values_list("name", flat=True))
    assert set(build_missing()) == {f"{name}_search" for name in sealed}
    assert Partition.objects.filter(first_id__gte=FIRST, searchable=True).count() == SEALED
    assert build_missing() == []
    assert not Partition.objects.filter(sealed_at=None, searchable=True).exists()


def test_an_index_that_was_left_half_made_is_made_anew(shop: Organisation) -> None:
    leaf = Partition.objects.get(first_id=FIRST, branch="stream")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX {leaf.name}_search ON {leaf.name} USING gin (history_search_terms(new, old))")
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [f"{leaf.name}_search"]
        )
        build_missing()
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [f"{leaf.name}_search"])
        assert cursor.fetchone() == (True,)


def fill(organisation: Organisation, count: int, name: str, place: int = 1000) -> None:
    """Further items of that name. place: of the transaction in the log."""
    changes = [
        row_change(ITEM, "I", new={"id": str(number), "name": name, "total": "1.00"})
        for number in range(place, place + count)
    ]
    store(organisation.sources.get(), [Transaction(place * 100 + 8, place * 100 + 16, NOON, changes, xid=place)])


@pytest.fixture
def being_filled(shop: Organisation, monkeypatch: pytest.MonkeyPatch) -> Partition:
    """The partition that new changes come into, with half of its ids taken."""
    monkeypatch.setattr(building, "LEAST_SLICE", 10)
    fill(shop, 50, "late")
    return Partition.objects.get(first_id=FIRST + 5 * 100, branch="stream")


def test_what_is_being_filled_is_indexed_slice_by_slice(shop: Organisation, being_filled: Partition) -> None:
    middle = being_filled.first_id + 50
    assert f"{being_filled.name}_search_{middle}" in build_missing()
    assert build_missing() == []
    fill(shop, 9, "later", place=2000)
    assert build_missing() == []
    fill(shop, 1, "latest", place=3000)
    assert build_missing() == [f"{being_filled.name}_search_{middle + 10}"]
    being_filled.refresh_from_db()
    assert (being_filled.slice_ends, being_filled.searchable) == ([middle, middle + 10], False)
    assert len(asked(shop, "field:name new:=late")) == 50
    assert len(asked(shop, "field:name new:=later")) == 9


def test_small_slices_are_united(shop: Organisation, being_filled: Partition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "UNITED_SLICE", 30)
    middle, ends = being_filled.first_id + 50, []
    for place in range(2000, 6000, 1000):
        build_missing()
        being_filled.refresh_from_db()
        ends.append(being_filled.slice_ends)
        fill(shop, 10, "later", place=place)
    assert ends == [
        [middle],
        [middle, middle + 10],
        [middle, middle + 10, middle + 20],
        [middle, middle + 30],
    ]
    assert indexes_of(being_filled) == {f"{being_filled.name}_search_{end}" for end in being_filled.slice_ends}
    assert len(asked(shop, "field:name new:=later")) == 40


def indexes_of(partition: Partition) -> set[str]:
    """The names of its search indexes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE starts_with(relname, %s)", [f"{partition.name}_search"])
        return {name for (name,) in cursor.fetchall()}


def test_a_slice_is_entered(shop: Organisation, being_filled: Partition) -> None:
    build_missing()
    with CaptureQueriesContext(connection) as made:
        assert asked(shop, "field:name new:=rare") == ['["0"]']
    entered = "\n".join(plan(query["sql"]) for query in made.captured_queries if "&& ARRAY" in query["sql"])
    assert f"{being_filled.name}_search_" in entered


def test_what_comes_late_into_a_slice_is_found(shop: Organisation, being_filled: Partition) -> None:
    """Ids are taken before their rows are committed."""
    late = Change.objects.get(id=being_filled.first_id + 7)
    Change.objects.filter(id=late.id).delete()
    build_missing()
    assert len(asked(shop, "field:name new:=late")) == 49
    late.new = ["7", "overtaken", "1.00"]
    Change.objects.bulk_create([late])
    assert asked(shop, "field:name new:=overtaken") == [late.record_key]


def test_a_slice_that_was_made_but_not_noted_is_made_again_and_goes_with_the_others(
    shop: Organisation, being_filled: Partition
) -> None:
    """A process was killed between the two."""
    build_missing()
    Partition.objects.filter(pk=being_filled.pk).update(slice_ends=[])
    fill(shop, 10, "later", place=2000)
    assert f"{being_filled.name}_search_{being_filled.first_id + 60}" in build_missing()
    assert len(asked(shop, "field:name new:=late")) == 50
    assert len(asked(shop, "field:name new:=later")) == 10
    fill(shop, 100, "latest", place=3000)
    partitions.seal_full()
    build_missing()
    assert indexes_of(being_filled) == {f"{being_filled.name}_search"}


def test_slices_give_way_to_the_index_of_the_whole(shop: Organisation, being_filled: Partition) -> None:
    build_missing()
    fill(shop, 100, "latest", place=2000)
    partitions.seal_full()
    assert f"{being_filled.name}_search" in build_missing()
    being_filled.refresh_from_db()
    assert (being_filled.slice_ends, being_filled.searchable) == ([], True)
    assert indexes_of(being_filled) == {f"{being_filled.name}_search"}


LINES = ["field:name new:=rare", "new:=rare", "field:total new:=7.5", "table:item field:total new:=7.500", "rare"]


@pytest.mark.parametrize("line", LINES)
def test_what_is_rare_is_found_by_the_index_alone(shop: Organisation, line: str) -> None:
    assert asked(shop, line) == ['["0"]']
    build_missing()
    with CaptureQueriesContext(connection) as made:
        assert asked(shop, line) == ['["0"]']
    entered = "\n".join(plan(query["sql"]) for query in made.captured_queries if "&& ARRAY" in query["sql"])
    assert "_search" in entered
    assert max(map(int, re.findall(r"Bitmap Heap Scan .*?rows=(\d+)\.?\d* loops", entered))) <= 1


def plan(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS off, TIMING off) {statement}")
        return "\n".join(line for (line,) in cursor.fetchall())


def test_an_entry_of_a_value_that_was_erased_finds_nothing(shop: Organisation) -> None:
    build_missing()
    Change.objects.filter(record_key='["0"]').update(new=["0", None, "7.50"], cut={"erased": 1, "columns": ["name"]})
    assert asked(shop, "field:name new:=rare") == asked(shop, "field:name new:=null") == []
    assert asked(shop, "field:total new:=7.5") == ['["0"]']


def test_what_most_rows_have_is_met_by_walking(shop: Organisation) -> None:
    build_missing()
    with CaptureQueriesContext(connection) as made:
        assert len(asked(shop, "field:name new:=common")) == 50
    assert not any("&& ARRAY" in query["sql"] for query in made.captured_queries)
