"""Holds stored rows against what links and notes say of them. Pure: it is given lines, and yields findings.

Lines of a section come in the order of their ids, and each is hashed once; memory is bounded by one link's rows.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from statetrace_ui.history.chain.canonical import (
    DIGEST_BYTES,
    Dropped,
    Kind,
    Link,
    Note,
    Section,
    digest,
    digests,
    row_id,
)

MOST_OLDER = 50_000  # rows older than the chain that are kept for their notes; the rest is counted
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Said = TypeVar("Said", Note, Dropped)


class Placed(NamedTuple, Generic[Said]):
    """A note, or a dropped range, with the number of the link that says so."""

    link: int
    said: Said


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the chain says. link: the number of the link that says so; 0 if none does.

    first, last: ids of the rows in question; 0 where it is about no rows.
    """

    sentence: str
    section: Section | None = None
    link: int = 0
    first: int = 0
    last: int = 0


def time_of(link: Link) -> str:
    try:
        return f"{EPOCH + timedelta(microseconds=link.at):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return "a time that cannot be"


class _Lines:
    """Lines in the order of their ids, taken range by range."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._ahead: deque[bytes] = deque()  # read, and not taken yet
        self.extra: tuple[int, int, int] = (0, 0, 0)  # of the last call: count, first and last id

    def upto(self, through: int, most: int) -> list[bytes]:
        """The lines with ids up to `through`. Those beyond `most` are only counted, in `extra`."""
        taken = [self._ahead.popleft() for _ in range(min(most, len(self._ahead)))]
        taken += islice(self._lines, most - len(taken))
        end = len(taken)
        while end and row_id(taken[end - 1]) > through:
            end -= 1
        self._ahead.extendleft(reversed(taken[end:]))
        self._count_extra(through)
        return taken[:end]

    def _count_extra(self, through: int) -> None:
        count = first = last = 0
        while (line := self._next()) is not None:
            number = row_id(line)
            if number > through:
                self._ahead.appendleft(line)
                break
            count, first, last = count + 1, first or number, number
        self.extra = count, first, last

    def _next(self) -> bytes | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)


class SectionWalk:
    """Checks one ranged section link by link.

    lines: the rows whose ids follow `after`, in order. notes: those of the same ids, in the order of rows and links.
    dropped: all ranges of the section that were dropped.
    """

    def __init__(
        self,
        row_key: bytes,
        section: Section,
        lines: Iterable[bytes],
        notes: Iterable[Placed[Note]] = (),
        dropped: Sequence[Placed[Dropped]] = (),
        after: int = 0,
    ) -> None:
        self._row_key = row_key
        self._section = section
        self._lines = _Lines(lines)
        self._notes = iter(notes)
        self._next_note = next(self._notes, None)
        self._dropped = dropped
        self._after = after
        self.rows = 0  # that were read
        self.older = 0  # of these, rows older than the chain

    def check(self, link: Link) -> Iterator[Finding]:
        """Check the rows that the link covers. Links must come in their order, and none may be left out."""
        part, after = link.part(self._section), self._after
        if part.through == after and not part.rows:
            return
        self._after = max(after, part.through)
        older = link.kind == Kind.START and part.through > 0
        notes = self._notes_upto(part.through)
        lines = self._lines.upto(part.through, MOST_OLDER if older else max(part.rows, 0) + len(notes))
        self.rows += len(lines) + self._lines.extra[0]
        drops = [drop for drop in self._dropped if drop.link > link.number and _meets(drop.said, after, part.through)]
        leaves, findings = self._leaves(lines, notes, drops)
        yield from findings
        count = len(leaves) // DIGEST_BYTES + self._lines.extra[0]
        if older:
            self.older += count
        elif not any(drop.said.first <= after + 1 and part.through <= drop.said.last for drop in drops):
            found = sha256(leaves).digest() if leaves else b""
            if count != part.rows or found != part.root:
                yield self._differs(link, after, count)

    def _leaves(
        self, lines: list[bytes], notes: list[Placed[Note]], drops: Sequence[Placed[Dropped]]
    ) -> tuple[bytes, list[Finding]]:
        """The joined digests of the rows as they were first stored, and findings on the way."""
        if not notes and not drops:
            return digests(self._row_key, lines), []
        items = list(self._noted(lines, notes, drops))
        findings = [item for item in items if isinstance(item, Finding)]
        return b"".join(item for item in items if isinstance(item, bytes)), findings

    def rest(self, most: int = 10_000) -> Iterator[Finding]:
        """What stands after the last link. Rows that were added one by one have notes."""
        end = 1 << 63
        notes = self._notes_upto(end)
        lines = self._lines.upto(end, len(notes) + most)
        noted = {note.said.row_id for note in notes}
        yield from self._leaves(lines, notes, self._dropped)[1]
        strange = [number for number in map(row_id, lines) if number not in noted]
        count, first, last = self._lines.extra
        if strange or count:
            ids = [*strange, *filter(None, (first, last))]
            yield self._finding(0, min(ids), max(ids), f"no link covers them: {len(strange) + count} more than stored")

    def _notes_upto(self, through: int) -> list[Placed[Note]]:
        found: list[Placed[Note]] = []
        while self._next_note and self._next_note.said.row_id <= through:
            found.append(self._next_note)
            self._next_note = next(self._notes, None)
        return found

    def _noted(
        self, lines: list[bytes], notes: list[Placed[Note]], drops: Sequence[Placed[Dropped]]
    ) -> Iterator[Finding | bytes]:
        """The digests of the rows as they were first stored, in order, and findings on the way."""
        present = {row_id(line): digest(self._row_key, line) for line in lines}
        for number, told in timelines(notes, present):
            drop = max((d.link for d in drops if d.said.first <= number <= d.said.last), default=0)
            now = present.get(number)
            if told:
                if sentence := told_wrongly(told, now, drop):
                    yield self._finding(told[-1].link, number, number, sentence)
                if told[0].said.before:
                    yield told[0].said.before
            elif now and drop:
                yield self._finding(drop, number, number, f"there again, though link {drop} says they were dropped")
            elif now:
                yield now

    def _differs(self, link: Link, after: int, count: int) -> Finding:
        part = link.part(self._section)
        if count == part.rows:
            what = f"{count:,} rows, as many as were stored, but a value or their order is another"
        else:
            what = f"{part.rows:,} rows were stored, and {count:,} are there or are proven to be removed"
        first = min(after + 1, part.through)
        return self._finding(link.number, first, part.through, f"not as stored at {time_of(link)}: {what}")

    def _finding(self, link: int, first: int, last: int, what: str) -> Finding:
        ids = f"id {first}" if first == last else f"ids {first} to {last}"
        return Finding(f"{self._section.label}, {ids}: {what}.", self._section, link, first, last)


def timelines(notes: Iterable[Placed[Note]], present: Iterable[int] = ()) -> Iterator[tuple[int, list[Placed[Note]]]]:
    """Each row that is noted or present, in the order of ids, with its notes in the order of links."""
    told: dict[int, list[Placed[Note]]] = {number: [] for number in present}
    for note in notes:
        told.setdefault(note.said.row_id, []).append(note)
    return iter(sorted(told.items()))


def told_wrongly(told: Sequence[Placed[Note]], now: bytes | None, drop: int = 0) -> str:
    """What contradicts a row's notes; '' if nothing does. now: the row's digest. drop: the link that dropped it."""
    state = told[0].said.before
    last = 0
    for link, note in told:
        if last < drop < link:
            state = None
        if note.before != state:
            return f"altered by somebody before link {link} noted it"
        state, last = note.after, link
    if drop > last:
        state = None
    if state == now:
        return ""
    if now is None:
        return f"missing, though link {last} says what it holds"
    return f"not as link {last} left it" if state else f"there again, though link {max(last, drop)} says it was removed"


def check_states(
    row_key: bytes,
    section: Section,
    lines: Iterable[bytes],
    notes: Iterable[Placed[Note]],
    unnoted: bool = False,
) -> Iterator[Finding]:
    """Check rows that change, of which every state has a note. unnoted: some are older than the chain."""
    present = {row_id(line): digest(row_key, line) for line in lines}
    for number, told in timelines(notes, present):
        if told:
            sentence, link = told_wrongly(told, present.get(number)), told[-1].link
        else:
            sentence, link = "" if unnoted else "no link tells of it", 0
        if sentence:
            yield Finding(f"{section.label}, id {number}: {sentence}.", section, link, number, number)


def _meets(dropped: Dropped, after: int, through: int) -> bool:
    return dropped.first <= through and dropped.last > after
