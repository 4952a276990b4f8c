"""Captures one source: reads its stream, stores the changes that arrive, and acknowledges them once they are stored."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import timedelta

from django.db import connection as history_connection
from django.utils import timezone

from statetrace_ui.capture import arriving, flushing, lifecycle, recovery
from statetrace_ui.capture.continuity import ResentTransactions
from statetrace_ui.capture.figures import Meter
from statetrace_ui.capture.heartbeat import Heartbeat
from statetrace_ui.capture.reporting import RUNNING, told
from statetrace_ui.capture.rule_book import ruling_of
from statetrace_ui.capture.table_reader import Attempt
from statetrace_ui.capture.table_watch import TableWatch
from statetrace_ui.history.annotation_messages import PREFIX
from statetrace_ui.history.history_writer import Stored
from statetrace_ui.history.models import Source
from statetrace_ui.history.refusals import EraEnded, RulesChanged
from statetrace_ui.history.store import advance
from statetrace_ui.wal import records
from statetrace_ui.wal.assembler import Assembler
from statetrace_ui.wal.catalog import Describer
from statetrace_ui.wal.connection import Connection, SourceError, connect
from statetrace_ui.wal.protocol import Keepalive, RelationMessage, WalData, from_clock
from statetrace_ui.wal.stream import Stream

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.1
BUSY_FLUSH_SECONDS = 0.5
LATE = timedelta(seconds=0.5)  # from a transaction's commit until the server sent its end, by the server's clock
REPORT_SECONDS = 2.0
# An idle source's position moves on at this pace, so that it pins no WAL. Not faster: each move is a write to the
# dashboard's database, and if that is on the same server, the write produces WAL again.
IDLE_SECONDS = 10.0
# The server does not say when the publication is dropped.
CHECK_SECONDS = 5.0


def capture(source: Source, stop: threading.Event) -> None:
    """Stream until `stop` is set. Rows that were stored before an error stay stored.

    Raises SourceError; GapFound, if something is missing; RulesChanged or EraEnded, if the stream must begin anew.
    """
    if source.position == 0 and not recovery.go_on(source, stop):
        return
    with connect(source.url) as catalog:
        lifecycle.add_second_publication(catalog, source)
        with TableWatch(source.pk) as watch:
            _stream(source, catalog, watch, stop)
            while not stop.is_set():  # the stream must be opened anew
                _stream(source, catalog, watch, stop)


def _stream(source: Source, catalog: Connection, watch: TableWatch, stop: threading.Event) -> None:
    resent = ResentTransactions(source, lifecycle.check_slot(catalog, source))
    with lifecycle.open_stream(source, resent.confirmed) as stream:
        _SourceWorker(source, catalog, stream, resent, watch).run(stop)


def _describer(catalog: Connection, source: Source) -> Callable[[RelationMessage], records.Relation]:
    """Describes tables by the catalogue, and gives their columns the source's rules."""
    describe, rule = Describer(catalog), ruling_of(source)
    return lambda message: rule(describe(message))


