"""The gate by itself: what reaches the application, and what becomes of requests that do not."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from statetrace_ui.site.services import MOST_CONNECTIONS
from statetrace_ui.web import gate
from statetrace_ui.web.gate import Gate, Message

T = TypeVar("T")
SCOPE: Message = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "query_string": b"",
    "http_version": "1.1",
    "headers": [(b"content-length", b"6")],
}


class Answer:
    """A WSGI answer that notes whether it was closed."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield self.body

    def close(self) -> None:
        self.closed = True


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("content-type", "text/plain")])
    return [environ["wsgi.input"].read()]


def forwarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("content-type", "text/plain")])
    return [environ["HTTP_X_FORWARDED_FOR"].encode()]


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, in a thread: Playwright's loop may run in that of the tests."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def ask(application: Gate, *messages: Message) -> list[Message]:
    """The messages of the answer to a request that consists of these messages, and then says nothing more."""
    return run(answer(application, *messages))


async def answer(application: Gate, *messages: Message) -> list[Message]:
    waiting, sent = list(messages), []

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await application(SCOPE, receive, send)
    return sent


def body(messages: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages)


def part(content: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": content, "more_body": more}


def test_a_body_in_parts_reaches_the_application_whole() -> None:
    assert body(ask(Gate(echo, 1), part(b"abc", more=True), part(b"def", more=False))) == b"abcdef"


def test_a_header_with_underscores_is_no_header_of_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = [(b"x-forwarded-for", b"198.51.100.9"), (b"x_forwarded_for", b"203.0.113.5"), *SCOPE["headers"]]
    monkeypatch.setitem(SCOPE, "headers", headers)
    assert body(ask(Gate(forwarded, 1), part(b"", more=False))) == b"198.51.100.9"


def test_an_answer_is_closed_after_use() -> None:
    given = Answer(b"text")

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("content-length", "4")])
        return given

    assert body(ask(Gate(application, 1), part(b"", more=False))) == b"text"
    assert given.closed


def test_a_body_that_does_not_arrive_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.01)
    sent = ask(Gate(echo, 1), part(b"ab", more=True))
    assert sent[0]["status"] == 408
    assert b"Send it again." in body(sent)


def test_a_body_that_is_too_long_is_refused_at_once() -> None:
    sent = ask(Gate(echo, 1), part(b"a" * (gate.MOST_BODY_BYTES + 1), more=True))
    assert sent[0]["status"] == 413


def test_a_client_that_leaves_gets_no_answer() -> None:
    assert ask(Gate(echo, 1), part(b"ab", more=True), {"type": "http.disconnect"}) == []


def test_as_many_requests_as_threads_are_answered_at_a_time_and_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "THREAD_SECONDS", 0.01)
    go_on = threading.Event()

    def waits(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        go_on.wait(10)
        return echo(environ, start_response)

    async def three(application: Gate) -> list[Any]:
        whole = part(b"abc", more=False)
        first = [asyncio.create_task(answer(application, whole)) for _ in range(2)]
        await asyncio.sleep(0)  # both have a thread
        third = await answer(application, whole)
        go_on.set()
        return [*await asyncio.gather(*first), third]

    assert [messages[0]["status"] for messages in run(three(Gate(waits, 2)))] == [200, 200, 503]


def test_a_failing_application_gives_its_thread_back() -> None:
    def fails(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise ValueError

    async def twice(application: Gate) -> None:
        for _ in range(2):
            with pytest.raises(ValueError):
                await answer(application, part(b"", more=False))

    run(twice(Gate(fails, 1)))


def test_bodies_on_all_connections_together_do_not_fill_the_memory() -> None:
    assert gate.MOST_BODY_BYTES * MOST_CONNECTIONS <= 512 * 1024 * 1024


def test_a_site_whose_threads_are_all_busy_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise AssertionError

    monkeypatch.setitem(SCOPE, "path", gate.ALIVE)
    monkeypatch.setitem(SCOPE, "method", "GET")
    sent = ask(Gate(unreachable, 1))
    assert sent[0]["status"] == 200
    assert body(sent) == b"ok\n"
