"""Reads bodies as JSON that every program understands alike, and that the databases can store.

Refused, with a sentence, is what programs read differently (a name twice, NaN, numbers beyond all measure), and what
PostgreSQL's text cannot hold (NUL, halves of surrogate pairs).
"""

import json
import math
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from statetrace_ui.api.problems import Problem

MOST_DIGITS = 300


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise Problem(415, "The body should be JSON: send `Content-Type: application/json`.")
        return parse(request.body)


def parse(body: bytes) -> Any:
    """Raises Problem (422)."""
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_int=_whole,
            parse_float=_float,
        )
        _check_texts(value)
    except UnicodeDecodeError:
        _refuse("it is not UTF-8")
    except RecursionError:
        _refuse("it is nested too deeply")
    except json.JSONDecodeError as error:
        _refuse(f"{error.msg}, at character {error.pos}")
    return value


def storable(text: str) -> bool:
    """Whether PostgreSQL's text can hold it."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        _refuse("an object has a name twice")
    return value


def _no_number(name: str) -> NoReturn:
    _refuse(f"{name} is no number of JSON")


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        _refuse("a number is too long")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse("a number is too large")
    return value


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        if not storable(value):
            _refuse("a text has a NUL, or half of a character")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_texts(name)
            _check_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_texts(inner)


def _refuse(why: str) -> NoReturn:
    raise Problem(422, f"This body is not understood: {why}.")
