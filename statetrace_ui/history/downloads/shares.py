"""How many downloads an organisation may have under way in one web process: each holds a thread and a connection."""

import threading
from collections import Counter
from collections.abc import Iterator

from statetrace_ui.web.errors import UserError

MOST = 2
_under_way: Counter[int] = Counter()
_lock = threading.Lock()


class Held:
    """The parts of a download, of which one of the organisation's is under way until it is closed.

    A generator would not do: one that is closed before it has begun runs nothing of what ends it.
    """

    def __init__(self, organisation_id: int) -> None:
        """Raises UserError if enough are under way."""
        self._organisation_id = organisation_id
        self._parts: Iterator[bytes] = iter(())
        self._closed = False
        with _lock:
            if _under_way[organisation_id] >= MOST:
                raise UserError(
                    f"{MOST} downloads of your organisation are under way.",
                    "Wait until one of them is done, or end it.",
                    status=503,
                )
            _under_way[organisation_id] += 1

    def of(self, parts: Iterator[bytes]) -> "Held":
        self._parts = parts
        return self

    def __iter__(self) -> "Held":
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        with _lock:
            if self._closed:
                return
            self._closed = True
            _under_way[self._organisation_id] -= 1
        if close := getattr(self._parts, "close", None):
            close()
