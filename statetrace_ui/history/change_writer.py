"""The store's writer of changes. It writes chunks, so that memory stays bounded however large a transaction is."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history import partitions
from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.history.relation_writer import Place, RelationWriter
from statetrace_ui.history.transaction_writer import Draft
from statetrace_ui.wal.lines import NULL
from statetrace_ui.wal.records import Relation

CHUNK_ROWS = 20_000
CHUNK_BYTES = 20_000_000
PIECE_BYTES = 500_000
BASELINE = ord("B")

# The columns behind the first five are those of `wal/lines.py`.
COPY_CHANGES = """
COPY history_change (id, source_id, transaction_id, relation_id, table_id, kind, baseline, record_key, old_record_key,
                     old, new, old_absent, new_absent, cut) FROM STDIN
"""
# Others may take ids at the same time; then there are some between ours, which is told.
NEW_IDS = """
SELECT min(id), max(id), CASE WHEN max(id) - min(id) + 1 <> count(*) THEN array_agg(id ORDER BY id) END
FROM (SELECT nextval('history_change_ids') AS id FROM generate_series(1, %s)) AS taken
"""


class PlacedRun(NamedTuple):
    """Neighbouring changes of one relation, as lines of `wal/lines.py`, with their transaction."""

    draft: Draft
    relation: Relation
    lines: list[bytes]


def chunks(runs: Iterable[PlacedRun]) -> Iterator[list[PlacedRun]]:
    """The runs in lists that are written at once: many small rows or few large ones."""
    chunk: list[PlacedRun] = []
    rows = size = 0
    for run in runs:
        chunk.append(run)
        rows += len(run.lines)
        size += sum(map(len, run.lines))
        if rows >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield chunk
            chunk, rows, size = [], 0, 0
    if chunk:
        yield chunk


class ChangeWriter:
    def __init__(self, cursor: CursorWrapper, source_id: int, chain: ChainWriter) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._chain = chain
        self._relations = RelationWriter(cursor, source_id, chain)

    def write(self, chunk: list[PlacedRun]) -> None:
        """Write the changes with new ids in their order, and note in their drafts which these are."""
        places = self._relations.places([run.relation for run in chunk])
        ids = self._new_ids(sum(len(run.lines) for run in chunk))
        self._ensure_partitions(chunk, ids)
        written: list[bytes] = []
        with self._cursor.copy(COPY_CHANGES) as copy:
            for lines in self._pieces(chunk, places, ids):
                copy.write(b"".join(lines))
                written += lines
        self._cover(chunk, written)

    def _cover(self, chunk: list[PlacedRun], written: list[bytes]) -> None:
        """Let the chain cover the lines, each in its branch."""
        if not _has_baseline(chunk):
            self._chain.add_changes(written)
            return
        kinds = [line[0] for run in chunk for line in run.lines]
        of_baseline = [line for line, kind in zip(written, kinds, strict=True) if kind == BASELINE]
        self._chain.add_changes([line for line, kind in zip(written, kinds, strict=True) if kind != BASELINE])
        self._chain.add_changes(of_baseline, baseline=True)

    def _pieces(self, chunk: list[PlacedRun], places: list[Place], ids: Sequence[int]) -> Iterator[list[bytes]]:
        """The complete lines in lists that are sent at once."""
        piece: list[bytes] = []
        size = 0
        numbers = iter(ids)
        for run, place in zip(chunk, places, strict=True):
            lines = self._complete(run, place, list(islice(numbers, len(run.lines))))
            piece += lines
            size += sum(map(len, lines))
            if size >= PIECE_BYTES:
                yield piece
                piece, size = [], 0
        if piece:
            yield piece

    def _complete(self, run: PlacedRun, place: Place, ids: list[int]) -> list[bytes]:
        """The lines as COPY takes them and as it would write them back."""
        run.draft.number(ids[0], ids[-1])
        for kind in {line[:1] for line in run.lines}:
            run.draft.kinds[place.table_id, kind.decode()] += sum(line[:1] == kind for line in run.lines)
        relation, table = map(_number, place)
        rest = b"\t%d\t%d\t%b\t%b\t" % (self._source_id, run.draft.id, relation, table)
        return [b"%d%b%b" % (number, rest, line) for number, line in zip(ids, run.lines, strict=True)]

    def _new_ids(self, count: int) -> Sequence[int]:
        self._cursor.execute(NEW_IDS, [count])
        first, last, scattered = self._cursor.fetchone()
        return scattered or range(first, last + 1)

    def _ensure_partitions(self, chunk: list[PlacedRun], ids: Sequence[int]) -> None:
        """Rows of baselines lie in partitions of their own."""
        partitions.ensure(self._cursor, "stream", ids[0], ids[-1])
        if _has_baseline(chunk):
            partitions.ensure(self._cursor, "baseline", ids[0], ids[-1])


def _has_baseline(chunk: list[PlacedRun]) -> bool:
    """Whether rows of a baseline are among them; no commit has any."""
    others = (run for run in chunk if run.draft.transaction.kind != "commit")
    return any(line[0] == BASELINE for run in others for line in run.lines)


def _number(value: int | None) -> bytes:
    return NULL if value is None else b"%d" % value
