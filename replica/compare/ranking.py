"""Puts entries in order: how sure, how large, how local. What is inside something stands below it, not beside it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median

from replica.compare.subjects import Certainty, Entry, Kind, Sample, Subject

SLACK = 1.0  # ms by which a label may stick out of the one that it lies in: two clocks wrote them


def ranked(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=_rank))


def _rank(entry: Entry) -> tuple[Certainty, bool, bool, float, str]:
    """A measurement is of a whole session, so labels, which are a part, come first. Times are comparable; other
    quantities come after them, by their relative change.
    """
    subject = entry.subject
    is_time = subject.unit == "ms"
    size = entry.size if is_time else _relative(entry)
    return entry.certainty, subject.kind == Kind.MEASUREMENT, not is_time, -size, subject.name


def _relative(entry: Entry) -> float:
    most = max(map(abs, [*entry.subject.base_values, *entry.subject.new_values]), default=0.0)
    return entry.size / most if most else 0.0


def flattened(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Every entry, each followed by what is inside it."""
    for entry in entries:
        yield entry
        yield from flattened(entry.inside)


def nested(entries: Sequence[Entry]) -> list[Entry]:
    """The labels, those that lie within another one in every session inside it."""
    inside: dict[int | None, list[int]] = {}
    for number, parent in _parents(entries).items():
        inside.setdefault(parent, []).append(number)

    def filled(number: int) -> Entry:
        return replace(entries[number], inside=ranked(map(filled, inside.get(number, []))))

    return [filled(number) for number in inside.get(None, [])]


def _parents(entries: Sequence[Entry]) -> dict[int, int | None]:
    """For each entry, by number, the innermost one around it.

    What lies within another in each session also does so by medians; these find the few to look at.
    """
    spans = {number: _median_span(entry.subject) for number, entry in enumerate(entries)}
    found: dict[int, int | None] = {}
    around: list[int] = []
    for number in sorted(spans, key=lambda number: (spans[number][0], -spans[number][1])):
        start, end = spans[number]
        while around and spans[around[-1]][1] + SLACK < end:
            around.pop()
        subject = entries[number].subject
        found[number] = next((one for one in reversed(around) if _lies_within(subject, entries[one].subject)), None)
        if end > start:
            around.append(number)
    return found


def _median_span(subject: Subject) -> tuple[float, float]:
    placed = [one for one in (*subject.base, *subject.new) if one.start is not None and one.end is not None]
    if not placed:
        return 0.0, 0.0
    return median(one.start or 0.0 for one in placed), median(one.end or 0.0 for one in placed)


def _lies_within(subject: Subject, other: Subject) -> bool:
    places = {one.session_id: one for one in (*other.base, *other.new)}
    pairs = [(one, places.get(one.session_id)) for one in (*subject.base, *subject.new)]
    return bool(pairs) and all(around is None or _is_around(around, one) for one, around in pairs)


def _is_around(around: Sample, one: Sample) -> bool:
    if None in (one.start, one.end, around.start, around.end):
        return True
    return around.start - SLACK <= one.start and one.end <= around.end + SLACK  # type: ignore[operator]
