"""The page of a transaction."""

import datetime as dt

import pytest
from django.test import Client

from statetrace_ui.history.models import Action, Change, Relation, Session, Source
from tests.statetrace_ui.history.rows import NOON, make_action, make_change, make_relation, make_transaction, row

FRAGMENT = {"HX-Request": "true"}


def address(transaction: object) -> str:
    return f"/transactions/{transaction.pk}/"  # type: ignore[attr-defined]


def shown(client: Client, transaction: object, query: str = "") -> str:
    response = client.get(address(transaction) + query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_all_of_a_transaction_is_on_its_page(
    reader_client: Client, change: Change, session: Session, orders: Relation
) -> None:
    transaction = change.transaction
    lines = make_relation(change.source, "lines", oid=2)
    make_change(transaction, lines, "I", "1", new=row("1"))
    make_action(session, transaction=transaction, url="/second/")
    text = shown(reader_client, transaction)
    for told in (f"Transaction {transaction.xid}", "Ada Lovelace", "/orders/7/pay", "/second/", "1/", "lines"):
        assert told in text
    only = reader_client.get(f"{address(transaction)}?table=public.lines").context["changes"]
    assert [one.table for one in only] == ["lines"]


def test_changes_follow_page_by_page_in_the_order_of_the_log(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    transaction = make_transaction(source)
    made = [make_change(transaction, orders, "I", str(number), new=row(str(number))) for number in range(103)]
    first = reader_client.get(address(transaction))
    rest = reader_client.get(address(transaction), {"cursor": first.context["page"].older}, headers=FRAGMENT)
    assert [one.change for one in (*first.context["changes"], *rest.context["changes"])] == made
    assert b"<ol" not in rest.content


def test_what_opens_in_a_list_is_a_fragment(reader_client: Client, change: Change) -> None:
    text = reader_client.get(address(change.transaction), headers=FRAGMENT).content.decode()
    assert "<html" not in text
    assert f'id="change-{change.pk}"' in text
    assert f'href="{address(change.transaction)}"' in text


def test_a_transaction_leads_to_those_beside_it(reader_client: Client, source: Source, orders: Relation) -> None:
    before, shown_one, after = (make_transaction(source, NOON + dt.timedelta(minutes=n)) for n in range(3))
    of_another_era = make_transaction(source, NOON, era=1)
    context = reader_client.get(address(shown_one)).context
    assert (context["before"].transaction, context["after"].transaction) == (before, after)
    context = reader_client.get(address(of_another_era)).context
    assert (context["before"], context["after"]) == (None, None)
    assert "changed no row" in shown(reader_client, of_another_era)


@pytest.mark.parametrize(
    ("kind", "annotated", "outside"),
    [
        ("commit", True, True),
        ("commit", False, False),
        ("baseline", True, False),
        ("resync", True, False),
        ("checkpoint", True, False),
        ("migration", True, False),
    ],
)
def test_what_came_from_outside_the_application_is_loud(
    reader_client: Client, source: Source, orders: Relation, kind: str, annotated: bool, outside: bool
) -> None:
    Source.objects.update(annotation_messages=annotated)
    transaction = make_transaction(source, kind=kind)
    change = make_change(transaction, orders, "U", new=row())
    text = shown(reader_client, transaction)
    assert ("From outside the application" in text) is outside
    assert ("Database user" in text) is outside
    pages = ["/changes/", f"/changes/{change.pk}/", f'/records/{source.pk}/?table=public.orders&key=["7"]']
    for page in pages:
        assert ('class="tag warn outside"' in reader_client.get(page).content.decode()) is outside


def test_a_transaction_with_an_action_is_not_from_outside(reader_client: Client, action: Action) -> None:
    Source.objects.update(annotation_messages=True)
    assert 'class="tag warn outside"' not in shown(reader_client, action.transaction)


def test_transactions_of_others_are_not_found(reader_client: Client, stranger_client: Client, change: Change) -> None:
    assert reader_client.get(address(change.transaction)).status_code == 200
    assert stranger_client.get(address(change.transaction)).status_code == 404


def test_pages_that_name_a_transaction_lead_to_it(reader_client: Client, change: Change, action: Action) -> None:
    pages = [
        f"/changes/{change.pk}/",
        f"/actions/{action.pk}/changes/",
        f'/records/{change.source_id}/?table=public.orders&key=["7"]',
    ]
    for page in pages:
        assert f'href="{address(change.transaction)}"' in reader_client.get(page).content.decode()
