"""Rows of a query as a chart: what lies along its axis, and what is drawn."""

import pytest

from replica.figures.rows import MOST_BARS, RowsColumn, rows_figure


def number(name: str, *values: str | None) -> RowsColumn:
    return RowsColumn(name, "float8", True, values)


def text(name: str, *values: str | None, kind: str = "varchar") -> RowsColumn:
    return RowsColumn(name, kind, False, values)


def test_numbers_lie_over_the_first_time() -> None:
    made = rows_figure(
        [text("s", "a", "b"), text("at", "2026-03-01", "2026-03-02", kind="date"), number("n", "1", None)]
    )
    assert made
    [trace] = made["data"]
    assert (trace["type"], trace["mode"], list(trace["x"])) == ("scatter", "lines", ["2026-03-01", "2026-03-02"])
    assert list(trace["y"]) == [1, None]
    assert made["layout"]["xaxis"]["type"] == "date"


def test_numbers_alone_lie_over_the_first() -> None:
    made = rows_figure([number("x", "2", "1"), number("y", "5", "NaN"), number("z", "7", "Infinity")])
    assert made
    assert [trace["mode"] for trace in made["data"]] == ["markers", "markers"]  # a line would go back
    assert [list(trace["y"]) for trace in made["data"]] == [[5, None], [7, None]]


def test_bars_stand_beside_texts_of_which_two_may_be_the_same() -> None:
    made = rows_figure([text("name", *["<b>same</b>"] * 99), number("n", *["1"] * 99)])
    assert made
    [trace] = made["data"]
    assert (trace["type"], len(trace["x"])) == ("bar", MOST_BARS)
    assert set(made["layout"]["xaxis"]["ticktext"]) == {"&lt;b&gt;same&lt;/b&gt;"}


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [text("a", "x", "y")],
        [number("n", "1", "2")],
        [text("a", "x"), number("n", "1")],
        [text("a", "x", "y"), number("id", "1", "2"), number("thread_id", "1", "2")],
    ],
)
def test_what_is_not_drawn(columns: list[RowsColumn]) -> None:
    assert rows_figure(columns) is None
