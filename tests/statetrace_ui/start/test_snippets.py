"""The snippets of the first steps, as far as they can be run here, from what they send to who stands in history."""

import json
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.utils.module_loading import import_string

from statetrace_ui.history.models import Change, Source
from statetrace_ui.start import snippets
from tests.statetrace_ui.conftest import Audited
from tests.test_javascript import node

SESSION = "bc573b1d-5ed0-4018-bcf4-74ce1b23875d"
SAID = {
    "session_actor_id": 42,
    "session_actor_full_name": "Ada Lovelace",
    "action_session_id": SESSION,
    "action_url": "/pay",
    "action_method": "POST",
}
STATEMENT = re.compile(r'"(INSERT INTO [^"]+)"')
Sent = list[tuple[str, list[Any]]]
# What surrounds the snippet in an application: a client that notes what it is asked, a person and a request.
AROUND = """
const sent = [];
const client = { query: async (text, values) => sent.push([text, values]) };
const user = { id: 42, name: "Ada Lovelace" };
const req = { path: "/pay", method: "POST" };
const sessionId = "%s";
%s
console.log(JSON.stringify(sent));
"""


def of_node() -> Sent:
    """What it sends when Node runs it."""
    done = node("--input-type=module", "--eval", AROUND % (SESSION, snippets.NODE))
    assert done.returncode == 0, done.stderr
    sent: Sent = json.loads(done.stdout)
    return sent


def of_text(code: str, key: str) -> Sent:
    """What a snippet sends that nothing here can run, read out of it. key: how it writes one of a payload."""
    [statement] = STATEMENT.findall(code)
    sent: Sent = []
    for number, (kind, payload) in enumerate(re.findall(r'"(_st\.app\.\w+)",(.*?)\)(?:\n|$)', code, re.DOTALL)):
        keys = re.findall(key, payload)
        said = json.dumps({name: SAID[name] for name in keys})
        sent.append((statement, [SESSION if kind == "_st.app.sess" else f"action {number}", kind, said]))
    return sent


def of_rails() -> Sent:
    return of_text(snippets.RAILS, r"(\w+): ")


def of_go() -> Sent:
    return of_text(snippets.GO, r'"(\w+)":')


@pytest.mark.parametrize("sent_by", [of_node, of_rails, of_go])
def test_what_is_sent_says_who_it_was(sent_by: Callable[[], Sent], audited: Audited) -> None:
    """With parameters in the protocol, as these clients send them; the session is announced with each action."""
    table = snippets.SQL.partition("\n")[0]
    audited.run(table, "CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    sent = sent_by()
    assert [values[1] for _, values in sent] == ["_st.app.sess", "_st.app.act"]
    for number in range(2):
        with audited.connection.transaction(), psycopg.RawCursor(audited.connection) as cursor:
            cursor.execute(b"INSERT INTO item VALUES ($1)", [number])
            for statement, (key, *values) in sent:
                own = key if key == SESSION else f"{key} of {number}"
                cursor.execute(statement.encode(), [own, *values])
    assert_annotated(audited, source, 2)


def test_plain_sql_says_who_it_was(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item VALUES (1)")
    table, _, rest = snippets.SQL.partition("\n")
    audited.run(table)
    source = audited.add()
    audited.connection.execute(rest.replace("your_table", "item").replace("your_column", "name").encode())
    audited.capture(source)
    [change] = Change.objects.filter(kind="U")
    action = change.transaction.actions.get()
    assert (action.url, action.session and action.session.actor_full_name) == ("/hello", "Ada Lovelace")


def assert_annotated(audited: Audited, source: Source, count: int) -> None:
    audited.capture(source)
    changes = Change.objects.filter(kind="I", table__table_name="item").select_related("transaction")
    assert len(changes) == count
    for change in changes:
        action = change.transaction.actions.get()
        session = action.session
        assert session
        assert (action.url, action.method) == ("/pay", "POST")
        assert (session.key, session.actor_id, session.actor_full_name) == (SESSION, "42", "Ada Lovelace")


def test_what_django_is_given_is_there() -> None:
    names: dict[str, list[str]] = {"INSTALLED_APPS": [], "MIDDLEWARE": []}
    exec(snippets.DJANGO, names)
    for name in names["INSTALLED_APPS"]:
        __import__(name)
    [middleware] = names["MIDDLEWARE"]
    assert callable(import_string(middleware))


def test_each_snippet_says_how_far_it_was_run() -> None:
    assert all(one.tested for one in snippets.SNIPPETS)
