"""Takes values out of JSON that anybody may have written: a value has the wanted type, or one sentence refuses it."""

import math
from datetime import UTC, datetime
from typing import Any

import orjson

from replica.importing.bundle import LARGEST, ImportFailed

BOM = b"\xef\xbb\xbf"


def json_value(content: bytes) -> Any:
    """The value of a JSON text. The parser itself refuses deep nesting, NaN, Infinity and invalid UTF-8.

    It holds the whole text. A streaming parser (ijson) would not, but keeps the path to each value: 40 kB of nothing
    but opening brackets make it take 1 GB.
    """
    try:
        return orjson.loads(content.removeprefix(BOM))
    except orjson.JSONDecodeError as error:
        raise ImportFailed(f"this is not valid JSON: {error}") from None


def an_object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ImportFailed(f"{name} should be an object, but is {_shown(value)}")
    return value


def a_list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ImportFailed(f"{name} should be a list, but is {_shown(value)}")
    return value


def number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ImportFailed(f"{name} should be a number, but is {_shown(value)}")
    if abs(value) > LARGEST:
        raise ImportFailed(f"{name} is {value:g}, which is too large to be true")
    return value


def whole(value: object, name: str) -> int:
    """A number as an integer, rounded down."""
    return math.floor(number(value, name))


def text(value: object, default: str = "") -> str:
    """The value if it is text, else `default`."""
    return value if isinstance(value, str) else default


def moment(value: object, name: str) -> datetime:
    """An ISO 8601 time with or without a zone (UTC then), between 1970 and 2199."""
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or not 1970 <= parsed.year < 2200:
        raise ImportFailed(f"{name} should be a time such as 2026-01-31T12:00:00Z, but is {_shown(value)}")
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)


def _shown(value: object) -> str:
    shown = {dict: "an object", list: "a list", type(None): "missing"}.get(type(value))
    return shown or f"“{str(value)[:40]}”"
