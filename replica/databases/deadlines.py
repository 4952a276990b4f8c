"""Deadlines on our own side: a server that accepts a connection and then says nothing must not hold a thread.

`statement_timeout` is the server's promise, and keepalives are answered by its kernel.
"""

import contextlib
import os
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from statetrace_ui import deadlines

STATEMENT_SECONDS = 30
GRACE_SECONDS = 5
# A socket of ours is found by its TCP_USER_TIMEOUT (ms): no two live connections have the same.
FIRST_MARK, MARKS = 30_000, 100_000
_numbers = count()


class DeadlineConnection(deadlines.DeadlineConnection):
    """One to a replica, whose pages need an answer soon."""

    deadline: float = STATEMENT_SECONDS + GRACE_SECONDS
    is_foreign = False  # whether its server was asked which database it is, and it is none of ours


@contextmanager
def socket_deadline(seconds: float) -> Iterator[int]:
    """Yields a `tcp_user_timeout` to connect with. The socket that has it is shut down after so many seconds.

    For a driver that waits in C and does not tell which socket is its own. Sockets of this machine's own server have
    no such option, and no deadline.
    """
    mark = FIRST_MARK + next(_numbers) % MARKS
    timer = threading.Timer(seconds, _shut_down, [mark])
    timer.daemon = True
    timer.start()
    try:
        yield mark
    finally:
        timer.cancel()


def _shut_down(mark: int) -> None:
    """End the connection of the socket with the mark, whichever thread waits for it."""
    for entry in Path("/dev/fd").iterdir():
        with contextlib.suppress(OSError):
            copy = os.dup(int(entry.name))  # a copy cannot become another file meanwhile
            try:
                _shut_down_if(copy, mark)
            finally:
                os.close(copy)


def _shut_down_if(descriptor: int, mark: int) -> None:
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return
    one = socket.socket(fileno=descriptor)
    try:
        if _mark(one) == mark:
            one.shutdown(socket.SHUT_RDWR)
    finally:
        one.detach()


def _mark(one: socket.socket) -> int | None:
    if one.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    return one.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
