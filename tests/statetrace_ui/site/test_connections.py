"""Nobody stops the site by holding connections: the real web server with two threads, and many who hold one open."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from statetrace_ui.demo.management.commands.record_demo import free_port, wait_for
from statetrace_ui.site import services
from statetrace_ui.web import gate

pytestmark = pytest.mark.xdist_group("site")  # one running site for all of them

THREADS = 2
SIGN_IN = "/account/login/"
CSRF = "a" * 32


@contextmanager
def site() -> Iterator[int]:
    """The dashboard under the real web server; the port."""
    port = free_port()
    # DEBUG: pages then need no collected static files.
    environment = {"WEB_THREADS": str(THREADS), "DEBUG": "yes", "DJANGO_SETTINGS_MODULE": "statetrace_ui.settings"}
    application = "statetrace_ui.asgi:application"
    service = services.web("web", application, "127.0.0.1", port, 1, **environment)
    service.start()
    assert service.process
    try:
        wait_for(f"http://127.0.0.1:{port}{SIGN_IN}")
        yield port
    finally:
        service.process.terminate()
        service.process.wait()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with site() as port:
        yield port


@pytest.fixture
def held() -> Iterator[ExitStack]:
    """Connections that stay open until the test ends."""
    with ExitStack() as stack:
        yield stack


def connect(held: ExitStack, port: int, sent: bytes) -> socket.socket:
    connection = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
    connection.sendall(sent)
    return connection


def slow_post(body: bytes, length: int) -> bytes:
    head = f"POST {SIGN_IN} HTTP/1.1\r\nHost: localhost\r\nCookie: statetrace_csrf={CSRF}\r\nContent-Length: {length}"
    return f"{head}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body


def status(port: int) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", SIGN_IN)
        return connection.getresponse().status


def first_line(connection: socket.socket) -> bytes:
    return connection.recv(4096).split(b"\r\n")[0]


def test_a_page_answers_beside_500_idle_connections_and_four_slow_bodies_for_each_thread(
    port: int, held: ExitStack
) -> None:
    get = f"GET {SIGN_IN} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    answered = [connect(held, port, get) for _ in range(200)]
    for connection in answered:
        assert first_line(connection) == b"HTTP/1.1 200 OK"
    for _ in range(200):
        connect(held, port, b"")
    for _ in range(100):
        connect(held, port, get[:20])
    for _ in range(4 * THREADS):
        connect(held, port, slow_post(b"ab", length=1000))
    assert status(port) == 200


def test_static_files_carry_the_policy(port: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/static/js/site.js")
        answer = connection.getresponse()
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_body_that_is_too_long_is_refused_before_all_of_it_has_arrived(port: int, held: ExitStack) -> None:
    connection = connect(held, port, slow_post(b"a" * (gate.MOST_BODY_BYTES + 1), length=10 * gate.MOST_BODY_BYTES))
    assert first_line(connection) == b"HTTP/1.1 413 Payload Too Large"


def test_a_connection_that_says_nothing_is_closed(held: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "IDLE_SECONDS", 1)
    with site() as port:
        connection = connect(held, port, b"")
        assert connection.recv(4096) == b""
