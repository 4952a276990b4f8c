"""The links of a source's chain in the database: read, and extended by whoever holds the chain's lock."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain.canonical import (
    RANGED,
    Dropped,
    Kind,
    Link,
    Note,
    Part,
    Section,
    head_seal,
    notes_root,
    one_line,
    row_key,
)
from statetrace_ui.web.crypto import decrypt, encrypt

COLUMNS = """source_id, number, kind, at, changes_through, changes_rows, changes_root, baseline_through, baseline_rows,
    baseline_root, transactions_through, transactions_rows, transactions_root, actions_through, actions_rows,
    actions_root, notes, notes_root, dropped_section, dropped_first, dropped_last, reason, digest"""
READ = f"SELECT {COLUMNS} FROM history_chainlink WHERE source_id = %s"  # noqa: S608 - names of columns
NEWEST = f"{READ} ORDER BY number DESC LIMIT 1"
AFTER = f"{READ} AND number > %s ORDER BY number LIMIT %s"
# Both are written by one statement, which saves a round trip in each flush.
INSERT = f"""
WITH head AS (UPDATE history_chainkey SET head_number = %s, head_seal = %s WHERE source_id = %s)
INSERT INTO history_chainlink ({COLUMNS}) VALUES ({", ".join(["%s"] * 23)})
"""  # noqa: S608 - names of columns
ADD_KEY = """
INSERT INTO history_chainkey (source_id, key, head_number, head_seal) VALUES (%s, %s, 0, '')
ON CONFLICT (source_id) DO NOTHING
"""
# One writer at a time: whoever comes second reads the link of whoever was first.
KEY = "SELECT key, head_seal FROM history_chainkey WHERE source_id = %s"
LOCK = "SELECT key, head_number, head_seal FROM history_chainkey WHERE source_id = %s FOR NO KEY UPDATE"
OLDER = "SELECT max(id) FROM {} source_id = %s AND id < %s"
TABLES = {
    Section.CHANGES: "history_change WHERE NOT baseline AND",
    Section.BASELINE: "history_change WHERE baseline AND",
    Section.TRANSACTIONS: "history_transaction WHERE",
    Section.ACTIONS: "history_action WHERE",
}
COPY_NOTES = "COPY history_rownote (source_id, section, row_id, link, before, after) FROM STDIN"
NO_PARTS: tuple[None, ...] = (None,) * len(RANGED)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link, with the key by which the next one is sealed."""

    key: bytes
    link: Link
    next_number: int


def newest(cursor: CursorWrapper, source_id: int) -> Link | None:
    cursor.execute(NEWEST, [source_id])
    row = cursor.fetchone()
    return link_of(row) if row else None


def links_after(cursor: CursorWrapper, source_id: int, number: int, most: int) -> list[Link]:
    cursor.execute(AFTER, [source_id, number, most])
    return [link_of(row) for row in cursor.fetchall()]


def link_numbered(cursor: CursorWrapper, source_id: int, number: int) -> Link | None:
    cursor.execute(f"{READ} AND number = %s", [source_id, number])
    row = cursor.fetchone()
    return link_of(row) if row else None


def link_of(row: Sequence[Any]) -> Link:
    """row: of COLUMNS."""
    source_id, number, kind, at = row[:4]
    parts, (notes, root, section, first, last, reason, digest) = row[4:16], row[16:]
    return Link(
        source_id,
        number,
        kind,
        at,
        tuple(Part(parts[place], parts[place + 1], bytes(parts[place + 2])) for place in range(0, len(parts), 3)),
        notes,
        bytes(root),
        Dropped(section, first, last) if section and None not in (first, last) else None,
        reason,
        bytes(digest),
    )


