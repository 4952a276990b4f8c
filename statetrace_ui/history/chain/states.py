"""Rows as they are before and after somebody writes them, as notes of a link."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain.canonical import Note, Section
from statetrace_ui.history.chain.lines import digests_of

MOST_IDS = 10_000  # that one query reads


class RowStates:
    """Remembers rows of a source before they are written, and tells afterwards what became of them."""

    def __init__(self, cursor: CursorWrapper, source_id: int, row_key: bytes) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._row_key = row_key
        self._before: dict[Section, dict[int, bytes | None]] = defaultdict(dict)

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._before.values())

    def remember(self, section: Section, ids: Iterable[int]) -> None:
        """Read the rows, and lock them until our transaction ends. What was read before stays what counts."""
        known = self._before[section]
        new = sorted(set(ids) - known.keys())
        found = self._digests(section, new, lock=True)
        known.update((number, found.get(number)) for number in new)

    def add(self, section: Section, ids: Iterable[int]) -> None:
        """Rows that were not there before."""
        known = self._before[section]
        known.update((number, None) for number in ids if number not in known)

    def notes(self) -> list[Note]:
        """A note of each row that is another now. Forgets them all."""
        notes = []
        for section, before in self._before.items():
            after = self._digests(section, sorted(before))
            notes += [
                Note(section, number, old, after.get(number))
                for number, old in before.items()
                if old != after.get(number)
            ]
        self._before.clear()
        return notes

    def _digests(self, section: Section, ids: list[int], lock: bool = False) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for start in range(0, len(ids), MOST_IDS):
            chunk = ids[start : start + MOST_IDS]
            found.update(digests_of(self._cursor, self._row_key, section, self._source_id, chunk, lock))
        return found
