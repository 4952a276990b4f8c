"""Taking values out of JSON that anybody may have written: the wanted type, or one clear sentence."""

import math
from datetime import UTC, datetime
from typing import Any

import orjson

from replica.importing.bundle import LARGEST, ImportFailed


def json_value(content: bytes) -> Any:
    """What the JSON text says. Deep nesting, NaN, Infinity and invalid UTF-8 are refused by the parser itself."""
    try:
        return orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise ImportFailed(f"this is not valid JSON: {error}") from None


def an_object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ImportFailed(f"{what} should be an object, but is {_shown(value)}")
    return value


def a_list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ImportFailed(f"{what} should be a list, but is {_shown(value)}")
    return value


def number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ImportFailed(f"{what} should be a number, but is {_shown(value)}")
    if abs(value) > LARGEST:
        raise ImportFailed(f"{what} is {value:g}, which is too large to be true")
    return value


def whole(value: object, what: str) -> int:
    """A number as an integer, rounded down."""
    return math.floor(number(value, what))


def text(value: object, default: str = "") -> str:
    """A text, or `default` for anything that is none."""
    return value if isinstance(value, str) else default


def moment(value: object, what: str) -> datetime:
    """An ISO 8601 time with or without a zone (UTC then), between 1970 and 2199."""
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or not 1970 <= parsed.year < 2200:
        raise ImportFailed(f"{what} should be a time such as 2026-01-31T12:00:00Z, but is {_shown(value)}")
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)


def _shown(value: object) -> str:
    shown = {dict: "an object", list: "a list", type(None): "missing"}.get(type(value))
    return shown or f"“{str(value)[:40]}”"