def locked_head(cursor: CursorWrapper, source_id: int, first_ids: Mapping[Section, int]) -> Head:
    """The head, which nobody else extends until our transaction ends. The chain begins where there is none.

    first_ids: of the rows that are about to be covered. Rows before them are older than a chain that begins now.
    """
    cursor.execute(LOCK, [source_id])
    row = cursor.fetchone()
    if row is None:
        key_or_new(cursor, source_id)
        return locked_head(cursor, source_id, first_ids)
    token, number, seal = row
    key, link = bytes.fromhex(_decrypted(token)), newest(cursor, source_id)
    if link is None:
        return _begin(cursor, source_id, key, number, first_ids)
    # Where the last links were cut off, a number is left out for good, so that every walk finds it.
    is_whole = number == link.number and bytes(seal) == head_seal(key, link)
    return Head(key, link, link.number + 1 if is_whole else max(link.number, number) + 2)


@lru_cache(maxsize=1_000)
def _decrypted(token: str) -> str:
    return decrypt(token)


def key_or_new(cursor: CursorWrapper, source_id: int) -> bytes:
    """The source's key; made if it has none. Raises CredentialUnreadable."""
    known = key_of(cursor, source_id)
    if known is None:
        cursor.execute(ADD_KEY, [source_id, encrypt(secrets.token_hex(32))])
        known = key_of(cursor, source_id)
    assert known, "it was deleted while we added it"  # noqa: S101
    return known[0]


def key_of(cursor: CursorWrapper, source_id: int) -> tuple[bytes, bytes] | None:
    """The source's key, and the seal of its head; None if it has no chain. Raises CredentialUnreadable."""
    cursor.execute(KEY, [source_id])
    row = cursor.fetchone()
    return (bytes.fromhex(_decrypted(row[0])), bytes(row[1])) if row else None


def _begin(cursor: CursorWrapper, source_id: int, key: bytes, number: int, first_ids: Mapping[Section, int]) -> Head:
    """number: the last that the chain is known to have had; 0 as it should be."""
    parts = []
    for section in RANGED:
        cursor.execute(OLDER.format(TABLES[section]), [source_id, first_ids.get(section, 1 << 62)])
        ((highest,),) = cursor.fetchall()
        parts.append(Part(highest or 0))
    nothing = Link(source_id, 0, Kind.START, 0)
    return append(cursor, Head(key, nothing, number + 1), Kind.START, parts)


def append(
    cursor: CursorWrapper,
    head: Head,
    kind: Kind,
    parts: Sequence[Part | None] = NO_PARTS,
    notes: Sequence[Note] = (),
    dropped: Dropped | None = None,
    reason: str = "",
) -> Head:
    """Add a link after the head, and return it as the head. parts: None for sections of which it covers no rows."""
    before = head.link
    link = Link(
        before.source_id,
        head.next_number,
        kind,
        time.time_ns() // 1000,
        tuple(_after(old, new) for old, new in zip(before.parts, parts, strict=True)),
        len(notes),
        notes_root(row_key(head.key), notes),
        dropped,
        one_line(reason),
    )
    link = replace(link, digest=link.sealed(head.key, before.digest))
    cursor.execute(INSERT, [link.number, head_seal(head.key, link), link.source_id, *_row(link)])
    _write_notes(cursor, link, notes)
    return Head(head.key, link, link.number + 1)


def _after(old: Part, new: Part | None) -> Part:
    return replace(new, through=max(old.through, new.through)) if new else Part(old.through)


def _row(link: Link) -> list[Any]:
    parts = [value for part in link.parts for value in (part.through, part.rows, part.root)]
    dropped = link.dropped
    ids = [dropped.section, dropped.first, dropped.last] if dropped else ["", None, None]
    first = [link.source_id, link.number, link.kind, link.at]
    return [*first, *parts, link.notes, link.notes_root, *ids, link.reason, link.digest]


def _write_notes(cursor: CursorWrapper, link: Link, notes: Sequence[Note]) -> None:
    if not notes:
        return
    with cursor.copy(COPY_NOTES) as copy:
        for note in notes:
            copy.write_row((link.source_id, note.section, note.row_id, link.number, note.before, note.after))
