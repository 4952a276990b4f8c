"""Holds the rows of some links that follow each other, and their notes, against these links."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain import lines
from statetrace_ui.history.chain.canonical import RANGED, Dropped, Link, Note, Section, notes_root
from statetrace_ui.history.chain.judge import Finding, Placed, SectionWalk
from statetrace_ui.history.chain.report import ChainReport

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
DROPPED = """
SELECT number, dropped_section, dropped_first, dropped_last FROM history_chainlink
WHERE source_id = %s AND kind = 'dropped' AND dropped_first IS NOT NULL AND dropped_last IS NOT NULL
"""
NOTE = "SELECT link, section, row_id, before, after FROM history_rownote WHERE source_id = %s"
NOTES_OF_LINKS = f"{NOTE} AND link > %s AND link <= %s ORDER BY link"
NOTES_OF_ROWS = f"{NOTE} AND section = %s AND row_id > %s AND row_id <= %s ORDER BY row_id, link"


@dataclass(frozen=True)
class Window:
    """after: the last ids of the window before. at_head: whether it is the last, and goes on to the end of all rows."""

    source_id: int
    row_key: bytes
    after: dict[Section, int]
    links: list[Link]
    at_head: bool
    found: ChainReport = field(default_factory=lambda: ChainReport(""))

    @property
    def through(self) -> dict[Section, int]:
        return {
            section: max([after, *(link.part(section).through for link in self.links)])
            for section, after in self.after.items()
        }

    def check(self, cursor: CursorWrapper) -> ChainReport:
        """cursor: in a snapshot that shows the links; it may be a later one, since what is removed has notes."""
        self._check_notes(cursor)
        self._check_rows(cursor)
        return self.found

    def check_apart(self) -> ChainReport:
        """The same in a thread, by a connection of its own."""
        try:
            with snapshot() as cursor:
                return self.check(cursor)
        finally:
            connection.close()

    def _check_notes(self, cursor: CursorWrapper) -> None:
        links = self.links
        if not links:
            return
        told: dict[int, list[Note]] = {}
        for placed in notes(cursor, NOTES_OF_LINKS, [self.source_id, links[0].number - 1, links[-1].number]):
            told.setdefault(placed.link, []).append(placed.said)
        for link in links:
            found = told.pop(link.number, [])
            if len(found) != link.notes or notes_root(self.row_key, found) != link.notes_root:
                what = (
                    f"{link.notes} were written, and {len(found)} are there" if len(found) != link.notes else "altered"
                )
                self.found.add(
                    [Finding(f"The notes of link {link.number} are not as written: {what}.", link=link.number)]
                )
        for number, strange in told.items():
            self.found.add([Finding(f"{len(strange)} notes name link {number}, which is missing.", link=number)])

    def _check_rows(self, cursor: CursorWrapper) -> None:
        dropped, through = _dropped(cursor, self.source_id), self.through
        for section in RANGED:
            after, end = self.after[section], None if self.at_head else through[section]
            if end == after:
                continue
            limit = end if end is not None else 1 << 62
            noted = notes(cursor, NOTES_OF_ROWS, [self.source_id, section, after, limit])
            rows = lines.between(cursor, section, self.source_id, after, end)
            walk = SectionWalk(self.row_key, section, rows, noted, dropped.get(section, ()), after)
            for link in self.links:
                self.found.add(walk.check(link))
            self.found.add(walk.rest())
            self.found.rows += walk.rows
            self.found.older += walk.older


@contextmanager
def snapshot() -> Iterator[CursorWrapper]:
    """A cursor for which nothing changes. Inside a transaction of the caller's, its own snapshot is what there is."""
    inside = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not inside:
            cursor.execute(SNAPSHOT)
        yield cursor


def notes(cursor: CursorWrapper, query: str, values: list[Any]) -> list[Placed[Note]]:
    cursor.execute(query, values)
    return [
        Placed(link, Note(section, row_id, _bytes(before), _bytes(after)))
        for link, section, row_id, before, after in cursor.fetchall()
    ]


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _dropped(cursor: CursorWrapper, source_id: int) -> dict[Section, list[Placed[Dropped]]]:
    cursor.execute(DROPPED, [source_id])
    found: dict[Section, list[Placed[Dropped]]] = {}
    for number, section, first, last in cursor.fetchall():
        found.setdefault(section, []).append(Placed(number, Dropped(section, first, last)))
    return found
