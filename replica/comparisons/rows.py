"""Entries of a comparison as lists show them: values of both sides in words, and the two moments that they speak of."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from replica.addresses import SessionAddresses, exchange_address, explained_address, flame_address
from replica.compare.statistics import FEWEST
from replica.compare.subjects import Certainty, Comparison, Entry, Kind, Sample, Subject, middle, typical
from statetrace_ui.web.quantities import duration
from statetrace_ui.web.tones import Tone

Address = Callable[[Subject, Sample, Entry | None], str]


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry, how deep it lies inside others, the medians of both sides, and the pages of their typical sessions.

    Addresses are empty where there is nothing to look at. around: what it lies inside. shown: the typical samples.
    """

    entry: Entry
    depth: int
    around: Entry | None
    shown: tuple[Sample | None, Sample | None]
    base: float | None
    new: float | None
    base_href: str
    new_href: str

    @property
    def subject(self) -> Subject:
        return self.entry.subject

    @property
    def within(self) -> str:
        return self.around.subject.name if self.around else ""

    @property
    def tone(self) -> Tone:
        """Of times, less is better; what other quantities mean is not known here."""
        if self.entry.certainty == Certainty.LIKELY:
            return Tone.WARN
        if not self.entry.is_clear or self.entry.shift is None:
            return Tone.PLAIN
        if self.subject.unit != "ms":
            return Tone.INFO
        return Tone.BAD if self.entry.shift.value > 0 else Tone.GOOD

    @property
    def base_text(self) -> str:
        return quantity(self.base, self.subject.unit)

    @property
    def new_text(self) -> str:
        return quantity(self.new, self.subject.unit)

    @property
    def shift_text(self) -> str:
        return signed(self.entry.shift.value, self.subject.unit) if self.entry.shift else "–"

    @property
    def word(self) -> str:
        """How sure the shift is; “the same” where no value differs."""
        values = {*self.subject.base_values, *self.subject.new_values}
        is_same = len(values) == 1 and self.subject.base and self.subject.new
        return "the same" if is_same else self.entry.certainty.word

    @property
    def test_text(self) -> str:
        """What stands behind the word."""
        entry = self.entry
        if entry.p is None or entry.q is None:
            return f"At least {FEWEST} values a side are needed"
        return f"Mann–Whitney: p = {entry.p:.2g}; corrected for its family: q = {entry.q:.2g}"

    @property
    def interval_text(self) -> str:
        """“1.351 s to 3.824 s”; empty where there are too few values for an interval, and where it is one value."""
        shift = self.entry.shift
        if shift is None or shift.low is None or shift.high is None or shift.low == shift.high:
            return ""
        return f"{signed(shift.low, self.subject.unit)} to {signed(shift.high, self.subject.unit)}"


def quantity(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "rows" and abs(value) == 1:
        unit = "row"
    return duration(value) if unit == "ms" else f"{value:,.4g} {unit}".strip().replace("-", "−")


def signed(value: float, unit: str) -> str:
    return f"+{quantity(value, unit)}" if value > 0 else quantity(value, unit)


def flow_row(comparison: Comparison) -> EntryRow:
    return _row(comparison.flow, sample_address, None, 0)


def entry_rows(comparison: Comparison) -> list[EntryRow]:
    """All entries in rank order, each followed by what is inside it."""
    return list(rows_of(comparison.entries, sample_address))


def rows_of(
    entries: Iterable[Entry], address: Address, around: Entry | None = None, depth: int = 0
) -> Iterator[EntryRow]:
    """The entries, each followed by what is inside it. address: of the page that shows a subject in one sample."""
    for entry in entries:
        yield _row(entry, address, around, depth)
        yield from rows_of(entry.inside, address, entry, depth + 1)


def _row(entry: Entry, address: Address, around: Entry | None, depth: int) -> EntryRow:
    subject = entry.subject
    shown = typical(subject.base), typical(subject.new)
    hrefs = [address(subject, sample, around) if sample else "" for sample in shown]
    return EntryRow(
        entry=entry,
        depth=depth,
        around=around,
        shown=shown,
        base=middle(subject.base_values),
        new=middle(subject.new_values),
        base_href=hrefs[0],
        new_href=hrefs[1],
    )


def sample_address(subject: Subject, sample: Sample, around: Entry | None) -> str:
    """The page that shows a subject in one session: a label's time, an exchange, the calls or a series in a label."""
    if subject.kind == Kind.REQUEST and sample.message_id is not None:
        return exchange_address(sample.session_id, sample.message_id)
    place = place_of(sample, around)
    if subject.kind == Kind.CALL and place:
        return flame_address(sample.session_id, *place)
    if place and subject.kind != Kind.FLOW:
        return explained_address(sample.session_id, *place)
    return SessionAddresses(sample.session_id).session()


def place_of(sample: Sample, around: Entry | None) -> tuple[float, float] | None:
    """Where to look: at the label itself, or at the one that the sample lies in."""
    if sample.start is not None and sample.end is not None:
        return sample.start, sample.end
    if around is None:
        return None
    labels = (*around.subject.base, *around.subject.new)
    found = (one for one in labels if one.session_id == sample.session_id)
    return next(((one.start, one.end) for one in found if one.start is not None and one.end is not None), None)
