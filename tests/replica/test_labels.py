"""The statistics of labels."""

from replica.labels import label_row, spread_of, with_durations
from replica.queries.labels import LabelDuration, LabelSpread
from replica.schema.models import SessionLabel


def moment(session_id: str, start: float, end: float) -> str:
    return f"/{session_id}/{start:g}-{end:g}"


def label(name: str, start: float, end: float, category: str | None = None) -> SessionLabel:
    return SessionLabel(session_id="run", name=name, category=category, start_time=start, end_time=end)


def test_a_row_leads_to_its_moment() -> None:
    row = label_row(label("Pay", 5, 30), moment)
    assert (row.ms, row.href, row.colour) == (25, "/run/5-30", 0)


def test_a_spread_draws_durations_that_lead_to_their_moments() -> None:
    label = LabelSpread("Pay", None, 2, 1, 2, [2.5, 3, 3.5, 3.8], 4)
    spread = spread_of(label, here=[9, 7])
    assert (spread.name, spread.summary.median, spread.summary.iqr, spread.values, spread.here) == (
        "Pay",
        3,
        1,
        (),
        [9, 7],
    )
    durations = [LabelDuration("run", None, "Pay", 100, 2), LabelDuration("other", "Run 2", "Pay", 5, 4)]
    drawn = with_durations(spread, durations, moment)
    assert (drawn.values, drawn.sessions, drawn.here) == ([2, 4], ["run", "Run 2"], [9, 7])
    assert drawn.hrefs == ["/run/100-102", "/other/5-9"]
