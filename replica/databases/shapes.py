"""Which tables and columns each replica lacks, asked again and again: its owner may add and drop tables at any time."""

import time
from collections.abc import Callable, Iterable

from replica.schema.stand_ins import StandIns, stand_ins

FRESH_SECONDS = 15.0
ShapeRow = tuple[str, str | None, str | None]
_known: dict[str, tuple[float, StandIns]] = {}


def missing_of(url: str, ask: Callable[[], Iterable[ShapeRow]]) -> StandIns:
    """Stand-ins for what the replica at `url` lacks; `ask` runs `shape_statement()` there, if that is due."""
    asked_at, missing = _known.get(url, (float("-inf"), {}))
    if time.monotonic() - asked_at > FRESH_SECONDS:
        missing = stand_ins(ask())
        _known[url] = time.monotonic(), missing
    return missing


def forget(url: str) -> None:
    """Ask again before the next read: a table that was there is not any more."""
    _known.pop(url, None)
