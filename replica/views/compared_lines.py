"""Lines of a list of what changed: an entry, the dots of both sides, and the pages that show both sides of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from replica.addresses import compared_address, moment_text
from replica.compare.pairing import Groups
from replica.compare.subjects import Entry, Kind, Sample
from replica.comparisons.rows import EntryRow, place_of, quantity
from replica.figures.compare import Strip, strip


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in the list, with the dots of both sides.

    moments: the page with both moments that it speaks of. difference: the flame graphs of both sides where it was.
    """

    row: EntryRow
    strip: Strip
    moments: str = ""
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Makes the lines of one comparison. asked: values of a `GroupsForm`."""

    asked: Mapping[str, Any]
    groups: Groups

    def of(self, rows: Iterable[EntryRow]) -> list[Line]:
        names = {one.session_id: one.name or one.session_id for one in (*self.groups.base, *self.groups.new)}
        have_calls = self.have_calls
        return [line_of(row, names, self.moments(row), self.difference(row) if have_calls else "") for row in rows]

    @property
    def have_calls(self) -> bool:
        """Whether there are flame graphs of both sides."""
        return all(any(one.has_calls for one in side) for side in (self.groups.base, self.groups.new))

    def difference(self, row: EntryRow) -> str:
        kind = row.subject.kind
        if kind == Kind.CALL and row.around:
            return compared_address("flame_diff", self.asked, label=row.around.subject.key, q=row.subject.name)
        if kind == Kind.LABEL:
            return compared_address("flame_diff", self.asked, label=row.subject.key)
        return compared_address("flame_diff", self.asked) if kind == Kind.FLOW else ""

    def moments(self, row: EntryRow) -> str:
        subject = row.subject
        label = subject if subject.kind == Kind.LABEL else row.around.subject if row.around else None
        sides = zip(("base", "new"), row.shown, strict=True)
        asked = [_side(side, sample, row.around) for side, sample in sides if sample]
        more = {name: text for some in asked for name, text in some.items()}
        return compared_address("moments", self.asked, label=label.key if label else "", what=subject.name, **more)


def _side(side: str, sample: Sample, around: Entry | None) -> dict[str, str]:
    """The part of an address that a `MomentsForm` reads."""
    parts = {f"{side}_session": sample.session_id}
    place = place_of(sample, around)
    if sample.message_id is not None:
        parts[f"{side}_exchange"] = str(sample.message_id)
    elif place:
        parts |= {f"{side}_from": moment_text(place[0]), f"{side}_to": moment_text(place[1])}
    return parts


def line_of(row: EntryRow, names: Mapping[str, str], moments: str = "", difference: str = "") -> Line:
    """names: what the samples are called; those that have no name are told by their values alone."""
    subject = row.subject

    def titled(samples: Iterable[Sample]) -> list[tuple[float, str]]:
        return [(one.value, _title(one, quantity(one.value, subject.unit), names)) for one in samples]

    dots = strip(titled(subject.base), titled(subject.new), from_zero=subject.unit == "ms")
    return Line(row, dots, moments, difference)


def _title(sample: Sample, value: str, names: Mapping[str, str]) -> str:
    name = names.get(sample.session_id)
    return f"{name}: {value}" if name else value
