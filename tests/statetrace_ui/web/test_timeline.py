import datetime as dt
import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.web.timeline import (
    COLOURS,
    Group,
    Lane,
    Span,
    Timeline,
    colour_of,
    condense,
    condense_to_limit,
    packed,
    rows_needed,
)
from tests.spans import unpacked

times = st.floats(0, 1000, allow_nan=False)
spans = st.lists(
    st.builds(lambda start, length: Span(start, start + length, "x"), times, times | st.just(0.0)), max_size=80
)


@given(spans=spans, resolution=st.floats(0.01, 500))
def test_condensing_loses_no_span_and_keeps_long_ones_exact(spans: list[Span], resolution: float) -> None:
    runs = condense(spans, resolution)
    assert sum(run.count for run in runs) == len(spans)
    long = [(span.start, span.end) for span in spans if span.end - span.start > resolution]
    exact = [(run.start, run.end) for run in runs if run.count == 1]
    assert all(span in exact for span in long)
    assert all(run.end - run.start <= 2 * resolution for run in runs if run.count > 1)


@given(spans=spans, limit=st.integers(20, 100))
def test_fitting_ends_below_the_limit_and_counts_all(spans: list[Span], limit: int) -> None:
    runs = condense_to_limit(spans, 2000.0, limit)
    assert len(runs) <= limit
    assert sum(run.count for run in runs) == len(spans)


def test_a_run_is_named_by_its_longest_member() -> None:
    [run] = condense([Span(0, 1, "short", key="a"), Span(1, 4, "long", key="b"), Span(4, 5, "last", key="c")], 5)
    assert (run.name, run.key, run.count, run.start, run.end) == ("long", "b", 3, 0, 5)


def test_a_category_has_one_colour_and_none_is_neutral() -> None:
    assert colour_of("POST") == colour_of("POST")
    assert 1 <= colour_of("POST") <= COLOURS
    assert colour_of("") == 0


def test_spans_are_packed_into_columns_and_back() -> None:
    spans = [Span(0.0000012, 1, "GET /", 3, "bad", f"/x/{n}/", f"e-{n}", n) for n in range(1, 4)]
    assert unpacked(json.loads(json.dumps(packed(spans)))) == [{**asdict(span), "start": 0.0} for span in spans]
    assert unpacked(packed([])) == []
    assert packed(spans)["names"] == ["GET /"]


@pytest.mark.parametrize(
    ("stretches", "rows"),
    [
        ([], 0),
        ([(0, 10), (10, 20)], 1),
        ([(0, 10), (5, 20), (12, 15)], 2),
        ([(0, 10), (10, 10)], 2),  # an instant stands beside what ends with it
        ([(0, 10)] * 9, 6),
    ],
)
def test_overlapping_spans_need_rows_of_their_own(stretches: list[tuple[float, float]], rows: int) -> None:
    assert rows_needed(Span(start, end, "x") for start, end in stretches) == rows


def test_heights_count_what_is_open_and_labels_on_a_narrow_screen() -> None:
    spans = Lane("a", "A", [Span(0, 1, "x"), Span(0, 1, "y")])
    groups = [Group("g", "G", [spans]), Group("f", "F", [Lane("c", "C")], folded=True, curves="/curves/")]
    timeline = Timeline(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 10.0, groups)
    assert timeline.heights() == (26 + 26 + 2 * 18 + 6, 26 + 26 + 2 * 18 + 6 + 18)
    assert timeline.heights({"g"}) == (26 + 26 + 46 + 6, 26 + 26 + 46 + 6 + 18)


def test_the_json_holds_everything_that_is_drawn() -> None:
    lane = Lane("cpu", "CPU", [Span(0, 1, "x", key="k")], [(0.0, 1.5), (1.0, None)], "%")
    origin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    data = json.loads(json.dumps(Timeline(origin, 10.0, [Group("g", "Group", [lane])]).as_json()))
    assert data["origin"] == "2026-01-01T00:00:00+00:00"
    assert data["groups"][0]["lanes"][0]["curve"] == [[0.0, 1.5], [1.0, None]]
    assert data["groups"][0]["lanes"][0]["spans"]["key"]["before"] == "k"
