"""Collects the lines that one call of the store writes into the parts of links, a bounded number of rows in each. Pure.

Links that are not too large name what was tampered with more narrowly, and rarely reach over the end of a partition.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from statetrace_ui.history.chain.canonical import RANGED, Part, Section, digests, row_id

LINK_ROWS = 50_000


class _Growing:
    """The parts of one section; the last one is still growing."""

    def __init__(self) -> None:
        self.closed: list[Part] = []
        self.first_id = 0  # 0 as long as there are no rows
        self._hash: Any = sha256()
        self._rows = 0
        self._through = 0

    def add(self, row_key: bytes, lines: Sequence[bytes]) -> None:
        self.first_id = self.first_id or row_id(lines[0])
        start = 0
        while start < len(lines):
            piece = lines[start : start + LINK_ROWS - self._rows]
            self._through = row_id(piece[-1])
            self._hash.update(digests(row_key, piece))
            self._rows += len(piece)
            start += len(piece)
            if self._rows == LINK_ROWS:
                self.close()

    def close(self) -> None:
        if self._rows:
            self.closed.append(Part(self._through, self._rows, self._hash.digest()))
        self._hash, self._rows = sha256(), 0


class Collector:
    def __init__(self, row_key: bytes) -> None:
        self._row_key = row_key
        self._sections = {section: _Growing() for section in RANGED}

    def add(self, section: Section, lines: Sequence[bytes]) -> None:
        """Add lines in the order of their ids, as COPY would write them of what stands in history."""
        if lines:
            self._sections[section].add(self._row_key, lines)

    def first_ids(self) -> dict[Section, int]:
        """The id of the first row of each section that has rows."""
        return {section: growing.first_id for section, growing in self._sections.items() if growing.first_id}

    def parts(self) -> list[tuple[Part | None, ...]]:
        """For each link its parts, in the order of RANGED: None where it has no rows of a section. Empties this."""
        for section in self._sections.values():
            section.close()
        parts = list(zip_longest(*(section.closed for section in self._sections.values())))
        self._sections = {section: _Growing() for section in RANGED}
        return parts
