"""A history of many partitions is looked through in parts: everything is found, and what is new needs few of them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from statetrace_ui.history import partitions, queries
from statetrace_ui.history.models import Change, Partition, Relation, Session, Source, Transaction
from statetrace_ui.history.partition_ranges import windows
from statetrace_ui.history.question.terms import Choice, Question
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import (
    NOON,
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    row,
)

FIRST, SIZE, COUNT = 90_000_000, 1_000, 30
NEWEST = FIRST + SIZE * COUNT - 1
BACK = (0, 1, 2, 17, 18, COUNT - 1)  # partitions: both ends of each part
TABLE, KEY = ("public", "orders"), '["7"]'
OF_TABLE = Question(tables=Choice(("public.orders",)))


@pytest.mark.parametrize(("first", "end"), [(0, 1000), (5, 995), (400, 401), (300, 300)])
def test_parts_follow_each_other_and_leave_out_nothing(first: int, end: int) -> None:
    starts = [start for start in range(990, -1, -10) if first < start < end]
    parts = list(windows(starts, first, end))
    ends = [end, *(start for start, _ in parts)]
    assert [before for _, before in parts] == ends[:-1]
    assert ends[-1] == first
    assert all(start < before for start, before in parts)


def test_parts_grow() -> None:
    parts = list(windows(range(1990, 0, -10), 0, 2000))
    assert [(before - start) // 10 for start, before in parts] == [2, 16, 128, 54]


def test_a_history_without_partitions_is_one_part() -> None:
    assert list(windows([], 0, 100)) == [(0, 100)]


class Shop:
    """A source whose changes lie in chosen partitions."""

    def __init__(self, organisation: Organisation) -> None:
        self.source: Source = make_source(organisation)
        self.relation: Relation = make_relation(self.source)
        self.session: Session = make_session(self.source)
        self.transaction: Transaction = make_action(self.session).transaction

    def change(self, kind: str, back: int, place: int = 0, **fields: Any) -> Change:
        """One in the partition that many before the newest. place: the higher, the older within the partition."""
        return make_change(self.transaction, self.relation, kind, id=NEWEST - back * SIZE - place, **fields)


@pytest.fixture
def shop(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(settings, "HISTORY_PARTITION_IDS", SIZE)
    with connection.cursor() as cursor:
        for branch in partitions.BRANCHES:
            partitions.make_in(cursor, branch, FIRST, NEWEST)
    return Shop(organisation)


@pytest.mark.parametrize("back", BACK)
@pytest.mark.parametrize("kind", ["I", "B"])
def test_what_was_before_is_found_however_far_back(
    shop: Shop, organisation: Organisation, back: int, kind: str
) -> None:
    shop.change(kind, back, 5, new=row(status="paid"))
    update = shop.change("U", 0, new=row(status="sent"))
    assert earlier_status(organisation, update) == "paid"


@pytest.mark.parametrize("kind", ["T", "E", "S"])
def test_what_was_before_a_table_began_anew_is_not_known(shop: Shop, organisation: Organisation, kind: str) -> None:
    shop.change("I", 20, 5, new=row(status="paid"))
    update = shop.change("U", 0, new=row(status="sent"))
    whole: dict[str, Any] = {"record_key": ""}
    shop.change(kind, 20, 6, **whole)
    assert earlier_status(organisation, update) == "paid"
    shop.change(kind, 20, 4, **whole)
    assert earlier_status(organisation, update) is None


def test_a_row_that_was_gone_is_not_taken_from_what_was_before_that(shop: Shop, organisation: Organisation) -> None:
    shop.change("I", 25, new=row(status="paid"))
    shop.change("T", 20, record_key="")
    shop.change("I", 10, new=row(status="new"))
    shop.change("T", 5, record_key="")
    update = shop.change("U", 0, new=row(status="sent"))
    assert earlier_status(organisation, update) is None


def earlier_status(organisation: Organisation, change: Change) -> Any:
    found = queries.earlier_rows([queries.get_change_for(organisation, change.pk)]).get(change.pk)
    return found and found["status"]


def test_a_record_and_a_rare_kind_are_found_in_all_partitions(shop: Shop, organisation: Organisation) -> None:
    everything = [shop.change("U", back, new=row()) for back in BACK]
    rare = [shop.change("T", back, 1, record_key="") for back in BACK]
    both = sorted([*everything, *rare], key=lambda change: -change.pk)
    assert queries.record_changes(shop.source, TABLE, KEY).rows == [one for one in both if one.pk >= everything[-1].pk]
    assert queries.changes(organisation, Question(kinds=Choice(("truncate",)))).rows == rare
    assert queries.changes(organisation).rows == both
    assert queries.changes(organisation, OF_TABLE).rows == both


def test_all_is_found_where_notes_of_partitions_are_lost(shop: Shop, organisation: Organisation) -> None:
    found = [shop.change("U", back, new=row()) for back in BACK]
    Partition.objects.all().delete()
    assert queries.changes(organisation, Question(kinds=Choice(("update",)))).rows == found


NEW: dict[str, Callable[[Organisation, Shop], Any]] = {
    "changes": lambda o, _s: queries.changes(o),
    "changes of a table": lambda o, _s: queries.changes(o, OF_TABLE),
    "changes of a kind": lambda o, _s: queries.changes(o, Question(kinds=Choice(("update",)))),
    "new changes": lambda o, _s: queries.new_changes(o, NEWEST - SIZE),
    "what was before": lambda o, _s: queries.earlier_rows(queries.changes(o).rows),
    "a session's timeline": lambda _o, s: queries.change_runs(s.session, NOON, 1e6, 0),
    "a record": lambda _o, s: queries.record_changes(s.source, TABLE, KEY),
}


MOST_PLANNED = 4  # two of each branch


def test_pages_of_what_is_new_plan_few_partitions(
    shop: Shop, organisation: Organisation, subtests: pytest.Subtests
) -> None:
    shop.change("I", 1, new=row())
    for place in reversed(range(120)):
        shop.change("U", 0, place, new=row())
    for name, read in NEW.items():
        with subtests.test(name):
            with CaptureQueriesContext(connection) as asked:
                read(organisation, shop)
            of_changes = [query["sql"] for query in asked.captured_queries if "history_change" in query["sql"]]
            assert of_changes
            assert {sql: planned(sql) for sql in of_changes if len(planned(sql)) > MOST_PLANNED} == {}


def planned(statement: str) -> set[str]:
    """The partitions that the plan of a statement names, be they read in the end or not."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        lines = "\n".join(line for (line,) in cursor.fetchall())
    return set(re.findall(r" on (history_change_(?:stream|baseline)_\d+)", lines))
