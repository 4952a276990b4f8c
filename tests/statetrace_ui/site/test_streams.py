"""Downloads through the real web server: whole, cut short, and to a client that does not take them."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from statetrace_ui.demo.management.commands.record_demo import free_port, wait_for
from statetrace_ui.site import services
from tests.statetrace_ui.site.streaming_site.asgi import PART
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = free_port()
    service = services.web("web", "tests.statetrace_ui.site.streaming_site.asgi:application", "127.0.0.1", port, 1)
    service.start()
    assert service.process
    try:
        wait_for(f"http://127.0.0.1:{port}/made")
        yield port
    finally:
        service.process.terminate()
        service.process.wait()


def get(port: int, path: str) -> bytes:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.read()


def test_a_download_arrives_whole(port: int) -> None:
    assert get(port, "/whole") == PART * 10


def test_a_download_that_fails_is_noticed_by_whoever_gets_it(port: int) -> None:
    with pytest.raises(http.client.IncompleteRead):
        get(port, "/fails")


def test_no_more_is_made_than_a_client_takes_and_others_go_on_when_it_leaves(port: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as slow:
        slow.sendall(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: int(get(port, "/made")) > 10)
        wait_until(lambda: get(port, "/made") == get(port, "/made"))
        assert int(get(port, "/made")) * len(PART) < 64_000_000  # what the system's buffers take
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as refused:
            refused.request("GET", "/whole")
            assert refused.getresponse().status == 503
    wait_until(lambda: status(port, "/whole") == 200)


def status(port: int, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status
