"""Patterns of people in which `*` stands for any characters, and keys as people write them. Pure."""

import json
import re
from collections.abc import Callable, Iterable
from itertools import product

import orjson

from statetrace_ui.wal.records import capped_key

STAR = "*"
MOST_KEY_PARTS = 6  # a key with more commas is taken as it is


def like(pattern: str) -> str:
    """The pattern for LIKE: `*` becomes `%`, and what LIKE would read as a pattern stands for itself."""
    return "%".join(map(literal, pattern.split(STAR)))


def literal(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def url_pattern(text: str) -> str:
    """For LIKE. Without `*`, a beginning is enough, and a part of the address if it does not begin with `/`."""
    if STAR in text:
        return like(text)
    return f"{literal(text)}%" if text.startswith("/") else f"%{literal(text)}%"


def record_keys(text: str, *masks: Callable[[str], str]) -> set[str]:
    """What a record's key may be that people write so: `68`, or `12, en` of two columns.

    masks: of the sources in which columns of keys are masked.
    """
    readings = [[text]]
    parts = text.split(", ")
    if 1 < len(parts) <= MOST_KEY_PARTS:
        readings.append(parts)
    keys = {record_key(reading) for reading in readings}
    for mask in masks:
        for reading in readings:
            keys |= {record_key(variant) for variant in product(*((part, mask(part)) for part in reading))}
    return keys


def record_key(parts: Iterable[str]) -> str:
    """As `wal.records.record_key` writes it."""
    values = list(parts)
    text = orjson.dumps(values).decode()
    return text if len(text.encode()) <= 1_000 else orjson.dumps([capped_key(value) for value in values]).decode()


def key_patterns(pattern: str) -> list[str]:
    """Patterns for LIKE of the keys, as they are stored, that people would write like this one."""
    pieces = [literal(json.dumps(piece, ensure_ascii=False)[1:-1]) for piece in pattern.split(STAR)]
    whole = "%".join(pieces)
    return [f'["{form}"]' for form in dict.fromkeys((whole, whole.replace(", ", '","')))]


def key_part_pattern(word: str) -> str:
    """A pattern for LIKE of stored keys of which one column is the word."""
    return f"%{literal(json.dumps(word, ensure_ascii=False))}%"
