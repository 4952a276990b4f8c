import datetime as dt
import json
from dataclasses import asdict

from statetrace_ui.web.timeline import (
    COLOURS,
    Group,
    Lane,
    Span,
    Timeline,
    colour_of,
    condense_to_limit,
    packed,
)
from tests.spans import unpacked


def test_a_category_has_one_colour_and_none_is_neutral() -> None:
    assert colour_of("POST") == colour_of("POST")
    assert 1 <= colour_of("POST") <= COLOURS
    assert colour_of("") == 0


def test_a_run_is_named_by_its_longest_member_and_counts_all() -> None:
    members = [Span(0, 1, "short", key="a"), Span(1, 4, "long", key="b", count=2), Span(4, 5, "last", key="c")]
    [run] = condense_to_limit(members, 1)
    assert (run.name, run.key, run.count, run.start, run.end) == ("long", "b", 4, 0, 5)


def test_few_spans_stay_as_they_are() -> None:
    spans = [Span(0, 1, "a", tone="bad"), Span(0, 1, "b", 3, href="/b/")]
    assert condense_to_limit(spans, 2) == spans


def test_spans_are_packed_into_columns_and_back() -> None:
    spans = [Span(0.0000012, 1, "GET /", 3, "bad", f"/x/{n}/", f"e-{n}", n) for n in range(1, 4)]
    assert unpacked(json.loads(json.dumps(packed(spans)))) == [{**asdict(span), "start": 0.0} for span in spans]
    assert unpacked(packed([])) == []
    assert packed(spans)["names"] == ["GET /"]


def test_heights_count_what_is_open_and_labels_on_a_narrow_screen() -> None:
    spans = Lane("a", "A", [Span(0, 1, "x"), Span(0, 1, "y")])
    groups = [Group("g", "G", [spans]), Group("f", "F", [Lane("c", "C")], folded=True, curves="/curves/")]
    timeline = Timeline(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 10.0, groups)
    assert timeline.heights() == (26 + 26 + 2 * 18 + 6, 26 + 26 + 2 * 18 + 6 + 18)
    assert timeline.heights({"g"}) == (26 + 26 + 46 + 6, 26 + 26 + 46 + 6 + 18)


def test_a_lane_whose_spans_were_merged_keeps_its_height() -> None:
    merged = Lane("a", "A", [Span(0, 9, "x", count=9)], rows=4)
    timeline = Timeline(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 10.0, [Group("g", "G", [merged])])
    assert timeline.heights() == (26 + 4 * 18 + 6, 26 + 4 * 18 + 6 + 18)


def test_the_json_holds_everything_that_is_drawn() -> None:
    lane = Lane("cpu", "CPU", [Span(0, 1, "x", key="k")], [(0.0, 1.5), (1.0, None)], "%")
    origin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    data = json.loads(json.dumps(Timeline(origin, 10.0, [Group("g", "Group", [lane])]).as_json()))
    assert data["origin"] == "2026-01-01T00:00:00+00:00"
    assert data["groups"][0]["lanes"][0]["curve"] == [[0.0, 1.5], [1.0, None]]
    assert data["groups"][0]["lanes"][0]["spans"]["key"]["before"] == "k"
