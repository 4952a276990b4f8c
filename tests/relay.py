"""Another way to the embedded server: a TCP address that leads to its socket, and can go silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from replica.databases import addresses


@dataclass
class Way:
    """`url` leads to the database by TCP. After `freeze` nothing passes any more, and nothing is closed."""

    url: str
    moving: threading.Event = field(default_factory=threading.Event)

    def freeze(self) -> None:
        self.moving.clear()


@contextmanager
def relay(url: str) -> Iterator[Way]:
    """Pass on what comes to a port of 127.0.0.1 to the server of `url`, which listens on a socket."""
    folder = addresses.part_of(url, "host")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    way = Way(addresses.with_parts(url, host="127.0.0.1", port=str(port)))
    way.moving.set()
    ends: list[socket.socket] = [listener]

    def listen() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(Path(folder, ".s.PGSQL.5432")))
                ends.extend((client, server))
                for pair in ((client, server), (server, client)):
                    threads.append(threading.Thread(target=pass_on, args=pair))
                    threads[-1].start()

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                way.moving.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    threads = [threading.Thread(target=listen)]
    threads[0].start()
    yield way
    way.moving.set()
    _shut_down(listener)
    threads[0].join()  # no more ends are added
    for end in ends:
        _shut_down(end)
    for thread in threads[1:]:
        thread.join()
    for end in ends:
        end.close()


def _shut_down(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
