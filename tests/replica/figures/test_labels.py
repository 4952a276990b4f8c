"""Charts of labels: what is drawn, and that nothing foreign is read as markup."""

from replica.figures.labels import LabelBar, Spread, label_bars, label_spreads
from replica.series.statistics import summarise


def test_label_bars_lie_between_start_and_end() -> None:
    figure = label_bars([LabelBar("Pay <now>", "step", 3, 500, 1500, "/x")])
    (trace,) = figure["data"]
    assert (trace["base"], trace["x"]) == ([500], [1000])
    assert trace["marker"]["color"] == ["var(--category-3)"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["Pay &lt;now&gt;"]
    assert "&lt;now&gt;" in trace["hovertext"][0]


def test_a_spread_shows_every_value_the_middle_half_the_median_and_this_session() -> None:
    values = [100.0, 200.0, 300.0, 400.0]
    summary = summarise(values)
    assert summary is not None
    figure = label_spreads([Spread("Pay", 1, values, ["/"] * 4, ["<b>Run</b>"] * 4, summary, here=[200.0])])
    half, dots, median, here = figure["data"]
    assert (half["base"], half["x"]) == ([175], [150])
    assert (dots["x"], median["x"], here["x"]) == (values, [250], [200])
