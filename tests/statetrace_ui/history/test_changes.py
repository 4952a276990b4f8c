import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from statetrace_ui.history import diff
from statetrace_ui.history.models import Action, Change, Relation, Session, Source
from statetrace_ui.history.queries import LIVE_LIMIT
from statetrace_ui.web.models import Organisation
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
        ("?table=orders&since=2026-03-15", ["T"]),
        ("?kind=I&since=2026-03-15", ["I2"]),
        ("?table=sales.order_lines&until=2026-03-15", ["I2"]),
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
    assert "Written outside an annotated request" in text
    assert ">no action<" in text
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
    of_table = reader_client.get(f"{address}&table=orders", headers=LIVE)
    assert [row.change for row in of_table.context["changes"]] == [fresh]
    assert reader_client.get(f"{address}&kind=D", headers=LIVE).status_code == 204
    assert reader_client.get(f"{address}&table=order_lines", headers=LIVE).status_code == 204


def test_a_list_that_shows_nothing_begins_with_the_first_that_matches(
    reader_client: Client, history: list[Change], orders: Relation, source: Source
) -> None:
    assert reader_client.get("/changes/?since=2026-03-20").context["high_water"] == 0
    address = "/changes/?since=2026-03-20&after=0"
    assert reader_client.get(address, headers=LIVE).status_code == 204
    fresh = make_change(make_transaction(source, NOON + dt.timedelta(days=9)), orders, "I", "9", new=row("9"))
    assert [row.change for row in reader_client.get(address, headers=LIVE).context["changes"]] == [fresh]


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


def test_a_list_reads_only_what_it_shows(
    reader_client: Client, source: Source, orders: Relation, action: Action
) -> None:
    long = "x" * 100_000
    make_change(action.transaction, orders, "U", old=row(status=long), new=row(status=long + "y"))
    [told] = reader_client.get("/changes/").context["changes"]
    assert [(field.name, field.kind) for field in told.touched] == [("status", "changed")]
    assert told.change.get_deferred_fields() >= {"old", "new"}
    assert len(str(told.change.old_excerpts)) < 2000


def test_a_row_that_is_too_large_for_a_list_says_so(
    reader_client: Client, source: Source, orders: Relation, action: Action
) -> None:
    incompressible = "".join(f"{n * 2654435761 % 2**32:x}" for n in range(20_000))
    change = make_change(action.transaction, orders, "I", new=row(status=incompressible))
    assert "a large row" in reader_client.get("/changes/").content.decode()
    record = reader_client.get(f"/records/{source.pk}/", {"table": "orders", "key": '["7"]'}).content.decode()
    assert "This row is too large for a list" in record
    page = reader_client.get(f"/changes/{change.pk}/").content.decode()
    assert incompressible[:100_000] in page
    assert incompressible[:100_001] not in page
    assert f"all {len(incompressible):,} characters" in page
    value = reader_client.get(f"/changes/{change.pk}/value/", {"side": "new", "column": "status"})
    assert (value.content.decode(), value["Content-Type"]) == (incompressible, "text/plain; charset=utf-8")


@pytest.mark.parametrize("query", ["side=old&column=status", "side=new&column=nothing"])
def test_a_value_that_was_not_sent_is_not_found(
    reader_client: Client, orders: Relation, action: Action, query: str
) -> None:
    change = make_change(action.transaction, orders, "I", new=row())
    assert reader_client.get(f"/changes/{change.pk}/value/?{query}").status_code == 404


def test_texts_made_to_be_hard_to_compare_are_not_compared_in_a_list(
    reader_client: Client, source: Source, orders: Relation, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> object:
        raise AssertionError("A list compares no words.")

    monkeypatch.setattr(diff, "words", refuse)
    monkeypatch.setattr(diff, "json_changes", refuse)
    make_change(action.transaction, orders, "U", old=row(status="a b " * 40), new=row(status="b a " * 40, details="[]"))
    assert reader_client.get("/changes/").status_code == 200


def test_the_high_water_mark_tells_nothing_of_other_organisations(
    reader_client: Client, source: Source, orders: Relation, stranger: User
) -> None:
    own = make_change(make_transaction(source), orders, "I", new=row())
    others = make_source(Organisation.objects.get(memberships__user=stranger), "theirs")
    make_change(make_transaction(others), make_relation(others), "I", new=row())
    assert reader_client.get("/changes/").context["high_water"] == own.pk
