"""What is suggested while somebody writes a question: what is there, of the viewer's organisation alone."""

import datetime as dt
import html
import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from statetrace_ui.history.models import Relation, Session, Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import (
    HOSTILE,
    NOON,
    make_action,
    make_relation,
    make_session,
    make_source,
)

OPTION = re.compile(r'data-line="([^"]*)"\s+data-caret="(\d+)">\s*<bdi class="mono">([^<]*)</bdi>')


def suggested(client: Client, written: str, to: str = "changes") -> list[str]:
    """The texts of the options; | in what is written is the place of the cursor."""
    at = written.index("|")
    answer = client.get("/questions/suggestions/", {"q": written.replace("|", ""), "at": at, "to": to})
    assert answer.status_code == 200
    return [html.unescape(text) for _, _, text in OPTION.findall(answer.content.decode())]


@pytest.fixture
def furnished(source: Source, orders: Relation, session: Session) -> Source:
    make_relation(source, "my orders", "sales", oid=7)
    make_session(source, "s-2", actor_id="7", actor_full_name="Grace Hopper", actor_email="", application_id="stockroom")
    for number in range(3):
        make_action(session, NOON + dt.timedelta(minutes=number), version="1.4.2", method="POST")
    make_action(session, version="1.3.9", method="GET", url='/a b/"c"/')
    return source


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("ta|", ["table:"]),
        ("-K|", ["kind:"]),
        ("x ga| y", ["gap"]),
        ("table:|", ['table:"sales.""my orders"""', "table:orders"]),
        ("table:ord|", ["table:orders", 'table:"sales.""my orders"""']),
        ("table:SALES|", ['table:"sales.""my orders"""']),
        ("table:nothing|", []),
        ("kind:de|", ["kind:delete"]),
        ("field:det|", ["field:details"]),
        ("field:at|", ["field:status", "field:updated_at"]),
        ("field:%|", []),
        ("actor:gr|", ["actor:7"]),
        ("actor:|", ["actor:42", "actor:7"]),
        ("method:|", ["method:POST", "method:GET"]),
        ("version:1.3|", ["version:1.3.9"]),
        ("url:/a|", ['url:/a b/"c"/']),
        ("app:|", ["app:stockroom"]),
        ("source:|", ["source:shop"]),
        ("since:la|", ["since:last-week", "since:last-month"]),
        ("xid:|", []),
    ],
)
def test_what_is_there_is_suggested(
    reader_client: Client, furnished: Source, written: str, expected: list[str]
) -> None:
    found = suggested(reader_client, written)
    if written == "actor:|":
        found.sort()
    assert found == [text if not text.startswith("url:") else 'url:"/a b/""c""/"' for text in expected]


def test_sessions_are_asked_by_less(reader_client: Client, furnished: Source) -> None:
    assert set(suggested(reader_client, "|", "sessions")) == {
        *("actor:", "app:", "session:", "source:", "since:", "until:", "at:")
    }


def test_an_option_brings_the_whole_line_and_the_place_to_go_on(reader_client: Client, furnished: Source) -> None:
    answer = reader_client.get("/questions/suggestions/", {"q": "é -table:or x", "at": 11, "to": "changes"})
    assert OPTION.findall(answer.content.decode())[0] == ("é -table:orders x", "16", "table:orders")


def test_hostile_names_are_escaped(reader_client: Client, source: Source) -> None:
    make_relation(source, HOSTILE[:60])
    answer = reader_client.get("/questions/suggestions/", {"q": "table:", "at": 6, "to": "changes"})
    assert "<script>" not in answer.content.decode()


def test_nothing_of_others_is_suggested(stranger: User, stranger_client: Client, furnished: Source) -> None:
    own = make_source(Organisation.objects.get(memberships__user=stranger), "theirs")
    make_action(make_session(own, actor_id="elsewhere"), version="9", method="PUT", url="/theirs")
    make_relation(own, "theirs", columns=[{"name": "own", "type": "text", "key": False}])
    found = [suggested(stranger_client, f"{name}:|") for name in ("table", "field", "actor", "method", "url", "source")]
    assert found == [
        ["table:theirs"],
        ["field:own"],
        ["actor:elsewhere"],
        ["method:PUT"],
        ["url:/theirs"],
        ["source:theirs"],
    ]


@pytest.mark.parametrize("query", ["?q=x&to=changes", "?q=x&at=-1&to=changes", "?q=x&at=1&to=others", "?at=1"])
def test_an_address_that_makes_no_sense_is_refused(reader_client: Client, query: str) -> None:
    assert reader_client.get(f"/questions/suggestions/{query}").status_code == 400


@pytest.mark.parametrize("name", ["url", "method", "version", "app"])
def test_values_of_a_large_history_are_those_of_its_newest(
    reader_client: Client, furnished: Source, name: str
) -> None:
    with CaptureQueriesContext(connection) as asked:
        suggested(reader_client, f"{name}:|")
    [read] = [query["sql"] for query in asked.captured_queries if "history_action" in query["sql"] or "application_id" in query["sql"]]
    assert "LIMIT 1000" in read
