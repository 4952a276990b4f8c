"""Changes by transaction: what the list shows of each, in which order, and how much is read for it."""

import datetime as dt
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from statetrace_ui.history import answering, search
from statetrace_ui.history.models import Change, Relation, Session, Source, Transaction
from statetrace_ui.history.queries import transaction_lists
from statetrace_ui.history.question.terms import Question
from statetrace_ui.history.transaction_rows import TransactionRow
from statetrace_ui.web.paging import PAGE_SIZE
from tests.statetrace_ui.history.rows import (
    HOSTILE,
    NOON,
    make_action,
    make_change,
    make_relation,
    make_source,
    make_transaction,
    row,
)

LIVE = {"HX-Request": "true"}


def rows(client: Client, query: str = "") -> list[TransactionRow]:
    listed: list[TransactionRow] = client.get(f"/changes/?{query}").context["transactions"]
    return listed


def of(source: Source, relation: Relation, changes: int, at: dt.datetime = NOON) -> Transaction:
    """A transaction that inserts so many rows."""
    transaction = make_transaction(source, at)
    for number in range(changes):
        make_change(transaction, relation, "I", str(number), new=row(str(number)))
    return transaction


def test_a_transaction_is_one_line(reader_client: Client, session: Session, orders: Relation) -> None:
    lines = make_relation(session.source, "lines", "sales", oid=2)
    action = make_action(session, url=f"/checkout/{HOSTILE}")
    for number in range(3):
        make_change(action.transaction, lines, "I", str(number), new=row(str(number)))
    make_change(action.transaction, orders, "U", new=row(status="paid"))
    make_change(action.transaction, lines, "D", "0", old={"id": "0"})
    [line] = rows(reader_client)
    assert [(one.label, one.counts) for one in line.tables] == [
        ("sales.lines", [("I", 3), ("D", 1)]),
        ("orders", [("U", 1)]),
    ]
    text = " ".join(reader_client.get("/changes/").content.decode().split())
    assert "5 changes" in text
    assert "in 2 tables" in text
    assert "<script>alert" not in text


def test_a_transaction_with_one_change_is_shown_as_the_change(
    reader_client: Client, change: Change, orders: Relation
) -> None:
    baseline = make_transaction(change.source, kind="baseline")
    make_change(baseline, orders, "B", "9", new=row("9"))
    [line] = rows(reader_client)
    assert [one.change for one in line.changes] == [change]
    assert "paid" in reader_client.get("/changes/").content.decode()


def test_the_newest_first_page_by_page(reader_client: Client, source: Source, orders: Relation) -> None:
    made = [of(source, orders, 1 + number % 3, NOON + dt.timedelta(minutes=number)) for number in range(PAGE_SIZE + 5)]
    first = reader_client.get("/changes/").context
    rest = reader_client.get("/changes/", {"cursor": first["page"].older}, headers=LIVE).context
    listed = [line.transaction for line in (*first["transactions"], *rest["transactions"])]
    assert listed == made[::-1]
    assert rest["page"].older is None


