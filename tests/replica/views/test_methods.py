"""Table, sandwich and search of a profile, by their addresses."""

from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest
from django.test import Client

from tests.replica.generated import METHODS, method_name
from tests.replica.views.test_flame import CALLS, base_of, page
from tests.replica.views.test_flame import _blocks as _blocks
from tests.replica.views.test_flame import base as base
from tests.replica.views.test_flame import replica as replica
from tests.replica.views.test_flame import session as session

LENGTH = CALLS.end - CALLS.start
CHILDREN = np.bincount(CALLS.parent + 1, LENGTH, minlength=len(CALLS) + 1)[1:]
OWN = np.bincount(CALLS.method, LENGTH - CHILDREN, minlength=METHODS)


def table(client: Client, base: str, query: str = "", thread: str = "0") -> Any:
    answer = client.get(f"{base}{thread}/table/?weight=wall&{query}")
    assert answer.status_code == 200
    return answer


def test_the_table_adds_up_to_all_time_in_calls(reader_client: Client, base: str) -> None:
    rows = table(reader_client, base, "rows=2000").context["rows"]
    assert sum(row.own for row in rows) == int(OWN.sum()) == int(LENGTH[CALLS.parent < 0].sum())
    assert sum(row.calls for row in rows) == len(CALLS)
    assert [row.own for row in rows] == sorted((int(own) for own in OWN if own), reverse=True)


def test_the_table_is_sorted_filtered_and_cut(reader_client: Client, base: str) -> None:
    answer = table(reader_client, base, "sort=calls&q=STEP7&rows=3")
    rows, count = answer.context["rows"], answer.context["count"]
    assert len(rows) == 3 < count
    assert all("step7" in row.name for row in rows)
    assert [row.calls for row in rows] == sorted((row.calls for row in rows), reverse=True)
    assert b"Show more" in answer.content
    by_name = table(reader_client, base, "sort=name").context["rows"]
    assert [row.name for row in by_name] == sorted(row.name for row in by_name)
    assert b"No method of that name" in table(reader_client, base, "q=nothing").content


@pytest.mark.parametrize("by", ["package", "thread"])
def test_packages_and_threads_have_the_same_sum(reader_client: Client, base: str, by: str) -> None:
    rows = table(reader_client, base, f"by={by}").context["rows"]
    assert sum(row.own for row in rows) == int(OWN.sum())


def test_all_threads_are_what_each_of_them_is(reader_client: Client, base: str) -> None:
    assert table(reader_client, base, thread="all").context["rows"] == table(reader_client, base).context["rows"]
    assert reader_client.get(f"{base}7/table/?weight=wall").status_code == 404


def test_a_range_weighs_what_lies_in_it(reader_client: Client, base: str) -> None:
    low, high = 2_000, 9_000
    origin = int(CALLS.start.min())
    roots = CALLS.parent < 0
    inside = np.minimum(CALLS.end - origin, high) - np.maximum(CALLS.start - origin, low)
    rows = table(reader_client, base, f"from={low}&to={high}&rows=2000").context["rows"]
    assert sum(row.own for row in rows) == int(np.maximum(inside, 0)[roots].sum())


def test_hidden_methods_are_in_no_table_and_lose_no_time_but_their_own_as_roots(
    reader_client: Client, base: str
) -> None:
    [inner] = [row for row in table(reader_client, base, "rows=2000").context["rows"] if row.own == int(OWN.max())][:1]
    rows = table(reader_client, base, f"exclude={inner.number}&rows=2000").context["rows"]
    assert inner.name not in [row.name for row in rows if row.package == inner.package]
    only = table(reader_client, base, f"package={inner.package}&rows=2000").context["rows"]
    assert {row.package for row in only} == {inner.package}
    assert sum(row.own for row in only) > sum(OWN[n] for n in range(METHODS) if method_name(n)[0] == inner.package)


def test_a_sandwich_has_the_total_of_the_table_both_ways(reader_client: Client, base: str) -> None:
    [row, *_] = table(reader_client, base, "sort=total").context["rows"]
    answer = reader_client.get(f"{base}all/sandwich/?weight=wall&method={row.number}").json()
    assert answer["method"] == row.number
    assert answer["callers"]["total"] == answer["callees"]["total"] == row.total
    assert answer["callers"]["nodes"]["method"][0] == answer["callees"]["nodes"]["method"][0] == row.number
    assert (answer["own"], answer["calls"]) == (row.own, row.calls)


def test_a_sandwich_without_a_method_is_that_of_the_most_own_time(reader_client: Client, base: str) -> None:
    [row, *_] = table(reader_client, base).context["rows"]
    assert reader_client.get(f"{base}0/sandwich/?weight=wall").json()["method"] == row.number
    assert reader_client.get(f"{base}0/sandwich/?weight=wall&method=99999").status_code == 404


@pytest.mark.parametrize(
    "query", ["weight=wall&sort=x", "weight=wall&by=x", "weight=wall&from=9&to=3", "weight=wall&exclude=a", "rows=9"]
)
def test_what_is_not_understood_is_refused(reader_client: Client, base: str, query: str) -> None:
    assert reader_client.get(f"{base}0/table/?{query}").status_code == 400


def test_foreign_names_are_escaped_in_the_table(reader_client: Client, replica: str, session: UUID) -> None:
    with psycopg.connect(replica) as connection:
        connection.execute("UPDATE function_call_method SET name = '<b>x' , package_name = '\"><script>'")
    content = table(reader_client, base_of(page(reader_client, session))).content
    assert b"<b>x" not in content
    assert b"<script>" not in content


def test_matches_are_stepped_through_in_order_of_time_and_round(reader_client: Client, base: str) -> None:
    matching = [n for n in range(METHODS) if "step7" in method_name(n)[1]]
    calls = np.flatnonzero(np.isin(CALLS.method, matching))
    origin = int(CALLS.start.min())
    expected = sorted((int(CALLS.start[n]) - origin, int(CALLS.depth[n])) for n in calls)
    found: list[tuple[int, int]] = []
    query = ""
    for _ in range(len(expected) + 1):
        answer = reader_client.get(f"{base}0/match/?q=step7{query}").json()
        found.append((answer["at"], answer["depth"]))
        query = f"&at={answer['at']}&depth={answer['depth']}"
    assert found == [*expected, expected[0]]
    back = reader_client.get(f"{base}0/match/?q=step7&back=on").json()
    assert (back["at"], back["depth"]) == expected[-1]
    assert reader_client.get(f"{base}0/match/?q=nothing").json() is None
