"""Takes values out of JSON that anybody may have written: a value has the wanted type, or one sentence refuses it."""

import math
import re
from datetime import UTC, datetime
from typing import Any

import orjson

from replica.importing.bundle import LARGEST, ImportFailed

BOM = b"\xef\xbb\xbf"
# One of these stands before each value, and a value takes up to 75 bytes beside its text. 200 MiB of a browser's trace
# have 30 million of them; the smallest values have as many in 60 MiB.
SIGNS, MOST_SIGNS = b",:[{", 32_000_000
NUMERIC = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,3})?")


def json_value(content: bytes) -> Any:
    """The value of a JSON text. The parser itself refuses deep nesting, NaN, Infinity and invalid UTF-8.

    It holds the whole text. A streaming parser (ijson) would not, but keeps the path to each value: 40 kB of nothing
    but opening brackets make it take 1 GB.
    """
    _check_signs(content)
    try:
        return orjson.loads(content.removeprefix(BOM))
    except orjson.JSONDecodeError as error:
        raise ImportFailed(f"this is not valid JSON: {error}") from None


def _check_signs(content: bytes) -> None:
    """Bounds the memory that the values will take, before the first of them is made."""
    count = 0
    for sign in SIGNS:
        count += content.count(sign)
        if count > MOST_SIGNS:
            raise ImportFailed(
                f"the file holds more than {MOST_SIGNS:,} values, which is the most that is imported: "
                "record for a shorter time, or less of it"
            )


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


def number_or_digits(value: object, name: str) -> float:
    """A number; also one that is written as text, as some recorders do."""
    if isinstance(value, str) and NUMERIC.fullmatch(value):
        return number(int(value) if value.lstrip("-").isdecimal() else float(value), name)
    return number(value, name)


def whole(value: object, name: str) -> int:
    """A number as an integer, rounded down."""
    return math.floor(number(value, name))


def whole_or_digits(value: object, name: str) -> int:
    return math.floor(number_or_digits(value, name))


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
