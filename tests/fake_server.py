"""A server that speaks just enough of PostgreSQL's protocol to lie: it asks for passwords, lets in, or goes silent."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
READY = b"Z" + struct.pack("!i", 5) + b"I"
Ask = Callable[["Visitor"], None]


class Visitor:
    """One client: the server's end of its connection."""

    def __init__(self, connection: socket.socket, server: "FakeServer") -> None:
        self.connection, self.server = connection, server

    def answer(self, ask: Ask) -> None:
        """Refuse encryption, read what the client wants, then do as `ask` says."""
        with suppress(OSError, struct.error):
            code = self._startup()
            while code in (SSL_REQUEST, GSS_REQUEST):
                self.connection.sendall(b"N")
                code = self._startup()
            ask(self)
            self.connection.shutdown(socket.SHUT_RDWR)

    def send(self, kind: bytes, body: bytes) -> None:
        self.connection.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def read(self) -> tuple[bytes, bytes]:
        """One message of the client: its kind and its body."""
        kind = self._exactly(1)
        return kind, self._exactly(struct.unpack("!i", self._exactly(4))[0] - 4)

    def let_in(self) -> None:
        self.send(b"R", struct.pack("!i", 0))
        for name, value in (("server_version", "18.4"), ("client_encoding", "UTF8"), ("TimeZone", "UTC")):
            self.send(b"S", f"{name}\0{value}\0".encode())
        self.send(b"K", struct.pack("!ii", 1, 1))
        self.connection.sendall(READY)

    def _startup(self) -> int:
        body = self._exactly(struct.unpack("!i", self._exactly(4))[0] - 4)
        self.server.startups.append(body)
        return int(struct.unpack("!i", body[:4])[0])

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.connection.recv(count - len(data))
            if not more:
                raise OSError("the client is gone")
            data += more
        return data


def ask_in_clear(visitor: Visitor) -> None:
    visitor.send(b"R", struct.pack("!i", 3))
    visitor.server.heard.append(visitor.read()[1].rstrip(b"\0").decode())


def ask_for_md5(visitor: Visitor) -> None:
    visitor.send(b"R", struct.pack("!i", 5) + b"salt")
    visitor.server.heard.append(visitor.read()[1].rstrip(b"\0").decode())


def ask_for_nothing(visitor: Visitor) -> None:
    visitor.let_in()
    visitor.server.heard.append("let in without a password")
    visitor.read()


def say_nothing(visitor: Visitor) -> None:
    """Never answer, and keep the connection."""
    visitor.server.silent.set()
    visitor.server.ended.wait()


class FakeServer:
    """Listens on 127.0.0.1. `heard`: what clients gave away; `startups`: what they asked for."""

    def __init__(self, ask: Ask) -> None:
        self.heard: list[str] = []
        self.startups: list[bytes] = []
        self.silent, self.ended = threading.Event(), threading.Event()
        self._ask = ask
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for one in (self._listener, *self._connections):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self._threads.append(threading.Thread(target=Visitor(connection, self).answer, args=[self._ask]))
                self._threads[-1].start()


@contextmanager
def fake_server(ask: Ask) -> Iterator[FakeServer]:
    with FakeServer(ask) as server:
        yield server