class _SourceWorker:
    """Moves transactions from an open stream into history: collects complete ones, and stores many of them at once."""

    def __init__(
        self, source: Source, catalog: Connection, stream: Stream, resent: ResentTransactions, watch: TableWatch
    ) -> None:
        self._source = source
        self._opened_at = resent.confirmed
        self._catalog = catalog
        self._watch = watch
        self._stream = stream
        self._resent = resent
        self._meter = Meter(source.pk, source.fence, source.slot_name)
        self._assembler = Assembler(_describer(catalog, source), PREFIX if source.annotation_messages else None)
        self._batch = flushing.Batch()
        self._flush: Future[Stored] | None = None  # of the batch before, if that is under way
        self._flush_seconds = FLUSH_SECONDS
        self._report_at = 0.0
        self._advance_at = time.monotonic() + IDLE_SECONDS
        self._attempt: Attempt | None = None  # to read tables at a place in the stream
        self._delivered_lsn = source.position  # everything before it has arrived
        self._check_at = time.monotonic()
        self._heartbeat = Heartbeat(catalog)
        self._server_lsn = source.position
        # The end of the server's log when it last had nothing more to send and no transaction was unfinished here.
        self._idle_lsn = source.position

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set, or until the stream must be opened anew."""
        try:
            while not stop.is_set() and not lifecycle.must_reopen(self._source, self._opened_at):
                self._step()
            self._finish_flush()
        finally:
            if self._flush:  # nobody goes on with the source before its end
                wait([self._flush])
            if self._attempt:
                self._attempt.close()
                self._watch.done()
            arriving.forget(self._source)

    def _step(self) -> None:
        frames = self._stream.read(timeout=FLUSH_SECONDS / 2)
        for frame in frames:
            if isinstance(frame, WalData):
                self._take(frame)
            else:
                self._answer(frame)
        now = time.monotonic()
        if self._flush and (self._flush.done() or self._batch.is_full):
            self._finish_flush()
        if not self._flush:
            self._go_on(now)
        self._read_tables()

    def _go_on(self, now: float) -> None:
        """What is due between two flushes: a report, which writes the source's row as flushes do, and the next one."""
        if now >= self._report_at:
            self._report(now)
        is_old = now >= self._batch.oldest_at + self._flush_seconds
        if self._batch and (is_old or self._batch.is_full):
            self._begin_flush()

    def _take(self, frame: WalData) -> None:
        if frame.end_lsn > self._server_lsn:
            self._server_lsn = frame.end_lsn
        transaction = self._assembler.receive(frame.payload)
        if transaction is None or self._resent.take(transaction):
            return
        # While more is waiting at the server, larger flushes catch up faster.
        is_late = from_clock(frame.clock) - transaction.committed_at > LATE
        self._flush_seconds = BUSY_FLUSH_SECONDS if is_late else FLUSH_SECONDS
        self._heartbeat.heard()
        self._delivered_lsn = max(self._delivered_lsn, transaction.end_lsn)
        if self._attempt is None or self._attempt.admits(transaction):
            self._batch.add(transaction)

    def _begin_flush(self) -> None:
        """Let the batch be stored while the next one is read. No other flush may be under way."""
        self._flush, self._batch = flushing.begin(self._source, self._batch, self._meter), flushing.Batch()

    def _finish_flush(self) -> None:
        """Wait until the flush that is under way has ended, and acknowledge it. Raises what the store raised."""
        if self._flush is None:
            return
        if not self._flush.done():
            self._stream.acknowledge(self._source.position)  # the server may be waiting to hear of us
            with self._stream.keep_alive(self._source.position):
                wait([self._flush])
        flush, self._flush = self._flush, None
        stored = flush.result()
        self._meter.stored(stored.transactions, stored.changes)
        if stored.migrated:
            self._watch.migrated()
        self._stream.acknowledge(self._source.position)
        self._note_idle()

    def _store_all(self) -> None:
        """Wait until every complete transaction is stored."""
        self._finish_flush()
        if self._batch:
            self._begin_flush()
            self._finish_flush()

    def _read_tables(self) -> None:
        """Begin an attempt if the watch has work; store what it reads once the stream has reached its snapshot."""
        attempt = self._attempt
        if attempt is None:
            self._begin_attempt()
        elif attempt.is_hopeless:
            self._end_attempt(attempt)
            self._watch.failed("The tables could not be read between two transactions; they are read later.")
        elif attempt.is_due(self._delivered_lsn):
            self._store_tables(attempt)

    def _begin_attempt(self) -> None:
        work = self._watch.take_work(self._delivered_lsn)
        if work is None:
            return
        self._store_all()
        try:
            with self._stream.keep_alive(self._source.position):
                self._attempt = Attempt(self._source, work)
            self._watch.started(self._attempt)
        except SourceError as error:
            self._watch.failed(told(error)[0])

    def _store_tables(self, attempt: Attempt) -> None:
        self._store_all()
        try:
            with self._stream.keep_alive(self._source.position):
                attempt.store()
            self._end_attempt(attempt)
            self._watch.done()
        except SourceError as error:
            self._end_attempt(attempt)
            self._watch.failed(told(error)[0])
        finally:
            history_connection.close()

    def _end_attempt(self, attempt: Attempt) -> None:
        self._attempt = None
        for transaction in attempt.close():
            self._batch.add(transaction)

    def _answer(self, frame: Keepalive) -> None:
        self._server_lsn = max(self._server_lsn, frame.end_lsn)
        if frame.reply_requested:
            self._store_all()
        if not self._assembler.in_flight:
            self._resent.reached(frame.end_lsn)
            self._delivered_lsn = max(self._delivered_lsn, frame.end_lsn)
            self._note_idle()
        if frame.reply_requested:
            self._advance()

    def _note_idle(self) -> None:
        """If nothing that arrived waits to be stored, what was delivered can be acknowledged as far as it goes."""
        if not self._batch and not self._flush and not (self._attempt and self._attempt.waits):
            self._idle_lsn = max(self._idle_lsn, self._delivered_lsn)

    def _advance(self) -> None:
        self._advance_at = time.monotonic() + IDLE_SECONDS
        if not self._resent.proven:
            self._stream.acknowledge(self._resent.confirmed)
            return
        if self._idle_lsn > self._source.position:
            advance(self._source, self._idle_lsn)
        self._stream.acknowledge(self._source.position)

    def _report(self, now: float) -> None:
        """Raises Source.DoesNotExist if the source was stopped or removed in the meantime.

        Raises RulesChanged, too: a transaction that is long in coming would go on into its file under the old rules.
        Raises EraEnded if another process has declared a gap.
        """
        self._report_at = now + REPORT_SECONDS
        if now >= self._check_at:
            self._check_at = now + CHECK_SECONDS
            lifecycle.check_publication(self._catalog, self._source)
            self._meter.look(self._catalog)
        if now >= self._advance_at:
            self._advance()
        self._heartbeat.keep()
        lag_bytes = max(0, self._server_lsn - max(self._source.position, self._idle_lsn))
        updated = RUNNING.filter(pk=self._source.pk, fence=self._source.fence).update(
            status=Source.Status.STREAMING,
            error=self._watch.notices(),
            error_detail="",
            seen_at=timezone.now(),
            arriving=arriving.told(self._assembler),
            lag_bytes=lag_bytes,
        )
        self._meter.report(idle=lag_bytes == 0)
        now_in_force = Source.objects.filter(pk=self._source.pk).values_list("rules_revision", "era").first()
        history_connection.close()
        if not updated or now_in_force is None:
            raise Source.DoesNotExist
        if now_in_force[0] > self._source.rules_revision:
            raise RulesChanged(self._source)
        if now_in_force[1] != self._source.era:
            raise EraEnded(self._source)
