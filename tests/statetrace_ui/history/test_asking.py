"""The line over the lists: what it asks, what it shows of it, and what becomes of filters and clicks."""

import datetime as dt
import html
import re
from functools import partial
from urllib.parse import parse_qs

import pytest
from django.test import Client

from statetrace_ui.history import answering, search
from statetrace_ui.history.models import Change, Relation, Session, Source
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
    skip_ids,
)

LIVE = {"HX-Request": "true"}


@pytest.fixture
def history(source: Source, orders: Relation, session: Session) -> list[Change]:
    """Of two sources, three tables and three days."""
    lines = make_relation(source, "order_lines", "sales", oid=1001)
    other = make_source(source.organisation, "warehouse")
    stock = make_relation(other, "stock")
    paid = make_action(session, NOON).transaction
    return [
        make_change(
            make_transaction(source, NOON - dt.timedelta(days=1), kind="baseline"), orders, "B", "0", new=row()
        ),
        make_change(paid, orders, "U", "1", old=row("1"), new=row("1", status="paid")),
        make_change(make_transaction(source, NOON + dt.timedelta(days=1), outside=True), lines, "I", "2", new=row("2")),
        make_change(
            make_transaction(other, NOON + dt.timedelta(days=2), outside=True), stock, "D", "3", old={"id": "3"}
        ),
    ]


def listed(client: Client, line: str) -> list[str]:
    page = client.get("/changes/", {"q": line, "group": "change"})
    return [f"{row.change.kind}{row.record}" for row in page.context["changes"]]


def words(answer: object) -> str:
    text = answer.content.decode()  # type: ignore[attr-defined]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ["D3", "I2", "U1"]),
        ("table:orders", ["U1"]),
        ("table:order_lines", ["I2"]),
        ("table:sales.*", ["I2"]),
        ("table:ORDERS", []),
        ("table:orders table:stock", ["D3", "U1"]),
        ("-table:o*", ["D3"]),
        ("kind:update kind:insert", ["I2", "U1"]),
        ("-kind:delete", ["I2", "U1"]),
        ("kind:snapshot", ["B0"]),
        ("source:shop", ["I2", "U1"]),
        ("-source:sh*", ["D3"]),
        ("source:nothing", []),
        ("at:2026-03-15", ["I2"]),
        ("since:2026-03-15 -kind:insert", ["D3"]),
        ("until:2026-03-14T12:00:00", ["U1"]),
        ("until:2026-03-14T11:59", []),
        ("gap", []),
        ("field:status new:paid", ["U1"]),
        ("-field:status", ["D3", "I2"]),
        ("outside", ["D3", "I2"]),
        ("actor:ada", ["U1"]),
        ("key:2 key:3", ["D3", "I2"]),
        ("stock 3", ["D3"]),
    ],
)
def test_changes_are_those_that_the_line_asks_for(
    reader_client: Client, history: list[Change], line: str, expected: list[str]
) -> None:
    assert listed(reader_client, line) == expected


def test_times_of_the_line_are_the_viewers(reader_client: Client, history: list[Change]) -> None:
    reader_client.cookies["timezone"] = "Pacific/Auckland"  # thirteen hours ahead
    assert listed(reader_client, "at:2026-03-15") == ["U1"]
    assert listed(reader_client, "at:2026-03-15Z") == ["I2"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ["Grace Hopper", "Ada Lovelace"]),
        ("grace", ["Grace Hopper"]),
        ("ada love", ["Ada Lovelace"]),
        ("actor:42 actor:grace", ["Grace Hopper", "Ada Lovelace"]),
        ("-actor:42", ["Grace Hopper"]),
        ("hopper actor:ada", []),
        ("app:stock*", ["Grace Hopper"]),
        ("-app:stockroom", ["Ada Lovelace"]),
        ("app:stock", []),
        ("actor:*lovelace actor:nobody*", []),
        ("actor:*Love*", ["Ada Lovelace"]),
        ("-actor:*.com", ["Grace Hopper"]),
        ("session:*-2", ["Grace Hopper"]),
        ("session:s-2", ["Grace Hopper"]),
        ("-session:s-2", ["Ada Lovelace"]),
        ("since:2026-03-15", ["Grace Hopper"]),
        ("source:shop until:2026-03-14", ["Ada Lovelace"]),
    ],
)
def test_sessions_are_those_that_the_line_asks_for(
    reader_client: Client, session: Session, line: str, expected: list[str]
) -> None:
    told = {"actor_id": "7", "actor_full_name": "Grace Hopper", "actor_email": "", "application_id": "stockroom"}
    make_session(session.source, "s-2", NOON + dt.timedelta(days=1), **told)
    page = reader_client.get("/sessions/", {"q": line}).context["page"]
    assert [str(one) for one in page.rows] == expected


def test_a_session_is_found_by_its_number(reader_client: Client, session: Session) -> None:
    make_session(session.source, "s-2")
    page = reader_client.get("/sessions/", {"q": f"session:{session.pk}"}).context["page"]
    assert page.rows == [session]


