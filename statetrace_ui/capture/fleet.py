"""All sources of all organisations, one thread each: starts those that are new, lets go of those that are gone."""

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
GOODBYE_SECONDS = 1.5


class _CapturedSource:
    """A source that this process owns, and its thread."""

    def __init__(self, source_id: int) -> None:
        self.stop = threading.Event()
        # A daemon: whatever it waits for, the process can end at any time, as it can be killed at any time.
        self.thread = threading.Thread(
            target=keep_capturing, args=(source_id, self.stop), name=f"source-{source_id}", daemon=True
        )
        self.thread.start()


class Fleet:
    """only: the name of the sources to capture, of every organisation; empty for all."""

    def __init__(self, only: str = "") -> None:
        self._only = only
        self._captured: dict[int, _CapturedSource] = {}

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. When our own database goes away, everything starts over as soon as it is back."""
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
                locks.still_held()
                self._look(locks)
                stop.wait(LOOK_SECONDS)
        finally:
            self._let_go_of(list(self._captured.values()))
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
                locks.give_back(source_id)

    def _wanted(self) -> set[int]:
        """Sources without a URL hold replayed history: there is nothing to connect to."""
        sources = Source.objects.exclude(url="").exclude(status=Source.Status.STOPPED)
        if self._only:
            sources = sources.filter(name=self._only)
        found = set(sources.values_list("pk", flat=True))
        connection.close()
        return found

    def _let_go_of(self, all_captured: list[_CapturedSource]) -> None:
        for captured in all_captured:
            captured.stop.set()
        deadline = time.monotonic() + GOODBYE_SECONDS
        for captured in all_captured:
            captured.thread.join(max(0.0, deadline - time.monotonic()))
