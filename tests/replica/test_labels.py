"""The statistics of labels."""

from replica.labels import flow_occurrences, label_row, longest, session_occurrences, spread_of, with_duration
from replica.queries.labels import LabelDuration
from replica.schema.models import SessionLabel


def moment(session_id: str, start: float, end: float) -> str:
    return f"/{session_id}/{start:g}-{end:g}"


def label(name: str, start: float, end: float, category: str | None = None) -> SessionLabel:
    return SessionLabel(session_id="run", name=name, category=category, start_time=start, end_time=end)


def duration(name: str, ms: float, session_id: str = "other") -> LabelDuration:
    return LabelDuration(session_id, None, name, None, 100, ms)


def test_moments_have_no_duration() -> None:
    assert [one.name for one in with_duration([label("a", 5, 5), label("b", 5, 4), label("c", 5, 6)])] == ["c"]


def test_the_longest_labels_stay_in_order_of_time() -> None:
    labels = [label("short", 0, 1), label("late", 50, 60), label("early", 5, 30)]
    assert [one.name for one in longest(labels, 2)] == ["early", "late"]


def test_a_row_leads_to_its_moment() -> None:
    row = label_row(label("Pay", 5, 30), moment)
    assert (row.ms, row.href, row.colour) == (25, "/run/5-30", 0)


def test_a_flows_most_frequent_label_comes_first() -> None:
    found = flow_occurrences([duration("Open", 1), duration("Pay", 2), duration("Pay", 4)])
    spreads = [spread_of(one, moment) for one in found]
    assert [(spread.name, spread.summary.n, spread.summary.median) for spread in spreads] == [
        ("Pay", 2, 3),
        ("Open", 1, 1),
    ]
    assert spreads[0].hrefs == ["/other/100-102", "/other/100-104"]


def test_a_session_is_compared_by_the_names_of_its_labels() -> None:
    durations = [duration("Open", 1), duration("Pay", 2)]
    labels = [label("Pay", 0, 9), label("Pay", 10, 17), label("Only here", 0, 1)]
    [spread] = [spread_of(one, moment) for one in session_occurrences(durations, labels)]
    assert (spread.name, spread.values, spread.here) == ("Pay", [2], [9, 7])


def test_names_that_differ_in_a_blank_are_different_labels() -> None:
    [found] = session_occurrences([duration("Pay ", 2), duration("Pay", 3)], [label("Pay ", 0, 9)])
    spread = spread_of(found, moment)
    assert (spread.name, spread.values) == ("Pay ", [2])
