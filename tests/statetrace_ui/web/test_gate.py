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
from statetrace_ui.web.gate import Gate
from statetrace_ui.web.long_bodies import Message, Receive

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
    sent = []

    async def send(message: Message) -> None:
        sent.append(message)

    await application(SCOPE, receiving(*messages), send)
    return sent


def receiving(*messages: Message) -> Receive:
    """What receives these messages, and then nothing more."""
    waiting = list(messages)

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return receive


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


class Streamed:
    """A WSGI answer that is made while it is sent: `parts` and then, if there is one, a failure."""

    streaming = True

    def __init__(self, *parts: bytes, failure: Exception | None = None) -> None:
        self._parts = iter(parts)
        self._failure = failure
        self.made: list[bytes] = []
        self.threads: set[str] = set()
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self.threads.add(threading.current_thread().name)
            self.made.append(part)
            yield part
        if self._failure:
            raise self._failure

    def close(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.closed += 1

    def __call__(self, _: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("content-type", "application/zip")])
        return self


WHOLE = part(b"", more=False)


def test_a_streamed_answer_is_sent_part_by_part_from_one_thread() -> None:
    given = Streamed(b"a", b"b")
    sent = ask(Gate(given, 1), WHOLE)
    assert [(message["body"], message.get("more_body", False)) for message in sent[1:]] == [
        (b"a", True),
        (b"b", True),
        (b"", False),
    ]
    assert given.closed == 1
    [thread] = given.threads
    assert thread.startswith("stream")


def test_a_part_is_made_when_the_one_before_it_is_taken() -> None:
    given = Streamed(b"a", b"b", b"c")
    seen: list[int] = []

    async def send(message: Message) -> None:
        seen.append(len(given.made))

    async def asked() -> None:
        await Gate(given, 1)(SCOPE, receiving(WHOLE), send)

    run(asked())
    assert seen == [0, 1, 2, 3, 3]


def test_a_streamed_answer_that_fails_has_no_end() -> None:
    sent: list[Message] = []

    async def asked() -> None:
        async def send(message: Message) -> None:
            sent.append(message)

        await Gate(Streamed(b"a", failure=OSError("gone")), 1)(SCOPE, receiving(WHOLE), send)

    with pytest.raises(OSError, match="gone"):
        run(asked())
    assert [message.get("more_body") for message in sent] == [None, True]


def test_whoever_takes_nothing_is_cut_off_and_the_answer_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "TAKE_SECONDS", 0.01)
    given = Streamed(b"a", b"b")

    async def asked() -> None:
        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                await asyncio.Event().wait()

        await Gate(given, 1)(SCOPE, receiving(WHOLE), send)

    with pytest.raises(TimeoutError):
        run(asked())
    assert (given.made, given.closed) == ([b"a"], 1)


def test_nothing_more_is_made_for_a_client_that_has_left() -> None:
    given = Streamed(*[b"a"] * 1000)
    assert len(ask(Gate(given, 1), WHOLE, {"type": "http.disconnect"})) < 1000
    assert given.closed == 1


def test_as_many_answers_are_streamed_at_a_time_as_are_allowed() -> None:
    first, second = Streamed(b"a"), Streamed(b"b")
    takes = asyncio.Event()

    async def both(application: Gate) -> tuple[int, int]:
        async def send(message: Message) -> None:
            started.set()
            await takes.wait()

        started = asyncio.Event()
        slow = asyncio.create_task(application(SCOPE, receiving(WHOLE), send))
        await started.wait()
        refused = await answer(application, WHOLE)
        takes.set()
        await slow
        return refused[0]["status"], (await answer(application, WHOLE))[0]["status"]

    applications = iter((first, second, Streamed(b"c")))
    application = Gate(lambda environ, start: next(applications)(environ, start), 2, streams=1)
    assert run(both(application)) == (503, 200)
    assert (second.made, second.closed) == ([], 1)


def test_a_file_is_sent_whole_with_its_length() -> None:
    class File(Streamed):
        def __call__(self, _: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            start_response("200 OK", [("content-length", "2")])
            return self

    sent = ask(Gate(File(b"a", b"b"), 1, streams=0), WHOLE)
    assert [message.get("body") for message in sent] == [None, b"ab"]
