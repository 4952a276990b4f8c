"""The difference of the flame graphs of two groups, by its addresses. Most groups here have one session."""

from dataclasses import replace as replaced
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest
from django.test import Client

from replica.profiles.diff_rows import DiffRow
from replica.views import flame_sides
from tests.replica.generated import METHODS, Generated, fill, method_name
from tests.replica.views.test_flame import CALLS
from tests.replica.views.test_flame import _blocks as _blocks
from tests.replica.views.test_flame import replica as replica
from tests.replica.views.test_flame import session as session

SLOW = int(np.bincount(CALLS.method[~np.isin(np.arange(len(CALLS)), CALLS.parent)]).argmax())  # often a leaf
STRETCH = 3


def slower() -> Generated:
    """The same calls, but one method's leaves take three times as long, and whatever ends later ends so much later."""
    leaves = ~np.isin(np.arange(len(CALLS)), CALLS.parent) & (CALLS.method == SLOW)
    ends = np.sort(CALLS.end[leaves])
    order = np.argsort(CALLS.end[leaves])
    longer = (STRETCH - 1) * (CALLS.end - CALLS.start)[leaves][order]
    added = np.concatenate(([0], np.cumsum(longer)))
    start, end = (times + added[np.searchsorted(ends, times, side="right")] for times in (CALLS.start, CALLS.end))
    return replaced(CALLS, start=start, end=end)


@pytest.fixture(autouse=True)
def flow(replica: str) -> str:
    """The flow of all sessions."""
    flow = str(UUID(int=1))
    with psycopg.connect(replica) as connection:
        connection.execute("INSERT INTO user_flow VALUES (%s, 'Generated', NULL, '2026-01-01')", [flow])
    return flow


@pytest.fixture
def other(replica: str, session: UUID) -> UUID:
    """A session with the same calls, of which one method's take longer."""
    session_id = uuid4()
    fill(replica, session_id, slower())
    return session_id


def address(base: object, new: object, part: str = "", **query: object) -> str:
    groups = {"flow": UUID(int=1), "base": base, "new": new}
    return f"/compare/flame/{part}?{urlencode(groups | query)}"


def ask(client: Client, base: object, new: object, part: str, **query: object) -> Any:
    answer = client.get(address(base, new, part, **query))
    assert answer.status_code == 200, answer.content
    return answer


def rows_of(client: Client, base: object, new: object, **query: object) -> list[DiffRow]:
    rows: list[DiffRow] = ask(client, base, new, "table/", **{"rows": 1000} | query).context["rows"]
    return rows


def tree_of(client: Client, base: object, new: object, **query: object) -> Any:
    return ask(client, base, new, "tree/", **query).json()["tree"]


def add_label(url: str, session: UUID, label: str, start: float, end: float, name: str = "Sort") -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO session_labels (session_id, label_id, name, category, start_time, end_time)"
            " VALUES (%s, %s, %s, 'step', %s, %s)",
            [str(session), label, name, start, end],
        )


def test_a_session_leads_to_the_others_of_its_flow(reader_client: Client, session: UUID, other: UUID) -> None:
    content = reader_client.get(f"/captured/{session}/flame/others/").content.decode()
    assert f"base=session%3A{session}&amp;new=session%3A{other}" in content
    assert f"new=session%3A{session}" not in content


def test_the_page_names_both_sides_and_the_way_round(reader_client: Client, session: UUID, other: UUID) -> None:
    answer = reader_client.get(address(session, other, scale="share"))
    swapped = parse_qs(urlsplit(answer.context["swapped"]).query)
    assert (swapped["base"], swapped["new"], swapped["scale"]) == ([str(other)], [str(session)], ["share"])
    assert f"/compare/?flow={UUID(int=1)}&amp;base={session}&amp;new={other}" in answer.content.decode()
    assert reader_client.get(address(session, uuid4())).status_code == 404


