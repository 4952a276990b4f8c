"""Lets requests in: a request takes a thread when all of it has arrived, and gives it back before its answer is sent.

A WSGI server reads a body in the thread that answers, so as many slow senders as it has threads stop a site. Here an
event loop receives requests and sends answers; threads never wait for a client. Neither Django nor a database is known.

An answer that says it is `streaming` is made while it is sent, in a thread beside those that answer requests. Its next
part is made when the client has taken the one before. If it fails, or the client takes nothing for too long, the
connection ends without the last part, which clients notice.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http import HTTPStatus
from io import BytesIO
from typing import Any, BinaryIO
from wsgiref.types import WSGIApplication, WSGIEnvironment

from asgiref.wsgi import WsgiToAsgiInstance

from statetrace_ui.web.long_bodies import ClientLeft, LongBodies, Message, Receive, Refused

Send = Callable[[Message], Awaitable[None]]

# Forms are sent to this site, and none is half as long. Bodies wait in memory, one for each connection, and anybody may
# send them, but for `LongBodies`. Django's own limit (DATA_UPLOAD_MAX_MEMORY_SIZE) is twenty times as high, which would
# fill it.
MOST_BODY_BYTES = 131_072
BODY_SECONDS = 20.0
THREAD_SECONDS = 20.0
# Whoever takes none of a streamed answer for so long is cut off: only some are made at a time.
TAKE_SECONDS = 60.0
# That the process lives is said without a thread: a busy site is not a dead one.
ALIVE = "/healthz"
ADAPTER: Any = WsgiToAsgiInstance  # has no annotations
# The message that begins an answer, and its body as bytes; of one that is to be streamed, the WSGI answer itself.
Answer = tuple[Message, Any]


class Gate:
    """An ASGI application that answers by a WSGI application, at most `threads` requests at a time.

    streams: how many answers may be streamed at a time. problems: below which paths programs are told what is wrong, by
    problem details of RFC 9457.
    """

    def __init__(
        self,
        application: WSGIApplication,
        threads: int,
        streams: int = 1,
        long_bodies: LongBodies | None = None,
        problems: str | None = None,
    ) -> None:
        self._application = application
        self._long_bodies, self._problems = long_bodies, problems
        self._free = asyncio.Semaphore(threads)
        self._streams = streams
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            start, body = await self._answered(scope, receive)
        except ClientLeft:
            return
        except Refused as refusal:
            start, body = self._refusal(scope, refusal)
        if isinstance(body, bytes):
            await send(start)
            await send({"type": "http.response.body", "body": body})
        else:
            await self._stream(start, body, receive, send)

    async def _answered(self, scope: Message, receive: Receive) -> Answer:
        if (scope.get("path"), scope.get("method")) == (ALIVE, "GET"):
            return _plain(200, "ok")
        async with self._arriving(scope, receive) as body:
            return await self._answer(scope, body)

    @asynccontextmanager
    async def _arriving(self, scope: Message, receive: Receive) -> AsyncIterator[BinaryIO]:
        """The request's body. A long one comes only from who may send it: it is not read before that is known."""
        long = self._long_bodies
        if long and long.may_come(scope) and await self._in_thread(long.is_let_in, scope):
            async with long.arriving(receive) as body:
                yield body
        else:
            yield BytesIO(await _body_in_time(receive))

    def _refusal(self, scope: Message, refusal: Refused) -> Answer:
        # The connection closes: what is still to come of the request is not read.
        headers = ((b"connection", b"close"), (b"retry-after", b"5"))
        if self._problems and scope.get("path", "").startswith(self._problems):
            return _problem(refusal, *headers)
        return _plain(refusal.status, refusal.sentence, *headers)

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """What the call returns, in a thread of those that answer requests. Raises Refused if none becomes free."""
        await self._wait_for_thread()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)
        finally:
            self._free.release()

    async def _wait_for_thread(self) -> None:
        try:
            await asyncio.wait_for(self._free.acquire(), THREAD_SECONDS)
        except TimeoutError:
            raise Refused(503, "The site is busy. Try again in a moment.") from None

    async def _stream(self, start: Message, body: Any, receive: Receive, send: Send) -> None:
        """Send the parts of a WSGI answer as they are made, all in one thread: connections to databases are a thread's.

        Raises whatever keeps the answer from being complete; the server then cuts the connection.
        """
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, thread_name_prefix="stream")
        left = asyncio.ensure_future(_left(receive))
        try:
            await send(start)
            parts = iter(body)
            while not left.done() and (part := await loop.run_in_executor(thread, next, parts, None)) is not None:
                message = {"type": "http.response.body", "body": part, "more_body": True}
                await asyncio.wait_for(send(message), TAKE_SECONDS)
            if not left.done():
                await send({"type": "http.response.body", "body": b""})
        finally:
            left.cancel()
            try:
                await loop.run_in_executor(thread, body.close)
            finally:
                thread.shutdown(wait=False)
                self._streams += 1

    async def _answer(self, scope: Message, body: BinaryIO) -> Answer:
        """The application's answer. Raises Refused if no thread becomes free in time, or too much is streamed."""
        environ = _environ(scope, body)
        await self._wait_for_thread()
        loop = asyncio.get_running_loop()
        try:
            start, answer = await loop.run_in_executor(self._threads, _called, self._application, environ)
            if isinstance(answer, bytes):
                return start, answer
            if not self._streams:
                await loop.run_in_executor(self._threads, answer.close)
                raise Refused(503, "Too many downloads are under way. Try again in a moment.")
            self._streams -= 1
            return start, answer
        finally:
            self._free.release()


