import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from statetrace_ui.history.models import Action, Change, Relation, Session, Source
from statetrace_ui.history.queries import LIVE_LIMIT
from statetrace_ui.web.paging import PAGE_SIZE
from tests.statetrace_ui.history.rows import (
    HOSTILE,
    NOON,
    make_action,
    make_change,
    make_relation,
    make_transaction,
    row,
)

LIVE = {"HX-Request": "true"}


def listed(client: Client, query: str = "") -> list[str]:
    return [f"{row.change.kind}{row.record}" for row in client.get(f"/changes/{query}").context["changes"]]


@pytest.fixture
def history(source: Source, orders: Relation, session: Session) -> list[Change]:
    """A baseline row; three days of changes, of which the second is nobody's."""
    baseline = make_transaction(source, NOON - dt.timedelta(days=1), kind="baseline")
    lines = make_relation(source, "order_lines", "sales", oid=1001)
    attributed = make_action(session, NOON).transaction
    nobodys = make_transaction(source, NOON + dt.timedelta(days=1))
    last = make_transaction(source, NOON + dt.timedelta(days=2))
    return [
        make_change(baseline, orders, "B", "1", new=row("1")),
        make_change(attributed, orders, "U", "1", new=row("1", status="paid")),
        make_change(nobodys, lines, "I", "2", new=row("2")),
        make_change(last, lines, "D", "2", old={"id": "2"}),
        make_change(last, orders, "T", record_key=""),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["T", "D2", "I2", "U1"]),
        ("?kind=B", ["B1"]),
        ("?kind=D", ["D2"]),
        ("?table=orders", ["T", "U1"]),
        ("?table=sales.order_lines&kind=I", ["I2"]),
        ("?table=nothing", []),
        ("?since=2026-03-15", ["T", "D2", "I2"]),
        ("?until=2026-03-15", ["I2", "U1"]),
        ("?since=2026-03-15&until=2026-03-15", ["I2"]),
        ("?since=2026-03-20", []),
        ("?until=2026-03-01", []),
    ],
)
def test_the_newest_changes_first_by_filter(
    reader_client: Client, history: list[Change], query: str, expected: list[str]
) -> None:
    assert listed(reader_client, query) == expected


def test_changes_without_an_action_are_listed_as_such(reader_client: Client, history: list[Change]) -> None:
    text = reader_client.get("/changes/").content.decode()
    assert 'title="Written outside an annotated request">no action<' in text
    assert "Ada Lovelace" in text


def test_older_changes_follow_as_a_fragment(reader_client: Client, source: Source, orders: Relation) -> None:
    transaction = make_transaction(source)
    made = [make_change(transaction, orders, "UID"[n % 3], str(n), new=row()).pk for n in range(PAGE_SIZE + 2)]
    first = reader_client.get("/changes/").context
    response = reader_client.get("/changes/", {"cursor": first["page"].older}, headers=LIVE)
    ids = [row.change.pk for row in [*first["changes"], *response.context["changes"]]]
    assert ids == made[::-1]
    assert b"<html" not in response.content


def test_a_live_list_gets_only_new_changes_and_the_next_high_water(
    reader_client: Client, history: list[Change], orders: Relation, source: Source
) -> None:
    page = reader_client.get("/changes/")
    assert page.context["high_water"] == history[-1].pk
    address = f"/changes/?after={history[-1].pk}"
    assert reader_client.get(address, headers=LIVE).status_code == 204
    fresh = make_change(make_transaction(source), orders, "I", "9", new=row("9"))
    response = reader_client.get(address, headers=LIVE)
    text = response.content.decode()
    assert [row.change for row in response.context["changes"]] == [fresh]
    assert f'name="after" value="{fresh.pk}" hx-swap-oob' in text
    assert "1 new change" in text
    assert reader_client.get(f"{address}&kind=D", headers=LIVE).status_code == 204
    assert reader_client.get(f"{address}&table=order_lines", headers=LIVE).status_code == 204


def test_a_flood_of_new_changes_is_cut_with_a_notice(reader_client: Client, source: Source, orders: Relation) -> None:
    transaction = make_transaction(source)
    for n in range(LIVE_LIMIT + 1):
        make_change(transaction, orders, "I", str(n), new=row())
    response = reader_client.get("/changes/?after=0", headers=LIVE)
    assert len(response.context["changes"]) == LIVE_LIMIT
    assert f"More than {LIVE_LIMIT} changes arrived at once" in response.content.decode()


def test_a_page_of_the_past_is_not_live(reader_client: Client, history: list[Change]) -> None:
    assert "data-live" in reader_client.get("/changes/").content.decode()
    assert "data-live" not in reader_client.get("/changes/?until=2026-03-15").content.decode()


@pytest.mark.parametrize("query", ["?kind=X", "?after=-1", "?after=99999999999999999999", "?source=abc", "?cursor=x"])
def test_an_address_that_makes_no_sense_is_refused(reader_client: Client, history: list[Change], query: str) -> None:
    assert reader_client.get(f"/changes/{query}").status_code == 400


def test_hostile_and_endless_values_are_escaped_and_short_in_the_list(
    reader_client: Client, source: Source, orders: Relation, action: Action
) -> None:
    long = HOSTILE + "x" * 10_000
    change = make_change(action.transaction, orders, "I", HOSTILE, new=row(status=long))
    text = reader_client.get("/changes/").content.decode()
    assert "<script>alert" not in text
    assert "x" * 1000 not in text
    whole = reader_client.get(f"/changes/{change.pk}/", headers=LIVE).content.decode()
    assert "<script>alert" not in whole
    assert "x" * 10_000 in whole


def test_a_page_asks_as_many_queries_for_many_changes_as_for_few(
    reader_client: Client, session: Session, orders: Relation
) -> None:
    def queries_for(changes: int) -> int:
        for n in range(changes):
            make_change(make_action(session).transaction, orders, "U", str(n % 3), old=None, new=row(str(n % 3)))
        with CaptureQueriesContext(connection) as asked:
            assert len(reader_client.get("/changes/").context["changes"]) >= changes
        return len(asked)

    assert queries_for(4) == queries_for(40)