def test_what_sessions_cannot_answer_is_said_and_leads_to_the_changes(reader_client: Client, session: Session) -> None:
    answer = reader_client.get("/sessions/", {"q": "ada table:orders"})
    assert "table:orders asks for what was changed" in words(answer)
    assert "/changes/?q=ada+table%3Aorders" in answer.content.decode()
    assert "Ada Lovelace" not in words(answer)


@pytest.mark.parametrize("address", ["/changes/", "/sessions/"])
def test_what_is_wrong_with_a_line_is_marked_and_mended_by_a_click(
    reader_client: Client, source: Source, address: str
) -> None:
    answer = reader_client.get(address, {"q": 'x sorce:"a b" <b>'})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "x <mark>sorce:&quot;a b&quot;</mark> &lt;b&gt;" in page
    assert "There is no term sorce:. Did you mean source:?" in words(answer)
    assert '?q=x+source%3A%22a+b%22+%3Cb%3E"' in page
    assert 'data-wrong="2 11"' in page
    assert "Searching" not in page


def test_each_chip_leads_to_the_line_without_it(reader_client: Client, history: list[Change]) -> None:
    chips = reader_client.get("/changes/", {"q": "table:orders -kind:delete since:9999d"}).context["asked"].chips
    assert [(part.text, parse_qs(rest[1:])["q"]) for part, rest in chips] == [
        ("table:orders", ["-kind:delete since:9999d"]),
        ("-kind:delete", ["table:orders since:9999d"]),
        ("since:9999d", ["table:orders -kind:delete"]),
    ]


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("table=orders&kind=U", "table:public.orders kind:update"),
        ("kind=G", "gap"),
        ("since=2026-03-14&until=2026-03-15T10:00", "since:2026-03-14 until:2026-03-15T10:00"),
        ("source={source}&q=-kind:delete", "-kind:delete source:shop"),
        ("table=orders&filters=on", "table:orders"),
        ('table="my.s".t&filters=on', 'table:"""my.s"".t"'),
        ("field=total&old=1&new=>5&filters=on", "field:total old:=1 new:>5"),
        ("new=paid&outside=on&actor=mei t&url=/a&key=68", 'outside field:* new:=paid key:68 actor:"mei t" url:/a'),
        ("q=table:a table:b&table=c&filters=on", "table:c"),
        ("q=since:7d kind:update&until=2026-03-15", "since:7d kind:update until:2026-03-15"),
        ("only=table:a&q=table:b -kind:delete", "-kind:delete table:a"),
        ("without=field:a new:=1&q=field:a", "field:a -field:a new:=1"),
    ],
)
def test_filters_and_clicks_become_the_line(reader_client: Client, source: Source, query: str, line: str) -> None:
    found = reader_client.get(f"/changes/?{query.format(source=source.pk)}", follow=True)
    assert sorted(found.context["asked"].line.split()) == sorted(line.split())


@pytest.mark.parametrize("query", ["kind=U&filters=on", "q=kind:insert&only=kind:update"])
def test_a_form_or_a_click_leads_to_the_address_of_the_line(reader_client: Client, source: Source, query: str) -> None:
    answer = reader_client.get(f"/changes/?{query}")
    assert answer.status_code == 302
    assert answer.headers["location"] == "/changes/?q=kind%3Aupdate"


@pytest.mark.parametrize("query", ["only=table:a table:b", "without=x y", "only=tabel:a", "without=-word"])
def test_a_click_on_what_is_no_term_is_refused(reader_client: Client, source: Source, query: str) -> None:
    assert reader_client.get(f"/changes/?{query}").status_code == 400


@pytest.mark.parametrize(
    "line",
    [
        "",
        "68 table:orders",
        "kind:deleted source:shop since:2026-03-14 until:2026-03-14T23:58",
        "table:a table:b -table:c",
        'field:total old:>5 new:~"x y"',
        'field:total new:"<5" field:other',
        "old:1 new:2 new:3",
        "gap",
        "outside -gap",
        "since:24h",
        "at:yesterday",
        "since:2026-03-14T12:00:30",
        "source:nothing",
        "url:/a -url:/b actor:42 key:7",
    ],
)
def test_the_form_says_the_same_as_the_line(reader_client: Client, source: Source, line: str) -> None:
    """Sent as it is, it asks the same."""
    asked = reader_client.get("/changes/", {"q": line}).context["asked"]
    sent = {name: asked.form[name].value() for name in asked.form.fields}
    moments = {name: f"{value:%Y-%m-%dT%H:%M}" for name, value in sent.items() if isinstance(value, dt.datetime)}
    sent = {name: str(value) for name, value in {**sent, **moments}.items() if value}
    answer = reader_client.get("/changes/", {**sent, "q": asked.form.rest, "filters": "on"}, follow=True)
    again = answer.context["asked"]
    if "since:24h" in line:
        assert again.line == line
    else:
        assert again.question == asked.question


def test_only_new_changes_that_match_arrive(reader_client: Client, history: list[Change], orders: Relation) -> None:
    address = f"/changes/?after={history[-1].pk}&q="
    fresh = make_change(make_transaction(orders.source), orders, "I", "9", new=row("9"))
    answer = reader_client.get(f"{address}table:orders", headers=LIVE)
    assert [one.change for one in answer.context["changes"]] == [fresh]
    assert reader_client.get(f"{address}-table:orders", headers=LIVE).status_code == 204