async def _body_in_time(receive: Receive) -> bytes:
    try:
        return await asyncio.wait_for(_body(receive), BODY_SECONDS)
    except TimeoutError:
        raise Refused(408, f"The request did not arrive within {BODY_SECONDS:.0f} seconds. Send it again.") from None


async def _body(receive: Receive) -> bytes:
    """The whole body. Raises ClientLeft, or Refused as soon as it is longer than allowed."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BODY_BYTES:
            raise Refused(413, f"The request is longer than {MOST_BODY_BYTES} bytes, the most that this site takes.")
    return bytes(body)


async def _left(receive: Receive) -> None:
    """Returns when the client closes the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _plain(status: int, sentence: str, *more: tuple[bytes, bytes]) -> tuple[Message, bytes]:
    """An answer of ours as plain text. more: further headers."""
    return _whole(status, f"{sentence}\n".encode(), b"text/plain; charset=utf-8", *more)


def _problem(refusal: Refused, *more: tuple[bytes, bytes]) -> tuple[Message, bytes]:
    title = HTTPStatus(refusal.status).phrase
    told = {"type": "about:blank", "title": title, "status": refusal.status, "detail": refusal.sentence}
    return _whole(refusal.status, json.dumps(told).encode(), b"application/problem+json", *more)


def _whole(status: int, body: bytes, kind: bytes, *more: tuple[bytes, bytes]) -> tuple[Message, bytes]:
    headers = [(b"content-type", kind), (b"cache-control", b"no-store"), *more]
    headers.append((b"content-length", str(len(body)).encode()))
    return {"type": "http.response.start", "status": status, "headers": headers}, body


def _environ(scope: Message, body: BinaryIO) -> WSGIEnvironment:
    adapter = ADAPTER(None)
    # WSGI writes X_Forwarded_For as it writes X-Forwarded-For: a client would pass for the proxy that is trusted.
    adapter.scope = {**scope, "headers": [header for header in scope.get("headers", []) if b"_" not in header[0]]}
    try:
        environ: WSGIEnvironment = adapter.build_environ(scope, body)
    except ValueError:
        raise Refused(400, "The request repeats a header too often.") from None
    return environ


def _called(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """The application's answer. It is closed after use: Django then gives connections back.

    One that is to be streamed is left open. Files say that, too, but also their length: they are taken whole.
    """
    start: Message = {"type": "http.response.start"}

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        start["status"] = int(status.split(" ", 1)[0])
        start["headers"] = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _no_write

    response = application(environ, start_response)
    if getattr(response, "streaming", False) and not any(name == b"content-length" for name, _ in start["headers"]):
        return start, response
    try:
        body = b"".join(response)
    finally:
        if hasattr(response, "close"):
            response.close()
    return start, body


def _no_write(_: bytes) -> object:
    raise NotImplementedError("Answers are what the application returns.")
