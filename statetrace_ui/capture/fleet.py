"""Captures sources of all organisations, one thread each, and shares them with other capture processes.

A process takes sources up to its fair share, and gives up what others should have (`sharing`). Each source is captured
by one process at a time: a lock says which one, and a fence refuses what another one still writes (`processes`).
"""

import logging
import threading
import time
from collections.abc import Iterable
from contextlib import suppress

import psycopg
from django.db import DatabaseError, connection

from statetrace_ui.capture.keeping import Hold, keep_capturing
from statetrace_ui.capture.processes import Membership, TakenForDead
from statetrace_ui.capture.sharing import plan

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
PAUSE_SECONDS = 2.0  # after the dashboard's own database could not be reached
STOP_SECONDS = 1.5


class _CapturedSource:
    """A source that this process owns, and its thread."""

    def __init__(self, hold: Hold) -> None:
        self.stop = threading.Event()
        # A daemon, because the process must be able to end while the thread waits. Nothing is lost, as after a kill.
        self.thread = threading.Thread(
            target=keep_capturing, args=(hold, self.stop), name=f"source-{hold.source_id}", daemon=True
        )
        self.thread.start()


class Fleet:
    """All captured sources of this process. names: capture sources of these names only; none: of all."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(names)
        self._captured: dict[int, _CapturedSource] = {}

    def run(self, stop: threading.Event) -> None:
        """Capture until `stop` is set. If the dashboard's own database fails, start again once it is back."""
        while not stop.is_set():
            try:
                self._run_as_member(stop)
            except TakenForDead as error:
                logger.warning("%s", error)
            except (psycopg.Error, DatabaseError) as error:
                logger.error("The dashboard's own database cannot be reached; trying again: %s", error)
                connection.close()
                stop.wait(PAUSE_SECONDS)

    def _run_as_member(self, stop: threading.Event) -> None:
        member = Membership(self._names)
        try:
            while not stop.is_set():
                self._look(member)
                stop.wait(LOOK_SECONDS)
            self._stop_all()
            member.leave()
        finally:
            self._stop_all()
            member.close()

    def _look(self, member: Membership) -> None:
        processes, sources = member.look()
        planned = plan(member.key, processes, sources)
        wanted = {source.id for source in sources} - set(planned.leave)
        for source_id, captured in list(self._captured.items()):
            if source_id not in wanted:
                captured.stop.set()
            if not captured.thread.is_alive():
                with suppress(psycopg.errors.LockNotAvailable):  # the next look tries again
                    member.locks.release(source_id, member.key)
                    del self._captured[source_id]
        taken = 0
        for source_id in planned.take:
            if taken < planned.room and source_id not in self._captured:
                taken += self._take(member, source_id)

    def _take(self, member: Membership, source_id: int) -> bool:
        """Capture the source, if nobody else holds its lock."""
        if not member.locks.take(source_id):
            return False
        try:
            fenced = member.locks.fence(source_id, member.key)
        except psycopg.errors.LockNotAvailable:  # somebody is changing the source; the next look tries again
            fenced = None
        if fenced is None:
            member.locks.release(source_id)
            return False
        self._captured[source_id] = _CapturedSource(Hold(source_id, *fenced))
        return True

    def _stop_all(self) -> None:
        for captured in self._captured.values():
            captured.stop.set()
        deadline = time.monotonic() + STOP_SECONDS
        for captured in self._captured.values():
            captured.thread.join(max(0.0, deadline - time.monotonic()))
        self._captured.clear()
