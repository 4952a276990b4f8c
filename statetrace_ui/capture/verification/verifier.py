"""Compares the tables of a source with its history: a few tables at a time share one snapshot of the source."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from statetrace_ui.capture.rule_book import masker_of, ruling_of
from statetrace_ui.capture.table_work import MOST_BYTES, publications
from statetrace_ui.capture.verification import waiting
from statetrace_ui.capture.verification.comparison import Compared, Difference, TableComparison
from statetrace_ui.capture.verification.mender import TableMender
from statetrace_ui.capture.verification.shared_snapshot import Seen, SharedSnapshot
from statetrace_ui.capture.verification.source_rows import SourceRows
from statetrace_ui.history.models import Source
from statetrace_ui.history.present.horizon import Horizon, horizon
from statetrace_ui.history.present.rows import PresentRows
from statetrace_ui.wal.connection import SourceError, connect, readable_errors
from statetrace_ui.wal.records import Ruling
from statetrace_ui.wal.shapes import Shape, published_shapes

# A table that is altered while it is compared is compared again, so many times in all.
ATTEMPTS = 3
LOOK_SECONDS = 0.5
ALTERED = "It was altered, rewritten or truncated while it was compared."
NOT_KNOWN = "Capture has still to read it, since it was altered, rewritten or published a moment ago."
LOCKED = "Somebody held a lock on it, or waited for one, as an ALTER TABLE does."
RULES_CHANGED = "The column rules of the source were changed, or something was erased, in the meantime."
GONE = "It is not captured any more."
Names = Sequence[tuple[str, str]]


@dataclass
class TableResult:
    """What came of one table. reason: why it was not compared, in a sentence; detail: the server's own words.

    lsn: the position of the log at which it was compared. unknown: columns that cannot be compared, since rules exclude
    them. mended: how many rows were corrected. erasures_revision: of the source when the comparison began.
    """

    table: tuple[str, str]
    rows: int = 0
    lsn: int = 0
    erasures_revision: int = 0
    differences: list[Difference] = field(default_factory=list)
    found: int = 0
    more: bool = False
    erased: int = 0
    mended: int = 0
    unknown: list[str] = field(default_factory=list)
    reason: str = ""
    detail: str = ""


class NoSuchTable(SourceError):
    """A table that was named is not captured."""


class Verifier:
    """names: of the tables to compare, all if there are none. report: told of progress, in rows of the present table.

    No row is written at the source, and no replication slot is made.
    """

    def __init__(
        self,
        source: Source,
        names: Names = (),
        mends: bool = False,
        report: Callable[[str], None] = lambda _: None,
        stop: threading.Event | None = None,
    ) -> None:
        self._source, self._mends, self._report = source, mends, report
        self._names = list(names)
        self._pause = (stop or threading.Event()).wait
        self.tables = 0  # how many there are to compare, once `results` has begun

    def results(self) -> Iterator[TableResult]:
        """Of each table in turn. Raises SourceError if the source or its history cannot be looked at."""
        if not self._source.has_database:
            raise SourceError(f"No database is connected to {self._source}: there is nothing to compare with.")
        shapes = self._wanted()
        self.tables = len(shapes)
        for batch in _batches(shapes):
            yield from self._persistently(batch)

    def _persistently(self, batch: list[Shape]) -> Iterator[TableResult]:
        """Results of all tables of the batch; what was altered meanwhile is tried again under a new snapshot."""
        for attempt in range(1, ATTEMPTS + 1):
            again: list[Shape] = []
            for shape, result in self._compare(batch):
                if result.reason in (ALTERED, NOT_KNOWN, LOCKED, RULES_CHANGED) and attempt < ATTEMPTS:
                    again.append(shape)
                elif result.reason != GONE or self._names:
                    yield result
            if not again:
                return
            batch = again

    def _compare(self, batch: list[Shape]) -> Iterator[tuple[Shape, TableResult]]:
        source = self._source
        batch = self._settled(batch)
        ruling, revisions = ruling_of(source), _revisions(source)
        with SharedSnapshot(source.url, batch, publications(source), ruling) as snapshot:
            moment = snapshot.moment
            waiting.wait_for_history(source, moment.lsn, self._pause)
            until = horizon(source.pk, source.era, moment.since, moment.lsn, moment.visible)
            for shape in batch:
                seen = snapshot.tables.get(shape.oid)
                result = TableResult(shape.table, lsn=moment.lsn, erasures_revision=revisions[1])
                if shape in snapshot.locked:
                    result.reason = LOCKED
                elif seen is None or seen.shape.table != shape.table:
                    result.reason = GONE
                elif not waiting.is_known(source, seen.shape):
                    result.reason = NOT_KNOWN
                else:
                    self._compare_table(snapshot, seen, until, result, revisions)
                yield shape, result

    def _compare_table(
        self, snapshot: SharedSnapshot, seen: Seen, until: Horizon, result: TableResult, revisions: tuple[int, int]
    ) -> None:
        shape, relation = seen.shape, seen.shape.relation
        result.unknown = sorted(relation.excluded)
        source_rows = SourceRows(
            snapshot, shape, self._pause, lambda rows: self._report(f"{shape.name}: {rows:,} rows so far")
        )
        history_rows = PresentRows(self._source.pk, relation, until, masker_of(self._source))
        mender = TableMender(self._source, relation, until, snapshot.moment.read_at) if self._mends else None
        try:
            mend = mender.take if mender else None
            compared = TableComparison(relation, source_rows, history_rows, history_rows.is_replaced, mend).run()
        except SourceError as error:
            # A table that was altered cannot be read as it was.
            result.reason, result.detail = error.sentence, error.detail
            if not snapshot.is_unaltered(shape.oid):
                result.reason, result.detail = ALTERED, ""
            return
        self._source.refresh_from_db()
        if not snapshot.is_unaltered(shape.oid):
            result.reason = ALTERED
        elif _revisions(self._source) != revisions:
            result.reason = RULES_CHANGED
        else:
            _take(result, compared)
            if mender:
                result.mended = mender.store()

    def _wanted(self) -> list[Shape]:
        """The captured tables with the names that were given. The annotation table's rows are no rows of history."""
        shapes = self._captured()
        if not self._names:
            return shapes
        missing = [name for name in self._names if name not in {shape.table for shape in shapes}]
        if missing:
            words = ", ".join(".".join(name) for name in missing)
            raise NoSuchTable(f"{self._source} has no captured table {words}. Look for its name on the source's page.")
        return [shape for shape in shapes if shape.table in self._names]

    def _captured(self) -> list[Shape]:
        with connect(self._source.url) as connection, readable_errors("The tables cannot be listed"):
            shapes = published_shapes(connection, publications(self._source), self._ruling())
        annotations = (self._source.annotation_schema, self._source.annotation_table)
        return [shape for shape in shapes if shape.table != annotations]

    def _ruling(self) -> Ruling:
        self._source.refresh_from_db()
        return ruling_of(self._source)

    def _settled(self, batch: list[Shape]) -> list[Shape]:
        """The tables as they are now, once history knows them so, or as they are after some time."""
        deadline = time.monotonic() + waiting.PATIENCE_SECONDS
        while True:
            batch = self._as_they_are_now(batch)
            if all(waiting.is_known(self._source, shape) for shape in batch) or time.monotonic() > deadline:
                return batch
            self._pause(LOOK_SECONDS)

    def _as_they_are_now(self, shapes: list[Shape]) -> list[Shape]:
        now = {shape.oid: shape for shape in self._captured()}
        return [now.get(shape.oid, shape) for shape in shapes]


def _revisions(source: Source) -> tuple[int, int]:
    return source.rules_revision, source.erasures_revision


def _take(result: TableResult, compared: Compared) -> None:
    result.rows, result.found, result.erased = compared.rows, compared.found, compared.erased
    result.differences, result.more = compared.differences, compared.more


def _batches(shapes: list[Shape]) -> Iterator[list[Shape]]:
    """Small tables share a snapshot; a large one has its own, so that none is kept for long."""
    batch: list[Shape] = []
    size = 0
    for shape in sorted(shapes, key=lambda shape: (shape.size, shape.table)):
        if batch and size + shape.size > MOST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(shape)
        size += shape.size
    if batch:
        yield batch
