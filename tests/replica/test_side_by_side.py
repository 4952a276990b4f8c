"""Lanes of two sessions under each other, and what is the same in both."""

import datetime as dt

from replica.side_by_side import side_by_side
from statetrace_ui.web.timeline import Group, Lane, Span, Timeline

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def span(key: str, name: str, start: float, end: float) -> Span:
    return Span(start, end, name, key=key)


def session(**groups: list[Lane]) -> Timeline:
    return Timeline(NOON, 1000.0, [Group(key, key.title(), lanes) for key, lanes in groups.items()])


def labels(*spans: Span) -> Lane:
    return Lane("labels-step", "step", list(spans))


def test_each_lane_stands_above_the_other_sessions_and_one_that_it_lacks_is_empty() -> None:
    base = session(labels=[labels(span("a", "Pay", 0, 9))], threads=[Lane("t1", "main"), Lane("t2", "Worker")])
    new = session(threads=[Lane("t7", "Worker"), Lane("t8", "Worker")], issues=[Lane("i", "Slow")])
    found = side_by_side(base, new)
    lanes = {group.key: [(lane.name, lane.side, len(lane.spans)) for lane in group.lanes] for group in found.groups}
    assert lanes == {
        "labels": [("step", "base", 1), ("step", "new", 0)],
        "threads": [(name, side, 0) for name in ("main", "Worker", "Worker") for side in ("base", "new")],
        "issues": [("Slow", "base", 0), ("Slow", "new", 0)],
    }
    keys = [lane.key for group in found.groups for lane in group.lanes]
    assert len(set(keys)) == len(keys)


def test_labels_are_paired_by_name_and_occurrence_and_line_the_sessions_up() -> None:
    base = session(labels=[labels(span("a", "Pay", 100, 200), span("b", "Pay", 300, 310))])
    new = session(labels=[labels(span("c", "Pay", 150, 650), span("d", "Other", 660, 670), span("e", "Pay", 700, 720))])
    found = side_by_side(base, new)
    assert found.pairs == [("base-a", "new-c"), ("base-b", "new-e")]
    assert [side.parts[1] for side in found.sides] == [(100, 200, 150), (150, 650, 150)]


def test_requests_are_paired_within_a_step_by_path_without_values_status_and_passing_ports() -> None:
    steps = labels(span("s", "Pay", 100, 200))
    base = session(
        labels=[steps],
        network=[
            Lane("h", "127.0.0.1:40001", [span("e1", "200 /items/1", 110, 120), span("e2", "200 /items/2", 300, 310)])
        ],
    )
    new = session(labels=[steps], network=[Lane("h", "127.0.0.1:50002", [span("e9", "500 /items/7?x=1", 130, 140)])])
    assert side_by_side(base, new).pairs == [("base-s", "new-s"), ("base-e1", "new-e9")]
    [lane, other] = side_by_side(base, new).groups[1].lanes
    assert (lane.name, other.name) == ("127.0.0.1:*", "127.0.0.1:*")


def test_runs_of_several_are_paired_with_nothing() -> None:
    run = Span(0, 9, "Pay", key="a", count=3)
    assert side_by_side(session(labels=[labels(run)]), session(labels=[labels(run)])).pairs == []
