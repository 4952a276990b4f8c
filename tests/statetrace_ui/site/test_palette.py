"""What the palette finds, group by group. Who may see it, the tests of access say."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from statetrace_ui.history.models import Session, Source
from statetrace_ui.site.palette.items import MOST_ITEMS
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import (
    HOSTILE,
    NOON,
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return make_source(organisation)


@pytest.fixture
def session(source: Source) -> Session:
    return make_session(source)


def found(client: Client, text: str) -> dict[str, list[str]]:
    """{title of a group: the names in it}."""
    response = client.get("/palette/", {"q": text})
    assert response.status_code == 200
    return {group.title: [item.name for item in group.items] for group in response.context["groups"]}


def leads_to(client: Client, text: str, title: str) -> str:
    """Where the first item of a group leads, which must be there."""
    groups = {group.title: group for group in client.get("/palette/", {"q": text}).context["groups"]}
    address: str = groups[title].items[0].href
    assert client.get(address).status_code == 200
    return address


def test_an_empty_line_offers_pages_and_commands(reader_client: Client, session: Session) -> None:
    groups = found(reader_client, "")
    assert list(groups) == ["Pages", "Commands"]
    assert {"Overview", "Sessions", "Changes", "Sources"} <= {*groups["Pages"]}
    assert "Theme: dark" in groups["Commands"]


def test_records_are_found_by_key_and_by_table_and_key(reader_client: Client, source: Source) -> None:
    transaction = make_transaction(source)
    orders, lamps = make_relation(source), make_relation(source, "lamps", oid=2)
    for relation in (orders, lamps):
        make_change(transaction, relation, "I", "68", new=row("68"))
    assert {*found(reader_client, "68")["Records"]} == {"orders 68", "lamps 68"}
    assert found(reader_client, "order 68")["Records"] == ["orders 68"]
    assert "Records" not in found(reader_client, "67")
    assert "table=public.orders" in leads_to(reader_client, "order 68", "Records")


def test_people_are_found_with_their_sessions(reader_client: Client, session: Session) -> None:
    groups = found(reader_client, "ada")
    assert (groups["Actors"], groups["Sessions"]) == (["Ada Lovelace"], ["Ada Lovelace"])
    assert leads_to(reader_client, "ada", "Actors") == f"/sources/{session.source_id}/actor/?id=42"
    assert leads_to(reader_client, "s-1", "Sessions") == f"/sessions/{session.pk}/"


def test_requests_are_found_by_any_part_of_them_each_once(reader_client: Client, session: Session) -> None:
    for number in range(3):
        newest = make_action(session, NOON + dt.timedelta(minutes=number), url="/checkout/100%_/")
    make_action(session, url="/cart/")
    assert found(reader_client, "post check")["Requests"] == ["POST /checkout/100%_/"]
    assert leads_to(reader_client, "check", "Requests") == f"/actions/{newest.pk}/changes/"
    assert found(reader_client, "100%_")["Requests"] == ["POST /checkout/100%_/"]
    assert "Requests" not in found(reader_client, "c%t")


def test_tables_and_sources_are_found_by_name(reader_client: Client, source: Source) -> None:
    make_relation(source, "order_lines", "sales")
    assert found(reader_client, "lines sales")["Tables"] == ["sales.order_lines"]
    assert "sales.order_lines" in leads_to(reader_client, "lines", "Tables")
    assert found(reader_client, "sho")["Sources"] == ["shop"]


def test_groups_are_short_and_texts_escaped(reader_client: Client, source: Source) -> None:
    for number in range(MOST_ITEMS + 3):
        make_session(source, f"s-{number}", actor_id=f"{number}", actor_full_name=f"Ada {number} {HOSTILE}")
    response = reader_client.get("/palette/", {"q": "ada"})
    sizes = {group.title: len(group.items) for group in response.context["groups"]}
    assert sizes.pop("Documentation") <= MOST_ITEMS
    assert set(sizes.values()) == {MOST_ITEMS}
    assert "<script>alert" not in response.content.decode()


def test_as_much_is_asked_however_much_there_is(reader_client: Client, session: Session) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            found(reader_client, "ada")
        return len(asked)

    one = queries()
    for number in range(20):
        make_action(make_session(session.source, f"more-{number}"))
    assert queries() == one


@pytest.mark.parametrize("text", ["'", '"', "\\", "%", "*", "a:b", "| & !", "\u202e", "68,", ", ", "x" * 200, "-a"])
def test_any_text_can_be_looked_for(reader_client: Client, session: Session, text: str) -> None:
    make_change(make_transaction(session.source), make_relation(session.source), "I", new=row())
    assert reader_client.get("/palette/", {"q": text}).status_code == 200
    assert reader_client.get("/palette/captured/", {"q": text}).status_code == 200


def test_a_text_that_is_too_long_is_refused(reader_client: Client) -> None:
    assert reader_client.get("/palette/", {"q": "x" * 201}).status_code == 400


def test_without_a_replica_nothing_captured_is_found(reader_client: Client) -> None:
    response = reader_client.get("/palette/captured/", {"q": "run"})
    assert (response.status_code, response.content.strip()) == (200, b"")


def test_the_documentation_is_found(reader_client: Client) -> None:
    assert "Terms" in found(reader_client, "asking terms")["Documentation"]
    assert "/docs/asking/#terms" in leads_to(reader_client, "asking terms", "Documentation")
