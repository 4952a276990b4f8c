"""Walks a source's chain from its first link to its head, and holds all that is stored against it.

The walk goes in windows, each under a snapshot of its own, so that it holds up neither retention nor vacuuming. Rows
that are stored or removed meanwhile are met by later windows, with their links.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain import lines
from statetrace_ui.history.chain.canonical import (
    NOTED,
    RANGED,
    Kind,
    Link,
    Section,
    head_seal,
    row_key,
)
from statetrace_ui.history.chain.judge import Finding, check_states, time_of
from statetrace_ui.history.chain.links import key_of, links_after
from statetrace_ui.history.chain.report import ChainReport
from statetrace_ui.history.chain.windows import NOTES_OF_ROWS, Window, notes, snapshot
from statetrace_ui.history.models import Source

MOST_LINKS = 5_000  # of one window
MOST_ROWS = 200_000  # of one window, unless one link has more
WALKERS = min(4, os.cpu_count() or 1)  # windows that are checked at once
MOST_STATES = 20_000  # sessions that are compared at once
LOWEST = -(1 << 63)
REPORT_SECONDS = 5.0
Report = Callable[[str], None]
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
    walk, told = _Walk(source.pk, known[0], found, dict(heads or {})), started
    for part in walk.parts():
        found.include(part)
        if time.monotonic() - told > REPORT_SECONDS:
            told = time.monotonic()
            report(f"{source}: {found.links:,} links and {found.rows:,} rows so far")
    walk.end()
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

    def parts(self) -> Iterator[ChainReport]:
        """What each window finds, in order. The database writes lines more slowly than we hash them, so several
        connections read at once; inside a transaction of the caller's there is one.
        """
        pending: deque[Future[ChainReport]] = deque()
        with ThreadPoolExecutor(WALKERS, "chain") as pool:
            while not (window := self._next_window()).at_head:
                if connection.in_atomic_block:
                    with snapshot() as cursor:
                        yield window.check(cursor)
                    continue
                pending.append(pool.submit(window.check_apart))
                if len(pending) > WALKERS:
                    yield pending.popleft().result()
            yield from (part.result() for part in pending)
        yield window.found

    def _next_window(self) -> Window:
        """The last one is checked, too: in the snapshot that shows it to be the last."""
        with snapshot() as cursor:
            links, found = self._next_links(cursor), ChainReport("")
            for link in links:
                found.add(self._check_link(link, found))
            last = self._last.number if self._last else 0
            at_head = not links_after(cursor, self._source_id, last, 1)
            window = Window(self._source_id, self._row_key, self._after, links, at_head, found)
            self._after = window.through
            if at_head:
                window.check(cursor)
                self._check_end(cursor, found)
        return window

    def _next_links(self, cursor: CursorWrapper) -> list[Link]:
        found = links_after(cursor, self._source_id, self._last.number if self._last else 0, MOST_LINKS)
        rows = taken = 0
        for link in found:
            rows += sum(part.rows for part in link.parts) + link.notes
            if taken and rows > MOST_ROWS:
                break
            taken += 1
        return found[:taken]

    def _check_link(self, link: Link, part: ChainReport) -> Iterator[Finding]:
        """Its seal, by the digest that stands in the link before it: so one that was altered is one finding."""
        before, self._last = self._last, link
        expected = before.number + 1 if before else 1
        part.links += 1
        part.head = link.number, link.digest.hex()
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
            part.removed[link.reason] = part.removed.get(link.reason, 0) + 1
        if (digest := self._heads.pop(link.number, None)) and digest != link.digest.hex():
            yield Finding(f"Link {link.number} is another than the head that was exported.", link=link.number)

    def _check_end(self, cursor: CursorWrapper, found: ChainReport) -> None:
        head = self._last.number if self._last else 0
        found.add(self._check_head(cursor))
        cursor.execute(STRAY_NOTES, [self._source_id, head])
        ((stray,),) = cursor.fetchall()
        if stray:
            found.add([Finding(f"{stray:,} notes belong to no link.")])
        for number in sorted(self._heads):
            sentence = f"The chain ends at link {head}, before the exported head {number}: its end was cut off."
            found.add([Finding(sentence, link=number)])

    def _check_head(self, cursor: CursorWrapper) -> Iterator[Finding]:
        known = key_of(cursor, self._source_id)
        if self._last is None:
            yield Finding("All links of the chain are gone.")
        elif known is None or known[1] != head_seal(self._key, self._last):
            what = f"The chain ends at link {self._last.number}, which is not sealed as its end: links were cut off."
            yield Finding(what, link=self._last.number)

    def end(self) -> None:
        """Sessions and shapes, page by page. Each has a note of its last state."""
        if older := self._found.older:
            sentence = f"{older:,} rows are older than the chain, which does not prove what they hold."
            self._found.add([Finding(sentence, link=1)])
        for section in NOTED:
            after: int | None = LOWEST
            while after is not None:
                with snapshot() as cursor:
                    after = self._check_states(cursor, section, after)

    def _check_states(self, cursor: CursorWrapper, section: Section, after: int) -> int | None:
        """Check a page of rows; the last id of it, or None at the end."""
        cursor.execute(LAST_OF_PAGE.format(STATE_TABLES[section]), [self._source_id, after, MOST_STATES])
        ((last,),) = cursor.fetchall()
        limit = last if last is not None else 1 << 62
        told = notes(cursor, NOTES_OF_ROWS, [self._source_id, section, after, limit])
        found = list(lines.between(cursor, section, self._source_id, after, limit))
        self._found.rows += len(found)
        self._found.add(check_states(self._row_key, section, found, told, unnoted=bool(self._found.older)))
        return int(last) if last is not None else None