def test_the_changes_add_up_and_lie_where_they_were_made(reader_client: Client, session: UUID, other: UUID) -> None:
    tree = tree_of(reader_client, session, other)
    base, new = (np.array(side) for side in tree["nodes"]["own"])
    assert int((new - base).sum()) == tree["whole"][1] - tree["whole"][0] > 0
    rows = rows_of(reader_client, session, other)
    assert (rows[0].name, rows[0].package) == method_name(SLOW)[::-1]
    assert rows[0].own_change == tree["whole"][1] - tree["whole"][0]
    assert [row.own_change for row in rows[1:]] == [0] * (len(rows) - 1)


def add_tag(url: str, value: str, *sessions: UUID) -> None:
    with psycopg.connect(url) as connection:
        for session in sessions:
            connection.execute("INSERT INTO session_tags VALUES (%s, 'side', %s)", [str(session), value])


@pytest.fixture
def groups(replica: str, session: UUID, other: UUID) -> tuple[str, str]:
    """One session against three, two of which are the slower one; and one without calls."""
    third, fourth, empty = uuid4(), uuid4(), uuid4()
    fill(replica, third, slower())
    fill(replica, fourth, CALLS)
    with psycopg.connect(replica) as connection:
        values = [str(empty), str(UUID(int=1))]
        connection.execute(
            "INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time)"
            " VALUES (%s, %s, 'empty', 'Passed', now())",
            values,
        )
    add_tag(replica, "base", session)
    add_tag(replica, "new", other, third, fourth, empty)
    return "side=base", "side=new"


def test_a_group_is_the_mean_of_its_sessions(
    reader_client: Client, groups: tuple[str, str], session: UUID, other: UUID
) -> None:
    answer = ask(reader_client, *groups, "tree/").json()
    assert answer["told"] == ["1 session", "mean of 3 sessions; left out: 1 without calls"]
    whole, sessions = answer["tree"]["whole"], answer["tree"]["sessions"]
    before, after = tree_of(reader_client, session, other)["whole"]
    assert (sessions, whole) == ([1, 3], [before, before + 2 * after])
    base, new = (np.array(side) for side in answer["tree"]["nodes"]["own"])
    assert (int(base.sum()), int(new.sum())) == tuple(whole)
    rows = rows_of(reader_client, *groups)
    assert rows[0].own_change == pytest.approx((after - before) * 2 / 3)
    assert sum(row.own_change for row in rows) == pytest.approx(whole[1] / 3 - whole[0])
    assert [row.calls_change for row in rows] == pytest.approx([0] * len(rows))


def test_no_more_sessions_are_merged_than_can_be_waited_for(
    reader_client: Client, groups: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flame_sides, "MOST_SESSIONS", 2)
    told = ask(reader_client, *groups, "tree/").json()["told"]
    assert told[1] == "mean of 2 sessions; left out: 1 without calls, 1 older"
    monkeypatch.setattr(flame_sides, "MOST_CALLS", len(CALLS) - 1)
    told = ask(reader_client, *groups, "tree/").json()["told"]
    assert told == ["1 session", "1 session; left out: 1 without calls, 2 older"]


def test_sessions_without_the_label_do_not_count(
    reader_client: Client, groups: tuple[str, str], replica: str, session: UUID, other: UUID
) -> None:
    for one in (session, other):
        add_label(replica, one, f"mine-{one}"[:36], 0, 1e6)
    answer = ask(reader_client, *groups, "tree/", label="Sort · step").json()
    assert answer["told"][1] == "1 session; left out: 1 without calls, 2 without this label"
    assert answer["tree"]["whole"] == tree_of(reader_client, session, other)["whole"]
    page = reader_client.get(address(*groups)).content.decode()
    assert '<option value="Sort · step">' in page


def test_a_side_without_calls_is_told(reader_client: Client, groups: tuple[str, str], replica: str) -> None:
    with psycopg.connect(replica) as connection:
        connection.execute("UPDATE session_metadata SET status = 'Failed' WHERE name = 'empty'")
    answer = reader_client.get(address("side=base", "status:Failed"))
    assert "no function calls" in answer.content.decode()
    assert reader_client.get(address("side=base", "status:Failed", "tree/")).status_code == 404


