"""What retention, erasure and later masking take away or replace, so that it stays provable that they did.

Everything happens in the caller's transaction; the chain is locked at its end, until the caller commits.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain import lines
from statetrace_ui.history.chain.canonical import Dropped, Kind, Link, Note, Section, row_key
from statetrace_ui.history.chain.links import Head, append, key_or_new, link_numbered, locked_head, newest
from statetrace_ui.history.chain.states import RowStates

BOTH_BRANCHES = (Section.CHANGES, Section.BASELINE)


class Removal:
    """The rows that one `removing` is about."""

    def __init__(self, cursor: CursorWrapper, source_id: int, key: bytes) -> None:
        self._states = RowStates(cursor, source_id, row_key(key))

    def also(self, of: Section, ids: Iterable[int]) -> None:
        """More rows that are removed, replaced or added under the same link. To be called before they are written."""
        ids = list(ids)
        for section in BOTH_BRANCHES if of in BOTH_BRANCHES else (of,):
            self._states.remember(section, ids)

    def notes(self) -> list[Note]:
        return self._states.notes()


@contextmanager
def removing(
    cursor: CursorWrapper, source_id: int, ids: Iterable[int], reason: str, of: Section = Section.CHANGES
) -> Iterator[Removal]:
    """Within this, rows may be deleted, replaced or added; afterwards a link says which, and what became of each.

    ids: of at most some thousand rows, those to be added included. Changes are looked for in both branches, so a row
    may move from one to the other. reason: one line that people read, without values. Rows that are not named here, and
    are altered all the same, are findings of the next walk.

    Call it once in a transaction, with all that belongs together (`Removal.also`), so that nobody waits for the chain
    while you still wait for rows. After an exception nothing is noted, and the transaction must be rolled back.
    """
    if newest(cursor, source_id) is None:  # whatever is there is older than the chain, the removed rows too
        locked_head(cursor, source_id, {})
    removal = Removal(cursor, source_id, key_or_new(cursor, source_id))
    removal.also(of, ids)
    yield removal
    if notes := removal.notes():
        append(cursor, locked_head(cursor, source_id, {}), Kind.REMOVED, notes=notes, reason=reason)


def removing_range(
    cursor: CursorWrapper, source_id: int, first: int, last: int, reason: str, of: Section = Section.CHANGES
) -> None:
    """Say that all rows of the source with ids from `first` to `last` go, in one branch of changes.

    To be called for each source before a partition is dropped, in the same transaction. Only rows whose links reach
    over an end of the range are read, which are some ten thousand at most.
    """
    head = locked_head(cursor, source_id, {})
    own_key = row_key(head.key)
    notes = [
        Note(of, number, digest, None)
        for begin, end in _ragged(cursor, head, of, first, last)
        for number, digest in lines.digests_between(cursor, own_key, of, source_id, begin - 1, end)
    ]
    append(cursor, head, Kind.DROPPED, notes=notes, dropped=Dropped(of, first, last), reason=reason)


def _ragged(cursor: CursorWrapper, head: Head, of: Section, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The ids of the range whose links reach over its ends: one or two ranges that do not meet."""
    before, link = _around(cursor, head, of, first)
    at = first
    if link and before < first - 1:
        at = min(link.part(of).through, last)
        yield first, at
        at += 1
    before, link = _around(cursor, head, of, last)
    if link and link.part(of).through > last and max(before + 1, at) <= last:
        yield max(before + 1, at), last


def _around(cursor: CursorWrapper, head: Head, of: Section, row_id: int) -> tuple[int, Link | None]:
    """The link that covers an id, and the last id of the link before it; None if none does, or none does yet.

    Found by halving, since a section's ids grow with the links' numbers.
    """
    if head.link.part(of).through < row_id:
        return head.link.part(of).through, None
    low, high = 0, head.link.number  # `low` does not reach the id, `high` does
    before = 0
    while high - low > 1:
        middle = (low + high) // 2
        link = link_numbered(cursor, head.link.source_id, middle)
        if link and link.part(of).through >= row_id:
            high = middle
        else:
            low, before = middle, link.part(of).through if link else before
    return before, link_numbered(cursor, head.link.source_id, high)
