"""What the chain is made of, byte by byte: sections, roots, notes and links. Pure; docs/chain.md tells others.

A row is its line: what `COPY (SELECT fixed columns …) TO STDOUT` writes of it, with the line's end. Lines are never
decoded. A root is SHA-256 over the digests of lines, so a digest can stand for a row that was removed. Digests are
keyed: nobody without the key can try out what a row held that was erased.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

VERSION = "statetrace chain 1"
HEAD_VERSION = "statetrace head 1"
ROW_VERSION = b"statetrace row 1"
DIGEST_BYTES = 32


class Section(StrEnum):
    """A kind of stored row. Rows of RANGED are written once, with ids that grow; the others change."""

    CHANGES = "c"  # of the stream
    BASELINE = "b"  # rows of snapshots
    TRANSACTIONS = "t"
    ACTIONS = "a"
    SESSIONS = "s"
    RELATIONS = "r"

    @property
    def label(self) -> str:
        return LABELS[self]


RANGED = (Section.CHANGES, Section.BASELINE, Section.TRANSACTIONS, Section.ACTIONS)
NOTED = (Section.SESSIONS, Section.RELATIONS)
LABELS = {
    Section.CHANGES: "Changes",
    Section.BASELINE: "Snapshot rows",
    Section.TRANSACTIONS: "Transactions",
    Section.ACTIONS: "Actions",
    Section.SESSIONS: "Sessions",
    Section.RELATIONS: "Tables' shapes",
}


class Kind(StrEnum):
    """What a link is about."""

    START = "start"  # what was stored before it is older than the chain, and is not proven
    ADOPTED = "adopted"  # rows that were there when the chain was introduced, as they were then
    ROWS = "rows"  # rows that were stored
    REMOVED = "removed"  # rows that were removed, replaced or added one by one; its notes say which
    DROPPED = "dropped"  # all rows of one section in a range of ids


@dataclass(frozen=True, slots=True)
class Part:
    """What a link says of one section: the `rows` rows whose ids follow the former link's `through`, up to `through`.

    root: of these rows' lines in the order of their ids; b"" if there are none.
    """

    through: int = 0
    rows: int = 0
    root: bytes = b""

    @property
    def text(self) -> str:
        return f"{self.through}\t{self.rows}\t{self.root.hex()}"


@dataclass(frozen=True, slots=True)
class Note:
    """What a link says of one row: the digest of its line before and after; None where there was, or is, no row."""

    section: Section
    row_id: int
    before: bytes | None
    after: bytes | None

    @property
    def line(self) -> bytes:
        before, after = (digest.hex() if digest else "-" for digest in (self.before, self.after))
        return f"{self.section}\t{self.row_id}\t{before}\t{after}\n".encode()


@dataclass(frozen=True, slots=True)
class Dropped:
    """All rows of a section from one id to another, which a partition's end took away."""

    section: Section
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a source's chain. at: microseconds since 1970, UTC. parts: of the sections of RANGED, in order.

    reason: one line; why rows were removed. digest: what `sealed` makes of the rest and of the link before.
    """

    source_id: int
    number: int
    kind: Kind
    at: int
    parts: tuple[Part, ...] = (Part(), Part(), Part(), Part())
    notes: int = 0
    notes_root: bytes = b""
    dropped: Dropped | None = None
    reason: str = ""
    digest: bytes = field(default=b"", compare=False)

    def part(self, section: Section) -> Part:
        return self.parts[RANGED.index(section)]

    def sealed(self, key: bytes, previous: bytes) -> bytes:
        """The link's digest: HMAC-SHA256 over its fields, joined by tabs, and the digest of the link before."""
        dropped = self.dropped
        fields = [
            VERSION,
            str(self.source_id),
            str(self.number),
            self.kind,
            str(self.at),
            *(part.text for part in self.parts),
            f"{self.notes}\t{self.notes_root.hex()}",
            f"{dropped.section}\t{dropped.first}\t{dropped.last}" if dropped else "\t\t",
            self.reason,
            previous.hex(),
        ]
        return hmac.digest(key, "\t".join(fields).encode(), hashlib.sha256)


def head_seal(key: bytes, link: Link) -> bytes:
    """What stands beside the key and says which link is the last. Nobody can make one for an earlier link."""
    fields = [HEAD_VERSION, str(link.source_id), str(link.number), link.digest.hex()]
    return hmac.digest(key, "\t".join(fields).encode(), hashlib.sha256)


def row_id(line: bytes) -> int:
    return int(line[: line.index(b"\t")])


def row_key(key: bytes) -> bytes:
    """What stands before each line when it is hashed."""
    return hmac.digest(key, ROW_VERSION, hashlib.sha256)


def digests(row_key: bytes, lines: Iterable[bytes]) -> bytes:
    """The lines' digests, one after the other."""
    return b"".join([sha256(row_key + line).digest() for line in lines])


def digest(row_key: bytes, line: bytes) -> bytes:
    return digests(row_key, (line,))


def root(row_key: bytes, lines: Iterable[bytes]) -> bytes:
    """The root of some lines; b"" if there are none."""
    joined = digests(row_key, lines)
    return sha256(joined).digest() if joined else b""


def notes_root(row_key: bytes, notes: Sequence[Note]) -> bytes:
    """The root of a link's notes, ordered by section and row."""
    return root(row_key, (note.line for note in sorted(notes, key=lambda note: (note.section, note.row_id))))


# The columns of each section's lines, in order: `id` first. Times are seconds since 1970, UTC, and floats the eight
# bytes that the server sends, so that no setting of a session says how they are written.
CHANGE = """id, source_id, transaction_id, relation_id, table_id, kind, baseline, record_key, old_record_key,
    old, new, old_absent, new_absent, cut FROM history_change"""
LINES = {
    Section.CHANGES: f"{CHANGE} WHERE NOT baseline AND",
    Section.BASELINE: f"{CHANGE} WHERE baseline AND",
    Section.TRANSACTIONS: """id, source_id, era, kind, commit_lsn, end_lsn, xid, extract(epoch FROM committed_at),
        change_count, first_change, last_change FROM history_transaction WHERE""",
    Section.ACTIONS: """id, source_id, session_id, transaction_id, key, url, method, version,
        encode(float8send(length_ms), 'hex'), parent_key, meta, payload, extract(epoch FROM at), change_count
        FROM history_action WHERE""",
    Section.SESSIONS: """id, source_id, key, actor_id, actor_full_name, actor_email, actor_avatar, client_user_agent,
        application_id, application_type, meta, payload, announced, later, later_count FROM history_session WHERE""",
    Section.RELATIONS: """id, source_id, oid, replica_identity, table_id, schema_name, table_name, columns,
        ARRAY(SELECT ARRAY[t.schema_name, t.table_name] FROM history_table t
              WHERE t.source_id = r.source_id AND t.id = r.table_id)
        FROM history_relation r WHERE""",
}


def one_line(reason: str) -> str:
    """A reason as links keep it: one line, without tabs, not long."""
    return " ".join(reason.split())[:200]