def test_transactions_of_all_sources_stand_in_the_order_in_which_they_arrived(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    other = make_source(source.organisation, "other")
    theirs = make_relation(other)
    made = [of(one, shape, 2) for one, shape in [(source, orders), (other, theirs)] * 3]
    assert [line.transaction for line in rows(reader_client)] == made[::-1]
    assert [line.transaction for line in rows(reader_client, f"source={other.pk}")] == made[5::-2]
    assert reader_client.get("/changes/").content.decode().count('<span class="source') == 6
    assert '<span class="source' not in reader_client.get(f"/changes/?source={other.pk}").content.decode()


def test_a_huge_transaction_is_passed_over_at_once(
    source: Source, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction_lists, "AT_ONCE", 5)
    small = of(source, orders, 1)
    huge = [of(source, orders, 12) for _ in range(2)]
    with CaptureQueriesContext(connection) as asked:
        page = answering.transactions(source.organisation, Question()).page
    assert page.rows == [*huge[::-1], small]
    looked_at = [one["sql"] for one in asked if "CROSS JOIN LATERAL" in one["sql"]]
    assert len(looked_at) == 3


def test_of_a_huge_transaction_only_the_first_tables_are_told(
    reader_client: Client, source: Source, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction_lists, "MOST_COUNTED", 5)
    transaction = of(source, orders, 5)
    [line] = rows(reader_client)
    assert (line.complete, line.tables[0].total) == (True, 5)
    make_change(transaction, make_relation(source, "lines", oid=2), "I", new=row())
    [line] = rows(reader_client)
    assert (line.complete, [one.total for one in line.tables]) == (False, [5])
    assert "or more tables" in " ".join(reader_client.get("/changes/").content.decode().split())


def test_a_page_asks_as_many_queries_for_many_transactions_as_for_few(
    reader_client: Client, session: Session, orders: Relation
) -> None:
    def queries_for(count: int) -> int:
        for number in range(count):
            transaction = make_action(session).transaction
            for key in range(1 + number % 2):
                make_change(transaction, orders, "U", str(key), new=row(str(key)))
        with CaptureQueriesContext(connection) as asked:
            assert len(rows(reader_client)) >= count
        return len(asked)

    assert queries_for(4) == queries_for(30)


def test_filters_find_transactions_by_any_of_their_changes(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    lines = make_relation(source, "lines", oid=2)
    both = of(source, orders, 2)
    make_change(both, lines, "D", "0", old={"id": "0"})
    later = of(source, orders, 2, NOON + dt.timedelta(days=1))
    found = {
        "table=lines": [both],
        "kind=D": [both],
        "table=orders": [later, both],
        "table=orders&kind=D": [],
        "since=2026-03-15": [later],
        "until=2026-03-14": [both],
    }
    for query, transactions in found.items():
        assert [line.transaction for line in rows(reader_client, f"group=transaction&{query}")] == transactions


@pytest.mark.parametrize(
    ("query", "grouped"),
    [
        ("", True),
        ("since=2026-03-14", True),
        ("table=orders", False),
        ("kind=U", False),
        ("kind=U&group=transaction", True),
        ("group=change", False),
        ("kind=B&group=transaction", False),
    ],
)
def test_changes_are_grouped_unless_some_of_them_are_asked_for(
    reader_client: Client, change: Change, query: str, grouped: bool
) -> None:
    assert reader_client.get(f"/changes/?{query}").context["grouped"] is grouped


def test_what_is_searched_for_is_listed_by_transaction(
    reader_client: Client, source: Source, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each transaction once, with all its changes, also where a page ends within it."""
    lines = make_relation(source, "lines", oid=2)
    every = []
    for number in range(7):
        transaction = make_transaction(source, NOON)
        for key in range(number + 1):
            make_change(transaction, orders, "I", str(key), new=row(str(key), status="paid"))
        make_change(transaction, lines, "I", new=row())
        every.append(transaction)
    of(source, orders, 3)
    monkeypatch.setattr(answering, "search", partial(search.changes, size=3))
    found, query = [], {"q": "field:status new:=paid", "group": "transaction"}
    while query:
        response = reader_client.get("/changes/", query)
        found += [line.transaction for line in response.context["transactions"]]
        older = response.context["page"].older
        query = {**query, "cursor": older} if older else {}
    assert found == every[::-1]


def test_a_live_search_by_transaction_gets_only_new_ones(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    make_change(of(source, orders, 2), orders, "U", new=row(status="paid"))
    query = {"q": "field:status new:=paid", "group": "transaction"}
    query["after"] = reader_client.get("/changes/", query).context["high_water"]
    assert reader_client.get("/changes/", query, headers=LIVE).status_code == 204
    fresh = of(source, orders, 2)
    make_change(fresh, orders, "U", "8", new=row("8", status="paid"))
    response = reader_client.get("/changes/", query, headers=LIVE)
    assert [line.transaction for line in response.context["transactions"]] == [fresh]


def test_how_changes_are_listed_stays_when_the_line_changes(reader_client: Client, change: Change) -> None:
    query = {"q": "table:orders kind:insert", "group": "transaction"}
    chips = reader_client.get("/changes/", query).context["asked"].chips
    assert [rest for _, rest in chips] == [
        "?q=kind%3Ainsert&group=transaction",
        "?q=table%3Aorders&group=transaction",
    ]
    narrowed = reader_client.get("/changes/", {**query, "without": "actor:42"})
    assert narrowed["Location"].endswith("kind%3Ainsert+-actor%3A42&group=transaction")


def test_a_live_list_gets_only_new_transactions(reader_client: Client, source: Source, orders: Relation) -> None:
    of(source, orders, 3)
    high_water = reader_client.get("/changes/").context["high_water"]
    address = f"/changes/?after={high_water}"
    assert reader_client.get(address, headers=LIVE).status_code == 204
    fresh = of(source, orders, 2)
    response = reader_client.get(address, headers=LIVE)
    assert [line.transaction for line in response.context["transactions"]] == [fresh]
    assert f'name="after" value="{fresh.last_change}" hx-swap-oob' in response.content.decode()
    assert "1 new transaction" in " ".join(response.content.decode().split())


def test_an_empty_history_has_no_transactions(reader_client: Client, source: Source) -> None:
    assert rows(reader_client) == []
    assert "No change yet" in reader_client.get("/changes/").content.decode()


def test_a_broken_cursor_is_refused(reader_client: Client, change: Change) -> None:
    assert reader_client.get("/changes/?cursor=x").status_code == 400
