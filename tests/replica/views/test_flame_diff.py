"""The difference of two sessions' flame graphs, by its addresses."""

from dataclasses import replace as replaced
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest
from django.test import Client

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


@pytest.fixture
def other(replica: str, session: UUID) -> UUID:
    """A session with the same calls, of which one method's take longer."""
    session_id = uuid4()
    fill(replica, session_id, slower())
    return session_id


def address(session: UUID, part: str = "", /, **query: object) -> str:
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/captured/{session}/flame/diff/{part}?{parameters}"


def ask(client: Client, session: UUID, part: str, /, **query: object) -> Any:
    answer = client.get(address(session, part, **query))
    assert answer.status_code == 200
    return answer


def add_label(url: str, session: UUID, label: str, start: float, end: float, name: str = "Sort") -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO session_labels (session_id, label_id, name, category, start_time, end_time)"
            " VALUES (%s, %s, %s, 'step', %s, %s)",
            [str(session), label, name, start, end],
        )


def test_the_page_offers_the_other_sessions_of_the_flow(reader_client: Client, session: UUID, other: UUID) -> None:
    content = reader_client.get(address(session)).content.decode()
    assert f"?with={other}" in content
    assert f"?with={session}" not in content


def test_the_page_names_both_sides_and_the_way_round(reader_client: Client, session: UUID, other: UUID) -> None:
    answer = reader_client.get(address(session, "", **{"with": other}))
    assert answer.context["swapped"].startswith(f"/captured/{other}/flame/diff/?with={session}")
    assert reader_client.get(address(session, "", **{"with": uuid4()})).status_code == 404


def test_the_changes_add_up_and_lie_where_they_were_made(reader_client: Client, session: UUID, other: UUID) -> None:
    tree = ask(reader_client, session, "tree/", **{"with": other}).json()
    base, new = (np.array(side) for side in tree["nodes"]["own"])
    assert int((new - base).sum()) == tree["whole"][1] - tree["whole"][0] > 0
    rows = ask(reader_client, session, "table/", **{"with": other}).context["rows"]
    assert (rows[0].name, rows[0].package) == method_name(SLOW)[::-1]
    assert rows[0].own_change == tree["whole"][1] - tree["whole"][0]
    assert [row.own_change for row in rows[1:]] == [0] * (len(rows) - 1)


def test_methods_are_paired_by_name_and_not_by_number(
    reader_client: Client, replica: str, session: UUID, other: UUID
) -> None:
    with psycopg.connect(replica) as connection:
        for table, column in (("function_call_method", "id"), ("function_call_site", "method_id")):
            connection.execute(
                f"UPDATE {table} SET {column} = {METHODS * 3} - {column} WHERE session_id = %s",
                [str(other)],
            )
    rows = ask(reader_client, session, "table/", **{"with": other}).context["rows"]
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
    rows = ask(reader_client, session, "table/", **{"with": other, "rows": 1000}).context["rows"]
    kinds = {row.name: row.kind for row in rows if row.kind}
    assert kinds == {method_name(SLOW)[1]: "gone", "renamed": "new"}
    content = ask(reader_client, session, "table/", **{"with": other}).content.decode()
    assert '<span class="tag">gone</span>' in content


def test_shares_of_the_whole_are_compared_as_shares(reader_client: Client, session: UUID, other: UUID) -> None:
    rows = ask(reader_client, session, "table/", **{"with": other, "scale": "share", "rows": 1000}).context["rows"]
    assert sum(row.own[0] for row in rows) == pytest.approx(1)
    assert sum(row.own_change for row in rows) == pytest.approx(0)


def test_a_label_restricts_each_side_to_its_own(
    reader_client: Client, replica: str, session: UUID, other: UUID
) -> None:
    origin = int(CALLS.start.min()) / 1000
    for label, start in (("first", 0), ("second", 10)):
        add_label(replica, session, label, origin + start, origin + start + 2)
        add_label(replica, other, f"other-{label}", origin + 2 * start, origin + 2 * start + 3)
    whole = ask(reader_client, session, "tree/", **{"with": other, "label": "second"}).json()["whole"]
    spans = [(10_000, 12_000), (20_000, 23_000)]
    for side, (calls, (low, high)) in enumerate(zip((CALLS, slower()), spans, strict=True)):
        start, end = calls.start - CALLS.start.min(), calls.end - CALLS.start.min()
        inside = np.minimum(end, high) - np.maximum(start, low)
        assert whole[side] == int(np.maximum(inside, 0)[calls.parent < 0].sum())


def test_a_label_that_one_side_lacks_is_told(reader_client: Client, replica: str, session: UUID, other: UUID) -> None:
    add_label(replica, session, "mine", 0, 9)
    answer = reader_client.get(address(session, "tree/", **{"with": other, "label": "mine"}))
    assert answer.status_code == 404
    assert b"no such label" in answer.content


def test_a_thread_is_compared_with_that_of_its_name(
    reader_client: Client, replica: str, session: UUID, other: UUID
) -> None:
    query = {"with": other, "process": 4321, "thread": 1}
    assert ask(reader_client, session, "tree/", **query).json()["whole"][0] > 0
    with psycopg.connect(replica) as connection:
        connection.execute("UPDATE function_call_thread SET name = 'elsewhere' WHERE session_id = %s", [str(other)])
    assert reader_client.get(address(session, "tree/", **query)).status_code == 404


@pytest.mark.parametrize("query", ["", "with=x&scale=y", "with=x&from=9&to=3"])
def test_what_is_not_understood_is_refused(reader_client: Client, session: UUID, query: str) -> None:
    assert reader_client.get(f"/captured/{session}/flame/diff/tree/?{query}").status_code == 400
