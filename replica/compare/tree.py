"""Asks what moved, down from the flow over its labels to what is inside labels that moved.

Each family of tests is corrected by itself, since the least p that four sessions a side can have survives no correction
over a heap of hundreds. What is inside a label is asked only where the label moved.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from replica.compare.facts import LabelFact, MeasurementFact, Window
from replica.compare.pairing import Groups, flow_subject, label_subjects, measurement_subjects, windows_of
from replica.compare.ranking import flattened, nested, ranked
from replica.compare.statistics import certainty_of, corrected, enough, p_values, shift_between
from replica.compare.subjects import Certainty, Comparison, Entry, Kind, Subject

# Of the flow's change, and of their label's: smaller shifts inside labels are not listed.
LEAST_OF_FLOW, LEAST_OF_LABEL = 0.01, 0.1
TOLD = (Certainty.CLEAR, Certainty.LIKELY)
Inside = Callable[[int], Sequence[Sequence[Subject]]]  # the families inside the label of that number


def compare_labels(
    groups: Groups, labels: Iterable[LabelFact], measurements: Iterable[MeasurementFact] = ()
) -> Comparison:
    """The flow, its labels and its measurements; labels that lie within others are inside these."""
    [flow] = entries_of([flow_subject(groups)], parent_moved=True)
    steps = entries_of(label_subjects(groups, labels), flow.is_clear)
    numbers = entries_of(measurement_subjects(groups, measurements), flow.is_clear)
    return Comparison(flow, ranked([*nested(steps), *numbers]))


def with_rows(comparison: Comparison, written: Sequence[Subject]) -> Comparison:
    """The comparison with the rows that the whole sessions wrote."""
    entries = entries_of(written, comparison.flow.is_clear)
    return replace(comparison, entries=ranked([*comparison.entries, *entries]))


def entries_of(family: Sequence[Subject], parent_moved: bool) -> list[Entry]:
    """An entry for each subject of a family of tests."""
    tested = [subject for subject in family if enough(subject)]
    p = p_values([(subject.base_values, subject.new_values) for subject in tested])
    found = {id(subject): pq for subject, *pq in zip(tested, p, corrected(p), strict=True)}
    return [_entry(subject, found.get(id(subject)), parent_moved) for subject in family]


def _entry(subject: Subject, found: Sequence[float] | None, parent_moved: bool) -> Entry:
    shift = shift_between(subject.base_values, subject.new_values) if subject.base and subject.new else None
    if found is None or shift is None:
        return Entry(subject, Certainty.TOO_FEW, shift)
    p, q = found
    return Entry(subject, certainty_of(subject, shift, p, q, parent_moved), shift, p, q)


def moved_labels(comparison: Comparison) -> list[Entry]:
    """The labels that are looked into; their places in this list are their numbers."""
    return [one for one in flattened(comparison.entries) if one.subject.kind == Kind.LABEL and one.is_clear]


def moved_windows(comparison: Comparison) -> list[Window]:
    """Where these labels are, in all sessions."""
    return [
        window for number, entry in enumerate(moved_labels(comparison)) for window in windows_of(entry.subject, number)
    ]


def with_insides(comparison: Comparison, inside: Inside) -> Comparison:
    """The comparison with what moved inside the labels that did."""
    least = least_inside(comparison)
    moved = moved_labels(comparison)
    found = {id(entry.subject): _told(inside(number), least[number]) for number, entry in enumerate(moved)}
    return replace(comparison, entries=ranked(_filled(comparison.entries, found)))


def least_inside(comparison: Comparison) -> list[float]:
    """For each label that is looked into: the least shift, in ms, that is listed inside it."""
    moved = moved_labels(comparison)
    of_flow = LEAST_OF_FLOW * max([comparison.flow.size, *(entry.size for entry in moved)])
    return [max(of_flow, LEAST_OF_LABEL * entry.size) for entry in moved]


def _told(families: Sequence[Sequence[Subject]], least: float) -> list[Entry]:
    """What clearly or likely moved in these families. What is too small on both sides is not even asked about."""
    asked = [[subject for subject in family if _may_move(subject, least)] for family in families]
    entries = [entry for family in asked for entry in entries_of(family, parent_moved=True)]
    return [one for one in entries if one.certainty in TOLD and (one.size >= least or one.subject.unit != "ms")]


def _may_move(subject: Subject, least: float) -> bool:
    """Looks at both sides alike, so that it does not choose what happens to differ."""
    return subject.unit != "ms" or max([*subject.base_values, *subject.new_values], default=0.0) >= least


def _filled(entries: Iterable[Entry], found: dict[int, list[Entry]]) -> list[Entry]:
    return [
        replace(entry, inside=ranked([*_filled(entry.inside, found), *found.get(id(entry.subject), [])]))
        for entry in entries
    ]
