"""The store's writer of changes. It writes chunks, so that memory stays bounded however large a transaction is."""

from collections.abc import Iterable, Iterator

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history import partitions
from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.history.lines import COPY_CHANGES, change_line
from statetrace_ui.history.relation_writer import Place, RelationWriter
from statetrace_ui.history.transaction_writer import Draft
from statetrace_ui.wal import records

CHUNK_ROWS = 5_000
CHUNK_CHARACTERS = 50_000_000
PIECE_CHARACTERS = 1_000_000

NEW_IDS = "SELECT nextval('history_change_ids') FROM generate_series(1, %s)"


# A change with its transaction.
PlacedChange = tuple[Draft, records.Change]


def chunks(placed_changes: Iterable[PlacedChange]) -> Iterator[list[PlacedChange]]:
    """The changes in lists that are written at once: many small rows or few large ones."""
    chunk: list[PlacedChange] = []
    characters = 0
    for placed in placed_changes:
        chunk.append(placed)
        characters += placed[1].characters
        if len(chunk) >= CHUNK_ROWS or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


class ChangeWriter:
    def __init__(self, cursor: CursorWrapper, source_id: int, chain: ChainWriter) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._chain = chain
        self._relations = RelationWriter(cursor, source_id, chain)

    def write(self, chunk: list[PlacedChange]) -> None:
        """Write the changes with new ids in their order, and note in their drafts which these are."""
        places = self._relations.places([change.relation for _, change in chunk])
        ids = self._new_ids(len(chunk))
        self._ensure_partitions(chunk, ids)
        written: list[bytes] = []
        with self._cursor.copy(COPY_CHANGES) as copy:
            for lines in _pieces(self._lines(chunk, places, ids)):
                piece = [line.encode() for line in lines]
                copy.write(b"".join(piece))
                written += piece
        self._cover(chunk, written)

    def _cover(self, chunk: list[PlacedChange], written: list[bytes]) -> None:
        """Let the chain cover the lines, each in its branch."""
        baseline = [line for (_, change), line in zip(chunk, written, strict=True) if change.kind == "B"]
        if len(baseline) < len(written):
            stream = [line for (_, change), line in zip(chunk, written, strict=True) if change.kind != "B"]
            self._chain.add_changes(stream)
        self._chain.add_changes(baseline, baseline=True)

    def _lines(self, chunk: list[PlacedChange], places: list[Place], ids: list[int]) -> Iterator[str]:
        for (draft, change), place, number in zip(chunk, places, ids, strict=True):
            draft.number(number)
            yield change_line(f"{number}\t{self._source_id}\t{draft.id}\t", *place, change)

    def _new_ids(self, count: int) -> list[int]:
        self._cursor.execute(NEW_IDS, [count])
        return [number for (number,) in self._cursor.fetchall()]

    def _ensure_partitions(self, chunk: list[PlacedChange], ids: list[int]) -> None:
        baseline = [number for (_, change), number in zip(chunk, ids, strict=True) if change.kind == "B"]
        partitions.ensure(self._cursor, "stream", ids[0], ids[-1])
        if baseline:
            partitions.ensure(self._cursor, "baseline", baseline[0], baseline[-1])


def _pieces(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines in lists that are sent at once."""
    piece: list[str] = []
    characters = 0
    for line in lines:
        piece.append(line)
        characters += len(line)
        if characters >= PIECE_CHARACTERS:
            yield piece
            piece, characters = [], 0
    if piece:
        yield piece
