"""Lines of a list of what changed: an entry, and the dots of both sides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from replica.compare.subjects import Sample
from replica.comparisons.rows import EntryRow, quantity
from replica.figures.compare import Strip, strip


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in the list, with the dots of both sides."""

    row: EntryRow
    strip: Strip


def line_of(row: EntryRow, names: Mapping[str, str]) -> Line:
    """names: what the samples are called; those that have no name are told by their values alone."""
    subject = row.subject

    def titled(samples: Iterable[Sample]) -> list[tuple[float, str]]:
        return [(one.value, _title(one, quantity(one.value, subject.unit), names)) for one in samples]

    return Line(row, strip(titled(subject.base), titled(subject.new), from_zero=subject.unit == "ms"))


def _title(sample: Sample, value: str, names: Mapping[str, str]) -> str:
    name = names.get(sample.session_id)
    return f"{name}: {value}" if name else value
