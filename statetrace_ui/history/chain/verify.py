"""Walks a source's chain from its first link to its head, and holds all that is stored against it.

The walk goes in windows, each under a snapshot of its own, so that it holds up neither retention nor vacuuming. Rows
that are stored or removed meanwhile are met by later windows, with their links.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain import lines
from statetrace_ui.history.chain.canonical import (
    NOTED,
    RANGED,
    Dropped,
    Kind,
    Link,
    Note,
    Section,
    head_seal,
    notes_root,
    row_key,
)
from statetrace_ui.history.chain.judge import Finding, Placed, SectionWalk, check_states, time_of
from statetrace_ui.history.chain.links import key_of, links_after
from statetrace_ui.history.chain.report import ChainReport
from statetrace_ui.history.models import Source

MOST_LINKS = 5_000  # of one window
MOST_ROWS = 400_000  # of one window, unless one link has more
MOST_STATES = 20_000  # sessions that are compared at once
LOWEST = -(1 << 63)
REPORT_SECONDS = 5.0
Report = Callable[[str], None]
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
DROPPED = """
SELECT number, dropped_section, dropped_first, dropped_last FROM history_chainlink
WHERE source_id = %s AND kind = 'dropped' AND dropped_first IS NOT NULL AND dropped_last IS NOT NULL
"""
NOTE = "SELECT link, section, row_id, before, after FROM history_rownote WHERE source_id = %s"
NOTES_OF_LINKS = f"{NOTE} AND link > %s AND link <= %s ORDER BY link"
NOTES_OF_ROWS = f"{NOTE} AND section = %s AND row_id > %s AND row_id <= %s ORDER BY row_id, link"
STRAY_NOTES = "SELECT count(*) FROM history_rownote WHERE source_id = %s AND (link > %s OR link < 1)"
LAST_OF_PAGE = """
SELECT max(id) FROM (SELECT id FROM {} WHERE source_id = %s AND id > %s ORDER BY id LIMIT %s) AS page
"""
STATE_TABLES = {Section.SESSIONS: "history_session", Section.RELATIONS: "history_relation"}


def verify_chain(source: Source, report: Report, heads: Mapping[int, str] | None = None) -> ChainReport:
    """Walk the chain of the source. heads: {number: digest as hex} of heads that were exported before.

    Raises CredentialUnreadable if the chain's key cannot be read.
    """
    found, started = ChainReport(str(source)), time.monotonic()
    with connection.cursor() as cursor:
        known = key_of(cursor, source.pk)
        if known is None:
            found.add(_without_key(cursor, source))
            return found
    walk = _Walk(source.pk, known[0], found, dict(heads or {}))
    told = started
    while walk.window():
        if time.monotonic() - told > REPORT_SECONDS:
            told = time.monotonic()
            report(f"{source}: {found.links:,} links and {found.rows:,} rows so far")
    walk.states()
    found.seconds = time.monotonic() - started
    return found


def _without_key(cursor: CursorWrapper, source: Source) -> Iterator[Finding]:
    cursor.execute("SELECT EXISTS (SELECT FROM history_transaction WHERE source_id = %s)", [source.pk])
    ((stored,),) = cursor.fetchall()
    if stored:
        yield Finding("The source has no chain: its key is gone, or it was never begun. Nothing is proven.")


class _Walk:
    def __init__(self, source_id: int, key: bytes, found: ChainReport, heads: dict[int, str]) -> None:
        self._source_id = source_id
        self._key = key
        self._row_key = row_key(key)
        self._found = found
        self._heads = heads
        self._last: Link | None = None  # the last link that was walked
        self._after = dict.fromkeys(RANGED, LOWEST)

    def window(self) -> bool:
        """Walk some links more; whether there are others."""
        with _snapshot() as cursor:
            links = self._next_links(cursor)
            for link in links:
                self._found.add(self._check_link(link))
            self._check_notes(cursor, links)
            at_head = len(links_after(cursor, self._source_id, self._last.number if self._last else 0, 1)) == 0
            self._check_rows(cursor, links, at_head)
            if at_head:
                self._end(cursor)
        return not at_head

    def _next_links(self, cursor: CursorWrapper) -> list[Link]:
        found = links_after(cursor, self._source_id, self._last.number if self._last else 0, MOST_LINKS)
        rows = taken = 0
        for link in found:
            rows += sum(part.rows for part in link.parts) + link.notes
            if taken and rows > MOST_ROWS:
                break
            taken += 1
        return found[:taken]

    def _check_link(self, link: Link) -> Iterator[Finding]:
        """Its seal, by the digest that stands in the link before it: so one that was altered is one finding."""
        before, self._last = self._last, link
        expected = before.number + 1 if before else 1
        self._found.links += 1
        self._found.head = link.number, link.digest.hex()
        if link.number != expected:
            missing = (
                f"Link {expected} is" if link.number == expected + 1 else f"Links {expected} to {link.number - 1} are"
            )
            yield Finding(f"{missing} missing from the chain.", link=expected)
        elif link.sealed(self._key, before.digest if before else b"") != link.digest:
            yield Finding(f"Link {link.number} of {time_of(link)} is not as it was sealed.", link=link.number)
        if link.kind == Kind.START and before:
            yield Finding(f"The chain begins anew at link {link.number}.", link=link.number)
        if link.kind in (Kind.REMOVED, Kind.DROPPED):
            self._found.removed[link.reason] = self._found.removed.get(link.reason, 0) + 1
        if (digest := self._heads.pop(link.number, None)) and digest != link.digest.hex():
            yield Finding(f"Link {link.number} is another than the head that was exported.", link=link.number)

    def _check_notes(self, cursor: CursorWrapper, links: list[Link]) -> None:
        if not links:
            return
        notes: dict[int, list[Note]] = {}
        for placed in _notes(cursor, NOTES_OF_LINKS, [self._source_id, links[0].number - 1, links[-1].number]):
            notes.setdefault(placed.link, []).append(placed.said)
        for link in links:
            found = notes.pop(link.number, [])
            if len(found) != link.notes or notes_root(self._row_key, found) != link.notes_root:
                what = (
                    f"{link.notes} were written, and {len(found)} are there" if len(found) != link.notes else "altered"
                )
                self._found.add(
                    [Finding(f"The notes of link {link.number} are not as written: {what}.", link=link.number)]
                )
        for number, strange in notes.items():
            self._found.add([Finding(f"{len(strange)} notes name link {number}, which is missing.", link=number)])

    def _check_rows(self, cursor: CursorWrapper, links: list[Link], at_head: bool) -> None:
        dropped = _dropped(cursor, self._source_id)
        for section in RANGED:
            after = self._after[section]
            through = max([after, *(link.part(section).through for link in links)])
            self._after[section] = through
            end = None if at_head else through
            if end == after:
                continue
            limit = end if end is not None else 1 << 62
            notes = _notes(cursor, NOTES_OF_ROWS, [self._source_id, section, after, limit])
            rows = lines.between(cursor, section, self._source_id, after, end)
            walk = SectionWalk(self._row_key, section, rows, notes, dropped.get(section, ()), after)
            for link in links:
                self._found.add(walk.check(link))
            self._found.add(walk.rest())
            self._found.rows += walk.rows
            self._found.older += walk.older

    def _end(self, cursor: CursorWrapper) -> None:
        head = self._last.number if self._last else 0
        self._found.add(self._check_end(cursor))
        cursor.execute(STRAY_NOTES, [self._source_id, head])
        ((stray,),) = cursor.fetchall()
        if stray:
            self._found.add([Finding(f"{stray:,} notes belong to no link.")])
        for number in sorted(self._heads):
            sentence = f"The chain ends at link {head}, before the exported head {number}: its end was cut off."
            self._found.add([Finding(sentence, link=number)])

    def _check_end(self, cursor: CursorWrapper) -> Iterator[Finding]:
        known = key_of(cursor, self._source_id)
        if self._last is None:
            yield Finding("All links of the chain are gone.")
        elif known is None or known[1] != head_seal(self._key, self._last):
            what = f"The chain ends at link {self._last.number}, which is not sealed as its end: links were cut off."
            yield Finding(what, link=self._last.number)
        if older := self._found.older:
            yield Finding(f"{older:,} rows are older than the chain, which does not prove what they hold.", link=1)

    def states(self) -> None:
        """Sessions and shapes, page by page. Each has a note of its last state."""
        for section in NOTED:
            after: int | None = LOWEST
            while after is not None:
                with _snapshot() as cursor:
                    after = self._check_states(cursor, section, after)

    def _check_states(self, cursor: CursorWrapper, section: Section, after: int) -> int | None:
        """Check a page of rows; the last id of it, or None at the end."""
        cursor.execute(LAST_OF_PAGE.format(STATE_TABLES[section]), [self._source_id, after, MOST_STATES])
        ((last,),) = cursor.fetchall()
        limit = last if last is not None else 1 << 62
        notes = _notes(cursor, NOTES_OF_ROWS, [self._source_id, section, after, limit])
        found = list(lines.between(cursor, section, self._source_id, after, limit))
        self._found.rows += len(found)
        self._found.add(check_states(self._row_key, section, found, notes, unnoted=bool(self._found.older)))
        return int(last) if last is not None else None


@contextmanager
def _snapshot() -> Iterator[CursorWrapper]:
    """A cursor for which nothing changes. Inside a transaction of the caller's, its own snapshot is what there is."""
    inside = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not inside:
            cursor.execute(SNAPSHOT)
        yield cursor


def _notes(cursor: CursorWrapper, query: str, values: list[Any]) -> list[Placed[Note]]:
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