def test_a_search_tells_how_far_it_looked_and_goes_on_from_there(
    reader_client: Client, history: list[Change], orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "search", partial(search.changes, seconds=0.0))
    transaction = make_transaction(orders.source, NOON + dt.timedelta(days=3))
    skip_ids(20_000)
    newest = make_change(transaction, orders, "U", "8", old=row("8"), new=row("8", status="paid"))
    page = reader_client.get("/changes/", {"q": "new:=paid since:2026-03-14"})
    found, pages = [row.change for row in page.context["changes"]], 1
    assert "Searched back to" in words(page)
    assert page.context["high_water"] == newest.pk
    while cursor := page.context["page"].older:
        page = reader_client.get("/changes/", {"q": "new:=paid since:2026-03-14", "cursor": cursor}, headers=LIVE)
        found += [row.change for row in page.context["changes"]]
        pages += 1
    assert found == [newest, history[1]]
    assert pages > 2
    assert "That is all" in words(page)


def test_a_live_search_looks_at_what_is_new_alone(
    reader_client: Client, history: list[Change], orders: Relation
) -> None:
    water = reader_client.get("/changes/", {"q": "new:=paid"}).context["high_water"]
    assert water == history[-1].pk
    assert reader_client.get("/changes/", {"q": "new:=paid", "after": str(water)}, headers=LIVE).status_code == 204
    other = make_change(make_transaction(orders.source), orders, "I", "8", new=row("8"))
    nothing = reader_client.get("/changes/", {"q": "new:=paid", "after": str(water)}, headers=LIVE)
    assert nothing.context["changes"] == []
    assert f'name="after" value="{other.pk}"' in nothing.content.decode()
    assert "live-count" not in nothing.content.decode()
    paid = make_change(make_transaction(orders.source), orders, "I", "9", new=row("9", status="paid"))
    answer = reader_client.get("/changes/", {"q": "new:=paid", "after": str(other.pk)}, headers=LIVE)
    assert [one.change for one in answer.context["changes"]] == [paid]
    assert "1 new change" in answer.content.decode()


def test_an_empty_answer_says_what_else_can_be_asked(reader_client: Client, history: list[Change]) -> None:
    answer = reader_client.get("/changes/", {"q": "table:orders kind:delete"})
    assert "No change matches" in words(answer)
    assert "without kind:delete" in words(answer)
    assert "field:status new:=refunded since:7d" in words(answer)


def test_an_unfolded_change_offers_its_values(reader_client: Client, history: list[Change]) -> None:
    text = reader_client.get(f"/changes/{history[1].pk}/", headers=LIVE).content.decode()
    terms = [html.unescape(one) for one in re.findall(r'data-narrow="without" data-term="([^"]*)"', text)]
    assert terms == [
        "table:public.orders",
        "kind:update",
        "actor:42",
        "url:/orders/7/pay",
        "method:POST",
        "field:status",
        "field:status new:=paid",
        "source:shop",
    ]
    for term in terms:
        assert reader_client.get("/changes/", {"without": term}, follow=True).status_code == 200


def test_hostile_values_can_be_asked_for(reader_client: Client, orders: Relation, session: Session) -> None:
    action = make_action(session, url=HOSTILE[:60], version='a "b"')
    change = make_change(action.transaction, orders, "I", "1", new=row("1", status='=<"x"'))
    text = reader_client.get(f"/changes/{change.pk}/", headers=LIVE).content.decode()
    assert "<script>alert" not in text
    terms = [html.unescape(one) for one in re.findall(r'data-narrow="only" data-term="([^"]*)"', text)]
    assert 'version:"a ""b"""' in terms or "version:a" in str(terms)
    assert 'field:status new:="=<""x"""' in terms
    for term in terms:
        assert reader_client.get("/changes/", {"only": term}, follow=True).context["asked"].error is None


def test_a_value_that_pages_do_not_show_whole_is_not_offered(
    reader_client: Client, source: Source, session: Session
) -> None:
    columns = [
        {"name": "id", "type": "bigint", "key": True},
        {"name": "pin", "type": "text", "key": False, "rule": "mask"},
    ]
    columns.append({"name": "note", "type": "text", "key": False})
    cards = make_relation(source, "cards", columns=columns)
    new = {"id": "1", "pin": "hmac:" + "0" * 64, "note": "x" * 500}
    change = make_change(make_action(session).transaction, cards, "I", "1", new=new)
    text = reader_client.get(f"/changes/{change.pk}/", headers=LIVE).content.decode()
    terms = re.findall(r'data-narrow="only" data-term="(field[^"]*)"', text)
    assert "field:note" in terms
    assert not any("xxx" in term for term in terms)


def test_the_line_of_another_organisation_finds_nothing(
    stranger_client: Client, history: list[Change], organisation: Organisation
) -> None:
    for line in ("source:shop", "actor:ada", "new:=paid", "outside", "key:1"):
        assert listed(stranger_client, line) == []
