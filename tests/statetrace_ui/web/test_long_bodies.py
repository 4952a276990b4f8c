"""Long bodies at the gate: from whom they come, how long they may be, and how many at once."""

import asyncio
import json
import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from statetrace_ui.web import gate, long_bodies
from statetrace_ui.web.gate import Gate
from statetrace_ui.web.long_bodies import LongBodies, Message
from tests.statetrace_ui.web.test_gate import SCOPE, body, echo, part, receiving, run

LONG = b"a" * (gate.MOST_BODY_BYTES + 1)
FILES: Message = {**SCOPE, "path": "/files", "headers": [(b"authorization", b"Bearer good")]}


def takes_files(method: str, path: str) -> bool:
    return (method, path) == ("POST", "/files")


def let_in(headers: dict[str, str]) -> bool:
    return headers.get("authorization") == "Bearer good"


def site(most_bytes: int = 1 << 20, at_once: int = 1, application: Any = echo) -> Gate:
    return Gate(application, 2, long_bodies=LongBodies(takes_files, let_in, most_bytes, at_once), problems="/files")


async def send(application: Gate, scope: Message, *messages: Message) -> list[Message]:
    sent = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await application(scope, receiving(*messages), keep)
    return sent


def ask(application: Gate, scope: Message, *messages: Message) -> list[Message]:
    return run(send(application, scope, *messages))


def test_a_long_body_reaches_the_application_whole() -> None:
    assert body(ask(site(), FILES, part(LONG, more=True), part(b"b", more=False))) == LONG + b"b"


@pytest.mark.parametrize("change", [{"path": "/other"}, {"method": "PUT"}, {"headers": []}])
def test_only_where_it_is_taken_from_who_may_send_it(change: dict[str, Any]) -> None:
    sent = ask(site(), {**FILES, **change}, part(LONG, more=True))
    assert sent[0]["status"] == 413


def test_it_may_be_so_long_and_no_longer() -> None:
    sent = ask(site(most_bytes=len(LONG)), FILES, part(LONG, more=True), part(b"b", more=True))
    assert sent[0]["status"] == 413
    assert dict(sent[0]["headers"])[b"content-type"] == b"application/problem+json"
    assert json.loads(body(sent))["status"] == 413


def test_one_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_bodies, "SECONDS", 0.01)
    assert ask(site(), FILES, part(LONG, more=True))[0]["status"] == 408


def test_a_client_that_leaves_gets_no_answer_and_makes_room() -> None:
    application = site()
    assert ask(application, FILES, part(LONG, more=True), {"type": "http.disconnect"}) == []
    assert body(ask(application, FILES, part(LONG, more=False))) == LONG


def test_so_many_come_at_a_time() -> None:
    go_on = threading.Event()

    def waits(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        go_on.wait(20)
        return echo(environ, start_response)

    async def two() -> list[list[Message]]:
        application = site(application=waits)
        first = asyncio.create_task(send(application, FILES, part(b"a", more=False)))
        while application._long_bodies and application._long_bodies._free:
            await asyncio.sleep(0.001)
        second = await send(application, FILES, part(b"b", more=False))
        go_on.set()
        return [await first, second]

    first, second = run(two())
    assert (first[0]["status"], second[0]["status"]) == (200, 503)
