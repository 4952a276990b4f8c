"""Labels, and their durations over the sessions of a flow."""

import math
import random
from itertools import pairwise

import pytest

from replica.queries.labels import (
    FlowLabels,
    labels,
    longest_labels,
    marked_labels,
    session_label_names,
    timed_count,
    timed_labels,
)
from replica.series.statistics import summarise
from tests.replica.captured import BARE, FLOW, FULL, HOSTILE_SESSION, Captured


def test_label_durations_leave_excluded_sessions_and_moments_out(captured_replica: Captured) -> None:
    flow = FlowLabels(captured_replica.alias, FLOW)
    spreads = flow.spreads(0, 10)
    durations = flow.durations([one.name for one in spreads], 100)
    assert {one.session_id for found in durations.values() for one in found} == {FULL, BARE, HOSTILE_SESSION}
    assert [one.ms for one in durations["Pay"]] == [3250.5, 4000]
    assert "Receipt shown" not in {one.name for one in spreads}


def many(replica: Captured, durations: dict[str, list[float]]) -> None:
    """Replace the labels of a session by these."""
    replica.execute("DELETE FROM session_labels")
    for name, values in durations.items():
        replica.execute(
            "INSERT INTO session_labels (session_id, label_id, name, start_time, end_time)"
            " SELECT %s, %s || n, %s, n * 10, n * 10 + ms FROM unnest(%s::float8[]) WITH ORDINALITY AS rows (ms, n)",
            FULL,
            name,
            name,
            values,
        )


def test_order_statistics_are_those_of_all_durations(own_replica: Captured) -> None:
    source = random.Random(5)
    values = {name: [source.randint(1, 9_999) / 8 for _ in range(count)] for name, count in (("a", 7), ("b", 60))}
    many(own_replica, values)
    flow = FlowLabels(own_replica.alias, FLOW)
    found = flow.spreads(0, 10)
    assert [(one.name, one.total) for one in found] == [("b", 2), ("a", 2)]
    assert flow.spreads(1, 1) == found[1:]
    assert flow.spreads_of(["a", "none"]).keys() == {"a"}
    for one in found:
        expected = summarise(values[one.name])
        assert expected
        for name in ("n", "least", "q1", "median", "q3", "p90", "most"):
            assert math.isclose(getattr(one.summary, name), getattr(expected, name)), name


@pytest.mark.parametrize(("count", "each"), [(1, 5), (5, 5), (6, 5), (100, 5), (100, 2), (101, 99)])
def test_durations_are_thinned_evenly_and_keep_both_ends(own_replica: Captured, count: int, each: int) -> None:
    many(own_replica, {"a": [float(n) for n in range(1, count + 1)]})
    found = [one.ms for one in FlowLabels(own_replica.alias, FLOW).durations(["a"], each)["a"]]
    assert len(found) == min(count, each)
    assert (found[0], found[-1]) == (1, count)
    gaps = [after - before for before, after in pairwise(found)]
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


def test_a_sessions_timed_labels_are_listed_in_order_and_by_length(own_replica: Captured) -> None:
    many(own_replica, {"a": [5, 0, 30], "b": [20, 1, -4]})
    alias = own_replica.alias
    listed = [(one.name, one.end_time - one.start_time) for one in timed_labels(alias, FULL, 0, 10)]
    assert listed == [("a", 5), ("b", 20), ("b", 1), ("a", 30)]
    assert [one.end_time - one.start_time for one in longest_labels(alias, FULL, 2)] == [20, 30]
    assert (timed_count(alias, FULL), len(timed_labels(alias, FULL, 3, 10))) == (4, 1)
    assert timed_labels(alias, FULL, 10**30, 10) == []
    assert [(one.name, one.ms) for one in session_label_names(alias, FULL, 0, 10)] == [("a", [5, 30]), ("b", [20, 1])]


def test_labels_on_an_axis_are_those_of_the_list(own_replica: Captured) -> None:
    own_replica.execute("ALTER TABLE session_labels ALTER name DROP NOT NULL, ALTER end_time DROP NOT NULL")
    own_replica.execute(
        "INSERT INTO session_labels (session_id, label_id, name, category, start_time, end_time) VALUES"
        " (%s, 'x1', NULL, NULL, 10, 'NaN'), (%s, 'x2', '', 'step', 20, NULL), (%s, 'x3', 'back', 'step', 30, 5),"
        " (%s, 'x4', 'endless', 'step', 40, 'Infinity'), (%s, 'x5', 'nowhere', 'step', 'NaN', 50)",
        *[FULL] * 5,
    )
    marked = marked_labels(own_replica.alias, FULL)
    assert [(one.label_id, one.name, one.category or None, one.start_time) for one in marked] == [
        (one.label_id, one.name, one.category, one.start_time) for one in labels(own_replica.alias, FULL)
    ]
    assert {one.label_id: one.end_time for one in marked if one.label_id and one.label_id.startswith("x")} == {
        "x1": 10,
        "x2": 20,
        "x3": 30,
        "x4": 40,
    }


@pytest.mark.parametrize("name", ["Pay ", " Pay", "Pay\n", "Pay\t "])
def test_blanks_are_part_of_a_labels_name(own_replica: Captured, name: str) -> None:
    own_replica.execute("UPDATE session_labels SET name = %s WHERE session_id = %s AND label_id = 'l2'", name, FULL)
    alias = own_replica.alias
    assert name in {label.name for label in labels(alias, FULL)}
    assert name in {one.name for one in session_label_names(alias, FULL, 0, 10)}
    assert FlowLabels(alias, FLOW).spreads_of([name]).keys() == {name}
    assert FlowLabels(alias, FLOW).durations([name], 9).keys() == {name}


def test_a_label_without_a_name_is_called_by_its_id(own_replica: Captured) -> None:
    own_replica.execute("ALTER TABLE session_labels ALTER name DROP NOT NULL")
    own_replica.execute(f"UPDATE session_labels SET name = NULL WHERE session_id = '{FULL}' AND label_id = 'l2'")
    assert "l2" in {label.name for label in labels(own_replica.alias, FULL)}
    assert "l2" in {one.name for one in session_label_names(own_replica.alias, FULL, 0, 10)}
    assert "l2" in FlowLabels(own_replica.alias, FLOW).spreads_of(["l2"])
