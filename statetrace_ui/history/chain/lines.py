"""Reads rows as lines: what COPY writes of them, which no code here decodes."""

from collections.abc import Iterable, Iterator, Sequence

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain.canonical import LINES, Section, digest, row_id

COPY = "COPY (SELECT {} source_id = {} AND {} ORDER BY id {}) TO STDOUT"
Ids = Sequence[int]


def between(
    cursor: CursorWrapper, section: Section, source_id: int, after: int, through: int | None = None
) -> Iterator[bytes]:
    """The lines of the rows whose ids follow `after`, up to `through`, in the order of their ids."""
    upto = f" AND id <= {int(through)}" if through is not None else ""
    return _copied(cursor, section, source_id, f"id > {int(after)}{upto}")


def of_ids(cursor: CursorWrapper, section: Section, source_id: int, ids: Ids, lock: bool = False) -> Iterator[bytes]:
    """The lines of these rows, in the order of their ids. lock: nobody else alters them until our transaction ends."""
    if not ids:
        return iter(())
    listed = ",".join(str(int(number)) for number in ids)
    return _copied(cursor, section, source_id, f"id = ANY ('{{{listed}}}'::bigint[])", "FOR UPDATE" if lock else "")


def digests_of(
    cursor: CursorWrapper, row_key: bytes, section: Section, source_id: int, ids: Ids, lock: bool = False
) -> dict[int, bytes]:
    """{id: digest of its line} of those rows that there are."""
    return dict(_digested(row_key, of_ids(cursor, section, source_id, ids, lock)))


def digests_between(
    cursor: CursorWrapper, row_key: bytes, section: Section, source_id: int, after: int, through: int
) -> list[tuple[int, bytes]]:
    return list(_digested(row_key, between(cursor, section, source_id, after, through)))


def _digested(row_key: bytes, found: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    return ((row_id(line), digest(row_key, line)) for line in found)


def _copied(cursor: CursorWrapper, section: Section, source_id: int, which: str, lock: str = "") -> Iterator[bytes]:
    with cursor.copy(COPY.format(LINES[section], int(source_id), which, lock)) as copy:
        for line in copy:
            yield bytes(line)
