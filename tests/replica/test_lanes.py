"""Rows of a session as lanes."""

import datetime as dt

import pytest

from replica import lanes
from replica.addresses import SessionAddresses
from replica.lanes import SPANS_A_GROUP, BusyThreads, SessionAxis
from replica.queries.calls import BusySpan
from replica.queries.labels import MarkedLabel
from replica.queries.network import MarkedExchange
from replica.schema.models import Issue, SessionTimeseries

ORIGIN = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)
AXIS = SessionAxis(ORIGIN, 10_000, SessionAddresses("run"))


def label(name: str, category: str, start: float = 0, end: float = 1) -> MarkedLabel:
    return MarkedLabel(name, name, category, start, end)


def test_each_category_of_labels_has_a_lane_and_those_without_one_come_last() -> None:
    group = lanes.label_group([label("a", ""), label("b", "step"), label("c", "page"), label("d", "step")], AXIS)
    assert [(lane.name, len(lane.spans)) for lane in group.lanes] == [("page", 1), ("step", 2), ("No category", 1)]
    assert group.href == "/captured/run/labels/"


def test_a_label_that_ends_before_its_start_is_a_moment() -> None:
    [lane] = lanes.label_group([label("a", "", start=5, end=3)], AXIS).lanes
    assert [(span.start, span.end, span.href) for span in lane.spans] == [(5, 5, "/captured/run/labels/a/")]


def test_a_group_of_very_many_spans_is_condensed_and_says_where_a_range_is_finer() -> None:
    labels = [label(str(n), f"part {n % 3}", n, n + 5) for n in range(3 * SPANS_A_GROUP)]
    group = lanes.label_group(labels, AXIS)
    spans = [span for lane in group.lanes for span in lane.spans]
    assert len(spans) <= SPANS_A_GROUP
    assert sum(span.count for span in spans) == len(labels)
    assert [lane.rows for lane in group.lanes] == [2, 2, 2]
    assert group.finer == "/captured/run/spans/labels/"


def test_a_group_of_few_spans_has_nothing_finer() -> None:
    group = lanes.label_group([label("a", "step"), label("b", "step")], AXIS)
    assert (group.finer, [lane.rows for lane in group.lanes]) == ("", [0])


def test_what_the_address_names_is_merged_with_nothing() -> None:
    labels = [label(str(n), "step", n / 10, n / 10 + 0.05) for n in range(3 * SPANS_A_GROUP)]
    axis = SessionAxis(ORIGIN, 10_000, SessionAddresses("run"), selected="label-1234")
    [lane] = lanes.label_group(labels, axis).lanes
    [named] = [span for span in lane.spans if span.key == "label-1234"]
    assert (named.start, named.count, named.href) == (123.4, 1, "/captured/run/labels/1234/")


@pytest.mark.parametrize(("reference", "tone"), [(True, "info"), (False, "bad")])
def test_a_reference_event_is_no_fault(reference: bool, tone: str) -> None:
    issue = Issue(
        session_id="run",
        issue_id="i",
        impact_id="p",
        category="Low Frame Rate",
        issue_group="user experience",
        start_time_ms=1,
        end_time_ms=2,
        reference=reference,
    )
    [lane] = lanes.issue_group([issue], AXIS).lanes
    assert [(span.tone, span.href) for span in lane.spans] == [
        (tone, "/captured/run/issues/i/p/?category=Low+Frame+Rate")
    ]


@pytest.mark.parametrize(
    ("group", "tone"), [("user experience", "bad"), ("Root cause", "warn"), ("testing", "info"), (None, ""), ("?", "")]
)
def test_issue_groups_have_tones(group: str | None, tone: str) -> None:
    assert lanes.issue_tone(group) == tone


def test_exchanges_of_many_hosts_start_folded() -> None:
    exchanges = [MarkedExchange(n, 0, 10, 200, f"https://{n}.test/", None) for n in range(lanes.OPEN_HOSTS + 1)]
    assert lanes.network_group(exchanges, AXIS).folded
    assert not lanes.network_group(exchanges[1:], AXIS).folded


def test_threads_are_named_and_with_several_processes_say_which() -> None:
    spans = [BusySpan(7, 1, 0, 1000, 3), BusySpan(8, 2, 500, 2000, 1), BusySpan(7, 1, 5000, 6000, 2)]
    names: dict[tuple[int, int], str | None] = {(7, 1): "main", (8, 2): None}
    group = lanes.thread_group(BusyThreads(spans, names, {7: None}), AXIS)
    assert [(lane.name, [span.count for span in lane.spans]) for lane in group.lanes] == [
        ("main", [3, 2]),
        ("Thread 2", [1]),
    ]
    assert group.lanes[1].href == "/captured/run/flame/?process=8&thread=2"
    several = lanes.thread_group(BusyThreads(spans, names, {7: None, 8: "gpu"}), AXIS)
    assert [lane.name for lane in several.lanes] == ["main · Process 7", "Thread 2 · gpu"]


def test_a_busy_thread_names_the_function_that_ran() -> None:
    spans = [BusySpan(7, 1, 0, 1000, 3, method_id=5), BusySpan(7, 1, 5000, 6000, 2, method_id=6)]
    busy = BusyThreads(spans, {(7, 1): "main"}, {7: None}, {(7, 5): "Cart.add", (8, 6): "another process's"})
    [lane] = lanes.thread_group(busy, AXIS).lanes
    assert [span.name for span in lane.spans] == ["Cart.add", "call"]


def test_a_call_that_ran_is_named_and_leads_to_the_flame_graph() -> None:
    spans = [BusySpan(7, 1, 0, 1000, 3, name="sortCards", depth=2, at_us=40)]
    [lane] = lanes.thread_group(BusyThreads(spans, {(7, 1): "main"}, {7: None}), AXIS).lanes
    assert [(span.name, span.href) for span in lane.spans] == [
        ("sortCards", "/captured/run/flame/?process=7&thread=1&call=2:40")
    ]
    assert lane.leads_away


def test_series_lead_to_their_page_and_say_their_unit() -> None:
    series = SessionTimeseries(session_id="run", timeseries_key="net cpu", timeseries_name="CPU", y_units=None)
    group = lanes.series_group([series], AXIS)
    [lane] = group.lanes
    assert (lane.key, lane.name, lane.unit) == ("series-net cpu", "CPU", "")
    assert lane.href == "/captured/run/series/?series=net+cpu"
    assert group.curves == "/captured/run/series/outlines/"
