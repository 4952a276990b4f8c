"""The replication stream of one slot: frames in, acknowledgements out."""

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import psycopg
from psycopg import sql
from psycopg.pq import ExecStatus

from statetrace_ui.wal.connection import CaptureError, SlotLost, connect_for_replication, readable_errors
from statetrace_ui.wal.protocol import Frame, decode_frame, encode_status, lsn_text

MOST_FRAMES = 1_000
# Servers give up on a client that is silent for wal_sender_timeout, a minute unless they are told otherwise.
ALIVE_SECONDS = 5.0
# What the server says of a slot that is gone for good: it was removed, or it was invalidated.
LOST = (psycopg.errors.UndefinedObject, psycopg.errors.ObjectNotInPrerequisiteState)


class Stream:
    """An open stream from `start` (an LSN) on. Close it, or use it in a `with` statement.

    Raises SlotLost where the slot cannot send what comes after `start`, CaptureError for everything else.
    """

    def __init__(self, url: str, slot: str, publication: str, start: int) -> None:
        self._connection = connect_for_replication(url)
        try:
            self._start(slot, publication, start)
        except BaseException:
            self.close()
            raise
        self._wire = self._connection.pgconn

    def _start(self, slot: str, publication: str, start: int) -> None:
        command = sql.SQL("START_REPLICATION SLOT {} LOGICAL {} (proto_version '1', publication_names {})").format(
            sql.Identifier(slot), sql.SQL(lsn_text(start)), sql.Literal(f'"{publication}"')
        )
        with readable_errors("The replication stream does not start"):
            try:
                self._connection.execute(command)
            except LOST as error:
                raise SlotLost(str(error.diag.message_primary)) from error

    def read(self, timeout: float) -> list[Frame]:
        """The frames that are there, at most MOST_FRAMES; none when none came within `timeout` seconds."""
        with readable_errors("The replication stream broke off"):
            frames = list(self._waiting())
            if not frames:
                self._wait(timeout)
                frames = list(self._waiting())
        return frames

    def _waiting(self) -> Iterator[Frame]:
        """What has arrived already. An end of the stream is raised once all that came before it was handed on."""
        for number in range(MOST_FRAMES):
            length, data = self._wire.get_copy_data(1)
            if length < 0 and number == 0:
                raise CaptureError(self._why_ended())
            if length <= 0:
                return
            yield decode_frame(data)

    def acknowledge(self, lsn: int) -> None:
        """Tell the server that everything before `lsn` is stored: it will never be sent again."""
        with readable_errors("The replication stream broke off"):
            self._wire.put_copy_data(encode_status(lsn, datetime.now(UTC)))
            # While its own send buffer is full the server does not read: only taking in what it sends frees both ends.
            while self._wire.flush() == 1:
                self._wait(1, writable=True)

    @contextmanager
    def kept_alive(self, lsn: int) -> Iterator[None]:
        """Repeats the acknowledgement of `lsn` while nothing is read, or the server would take us for dead.

        A thread sends it; whoever is inside the `with` must leave the stream alone.
        """
        done = threading.Event()

        def repeat() -> None:
            with suppress(CaptureError):  # a stream that broke off says so when it is next read
                while not done.wait(ALIVE_SECONDS):
                    self.acknowledge(lsn)

        thread = threading.Thread(target=repeat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait(self, timeout: float, writable: bool = False) -> None:
        poll = select.poll()  # select() knows no descriptors above 1,023
        poll.register(self._wire.socket, select.POLLIN | (select.POLLOUT if writable else 0))
        if any(events & ~select.POLLOUT for _, events in poll.poll(timeout * 1_000)):
            self._wire.consume_input()

    def _why_ended(self) -> str:
        result = self._wire.get_result()
        if result and result.status == ExecStatus.FATAL_ERROR:
            said = result.error_message.decode(errors="replace").strip()
            return f"The server ended the replication stream: {said.splitlines()[0]}"
        return "The server ended the replication stream; capture connects again."
