"""The replication stream of one slot: it receives frames and sends acknowledgements."""

import select
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import psycopg
from psycopg import sql
from psycopg.pq import DiagnosticField, ExecStatus

from statetrace_ui.wal.connection import SlotLost, SourceError, connect_for_replication, first_line, readable_errors
from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.wal.protocol import Frame, decode_frame, encode_status

MOST_FRAMES = 1_000
FIRST_WITH_PIECES = 140000
# A server drops a client that is silent for wal_sender_timeout, by default a minute.
ALIVE_SECONDS = 5.0
# The errors for a slot that was removed, and for one that was invalidated.
SLOT_LOST_ERRORS = (psycopg.errors.UndefinedObject, psycopg.errors.ObjectNotInPrerequisiteState)


class Stream:
    """An open stream that begins at the LSN `start`. Close it, or use it in a `with` statement.

    messages: whether the server sends logical messages, too: those of everybody who may write them, of any size. They
    exclude `streaming`: in pieces of a transaction a message has the transaction's id and not its subtransaction's, so
    nobody could tell that it was rolled back with a savepoint.

    Raises SlotLost if the slot cannot send what comes after `start`, SourceError if anything else fails.
    """

    def __init__(self, url: str, slot: str, publications: Sequence[str], start: int, messages: bool = False) -> None:
        self._connection = connect_for_replication(url)
        self._ended: SourceError | None = None
        try:
            self._start(slot, publications, start, messages)
        except BaseException:
            self.close()
            raise
        self._wire = self._connection.pgconn

    def _start(self, slot: str, publications: Sequence[str], start: int, messages: bool) -> None:
        names = ",".join(f'"{name}"' for name in publications)
        # In pieces, so that a large transaction neither waits at the server's disk for its end nor comes all at once.
        # Not with messages: they would not say which savepoint they belong to, and stay when it is rolled back.
        in_pieces = not messages and self._connection.info.server_version >= FIRST_WITH_PIECES
        version = "proto_version '2', streaming 'on'" if in_pieces else "proto_version '1'"
        options = sql.SQL("{}, publication_names {}").format(sql.SQL(version), sql.Literal(names))
        if messages:
            options += sql.SQL(", messages 'true'")
        command = sql.SQL("START_REPLICATION SLOT {} LOGICAL {} ({})").format(
            sql.Identifier(slot), sql.SQL(format_lsn(start)), options
        )
        with readable_errors("The replication stream does not start"):
            if self._connection.info.parameter_status("server_encoding") == "SQL_ASCII":
                # Else the server would end the stream at the first byte that is no UTF-8.
                self._connection.execute("SET client_encoding TO 'SQL_ASCII'")
            try:
                self._connection.execute(command)
            except SLOT_LOST_ERRORS as error:
                raise SlotLost("The server does not serve the slot.", str(error.diag.message_primary)) from error

    def read(self, timeout: float) -> list[Frame]:
        """The frames that have arrived, at most MOST_FRAMES; an empty list if none arrives within `timeout` seconds."""
        with readable_errors("The replication stream broke off"):
            frames = self._arrived_frames()
            if not frames:
                self._wait(timeout)
                frames = self._arrived_frames()
        return frames

    def _arrived_frames(self) -> list[Frame]:
        """Raises SourceError at the end of the stream, but only after all frames before the end were returned."""
        frames: list[Frame] = []
        while self._ended is None and len(frames) < MOST_FRAMES:
            length, data = self._wire.get_copy_data(1)
            if length > 0:
                frames.append(decode_frame(data))
            elif length < 0:
                # libpq says so once, and the server's reason with it.
                self._ended = self._why_ended()
            else:
                break
        if self._ended and not frames:
            raise self._ended
        return frames

    def acknowledge(self, lsn: int) -> None:
        """Tell the server that everything before `lsn` is stored. The server then never sends it again."""
        with readable_errors("The replication stream broke off"):
            self._wire.put_copy_data(encode_status(lsn, datetime.now(UTC)))
            # The server does not read while its send buffer is full: both ends wait until we read what it sends.
            while self._wire.flush() == 1:
                self._wait(1, writable=True)

    @contextmanager
    def keep_alive(self, lsn: int) -> Iterator[None]:
        """Repeat the acknowledgement of `lsn` from a thread, so that the server does not drop a client that is busy.

        The code inside the `with` must not use the stream.
        """
        done = threading.Event()

        def repeat() -> None:
            with suppress(SourceError):  # the next read() raises it again
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

    def _why_ended(self) -> SourceError:
        result = self._wire.get_result()
        if result and result.status == ExecStatus.FATAL_ERROR:
            message = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or result.error_message
            return SourceError("The server ended the replication stream.", first_line(message.decode(errors="replace")))
        return SourceError("The server ended the replication stream; capture connects again.")