def test_methods_are_paired_by_name_and_not_by_number(
    reader_client: Client, replica: str, session: UUID, other: UUID
) -> None:
    with psycopg.connect(replica) as connection:
        for table, column in (("function_call_method", "id"), ("function_call_site", "method_id")):
            connection.execute(
                f"UPDATE {table} SET {column} = {METHODS * 3} - {column} WHERE session_id = %s",
                [str(other)],
            )
    rows = rows_of(reader_client, session, other)
    assert [row.kind for row in rows] == [""] * len(rows)
    assert sum(bool(row.own_change) for row in rows) == 1


def test_what_only_one_side_calls_is_gone_or_new(
    reader_client: Client, replica: str, session: UUID, other: UUID
) -> None:
    with psycopg.connect(replica) as connection:
        connection.execute(
            "UPDATE function_call_method SET name = 'renamed', raw_name = 'renamed' WHERE session_id = %s AND id = %s",
            [str(other), SLOW],
        )
    rows = rows_of(reader_client, session, other)
    kinds = {row.name: row.kind for row in rows if row.kind}
    assert kinds == {method_name(SLOW)[1]: "gone", "renamed": "new"}
    content = ask(reader_client, session, other, "table/").content.decode()
    assert '<span class="tag info">gone</span>' in content


def test_shares_of_the_whole_are_compared_as_shares(reader_client: Client, session: UUID, other: UUID) -> None:
    rows = rows_of(reader_client, session, other, scale="share")
    assert sum(row.own[0] for row in rows) == pytest.approx(1)
    assert sum(row.own_change for row in rows) == pytest.approx(0)


def test_a_label_restricts_each_side_to_its_own(
    reader_client: Client, replica: str, session: UUID, other: UUID
) -> None:
    origin = int(CALLS.start.min()) / 1000
    for label, start in (("first", 0), ("second", 10)):
        add_label(replica, session, label, origin + start, origin + start + 2)
        add_label(replica, other, f"other-{label}", origin + 2 * start, origin + 2 * start + 3)
    whole = tree_of(reader_client, session, other, label="Sort · step · no. 2")["whole"]
    spans = [(10_000, 12_000), (20_000, 23_000)]
    for side, (calls, (low, high)) in enumerate(zip((CALLS, slower()), spans, strict=True)):
        start, end = calls.start - CALLS.start.min(), calls.end - CALLS.start.min()
        inside = np.minimum(end, high) - np.maximum(start, low)
        assert whole[side] == int(np.maximum(inside, 0)[calls.parent < 0].sum())


def test_a_label_that_one_side_lacks_is_told(reader_client: Client, replica: str, session: UUID, other: UUID) -> None:
    add_label(replica, session, "mine", 0, 9)
    answer = reader_client.get(address(session, other, "tree/", label="Sort · step"))
    assert answer.status_code == 404
    assert b"1 without this label" in answer.content
    assert b"no such label" not in answer.content
    assert reader_client.get(address(session, other, "tree/", label="Other")).status_code == 404


def test_a_thread_is_compared_with_that_of_its_name(
    reader_client: Client, replica: str, session: UUID, other: UUID
) -> None:
    answer = ask(reader_client, session, other, "tree/").json()
    assert answer["threads"] == ["main · app.generated"]
    of_thread = tree_of(reader_client, session, other, thread="main · app.generated")
    assert of_thread["whole"] == answer["tree"]["whole"]
    with psycopg.connect(replica) as connection:
        connection.execute("UPDATE function_call_thread SET name = 'elsewhere' WHERE session_id = %s", [str(other)])
    told = reader_client.get(address(session, other, "tree/", thread="main · app.generated"))
    assert (told.status_code, b"1 without this thread" in told.content) == (404, True)


@pytest.mark.parametrize(
    "query", ["", "flow=x&base=a", "flow=x&base=a&new=b&scale=y", "flow=x&base=a&new=b&from=9&to=3"]
)
def test_what_is_not_understood_is_refused(reader_client: Client, session: UUID, query: str) -> None:
    assert reader_client.get(f"/compare/flame/tree/?{query}").status_code == 400
