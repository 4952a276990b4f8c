"""Captures all sources of all organisations, one thread each: starts new sources, and stops those that were removed."""

import logging
import threading
import time

import psycopg
from django.db import DatabaseError, connection

from statetrace_ui.capture.locks import SourceLocks
from statetrace_ui.capture.worker import keep_capturing
from statetrace_ui.history.models import Source

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
STOP_SECONDS = 1.5


class _CapturedSource:
    """A source that this process owns, and its thread."""

    def __init__(self, source_id: int) -> None:
        self.stop = threading.Event()
        # A daemon, because the process must be able to end while the thread waits. Nothing is lost, as after a kill.
        self.thread = threading.Thread(
            target=keep_capturing, args=(source_id, self.stop), name=f"source-{source_id}", daemon=True
        )
        self.thread.start()


class Fleet:
    """All captured sources of this process. only: capture sources of this name only; '' for all."""

    def __init__(self, only: str = "") -> None:
        self._only = only
        self._captured: dict[int, _CapturedSource] = {}

    def run(self, stop: threading.Event) -> None:
        """Capture until `stop` is set. If the dashboard's own database fails, start again once it is back."""
        while not stop.is_set():
            try:
                self._run_with_locks(stop)
            except (psycopg.Error, DatabaseError) as error:
                logger.error("The dashboard's own database cannot be reached; trying again: %s", error)
                connection.close()
                stop.wait(2)

    def _run_with_locks(self, stop: threading.Event) -> None:
        locks = SourceLocks()
        try:
            while not stop.is_set():
                locks.check()
                self._look(locks)
                stop.wait(LOOK_SECONDS)
        finally:
            _stop_all(list(self._captured.values()))
            self._captured.clear()
            locks.close()

    def _look(self, locks: SourceLocks) -> None:
        wanted = self._wanted()
        for source_id in wanted - self._captured.keys():
            if locks.take(source_id):
                self._captured[source_id] = _CapturedSource(source_id)
        for source_id, captured in list(self._captured.items()):
            if source_id not in wanted:
                captured.stop.set()
            if not captured.thread.is_alive():
                del self._captured[source_id]
                locks.release(source_id)

    def _wanted(self) -> set[int]:
        """The ids of the sources to capture. A source without a URL has no database to connect to."""
        sources = Source.objects.exclude(url="").exclude(status=Source.Status.STOPPED)
        if self._only:
            sources = sources.filter(name=self._only)
        ids = set(sources.values_list("pk", flat=True))
        connection.close()
        return ids


def _stop_all(captured_sources: list[_CapturedSource]) -> None:
    for captured in captured_sources:
        captured.stop.set()
    deadline = time.monotonic() + STOP_SECONDS
    for captured in captured_sources:
        captured.thread.join(max(0.0, deadline - time.monotonic()))
