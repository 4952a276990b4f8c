"""Long bodies, such as files: a few addresses take them, from whoever may send them, some at a time, onto the disk."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
IN_MEMORY = 1 << 20  # bytes of a body that wait in memory before the disk is used
SECONDS = 600.0


class Refused(Exception):
    """The request is not answered by the application. status: of HTTP; sentence: for people."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class ClientLeft(Exception):
    """The client closed the connection before its request had arrived."""


@dataclass
class LongBodies:
    """takes: whether an address, by method and path, takes a long body. let_in: whether who sends these headers may
    send one; it may wait for a database. most_bytes: of one. at_once: of all senders.
    """

    takes: Callable[[str, str], bool]
    let_in: Callable[[dict[str, str]], bool]
    most_bytes: int
    at_once: int = 4
    _free: int = field(init=False)

    def __post_init__(self) -> None:
        self._free = self.at_once

    def may_come(self, scope: Message) -> bool:
        return self.takes(scope.get("method", ""), scope.get("path", ""))

    def is_let_in(self, scope: Message) -> bool:
        headers = scope.get("headers", [])
        return self.let_in({name.decode("latin-1"): value.decode("latin-1") for name, value in headers})

    @asynccontextmanager
    async def arriving(self, receive: Receive) -> AsyncIterator[BinaryIO]:
        """The body, as long as it is needed. Raises ClientLeft, or Refused."""
        if not self._free:
            raise Refused(503, "Too many long requests are under way. Try again in a moment.")
        self._free -= 1
        try:
            with tempfile.SpooledTemporaryFile(IN_MEMORY) as kept:
                async with asyncio.timeout(SECONDS):
                    await self._keep(receive, kept)
                kept.seek(0)
                yield kept  # type: ignore[misc] # it has all that a BinaryIO has
        except TimeoutError:
            raise Refused(408, f"The request did not arrive within {SECONDS:.0f} seconds. Send it again.") from None
        finally:
            self._free += 1

    async def _keep(self, receive: Receive, kept: Any) -> None:
        more, length = True, 0
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientLeft
            part = message.get("body", b"")
            more, length = message.get("more_body", False), length + len(part)
            if length > self.most_bytes:
                raise Refused(413, f"The request is longer than {self.most_bytes} bytes, the most that is taken here.")
            kept.write(part)
