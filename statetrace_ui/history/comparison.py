"""Compares two values of a field within: JSON place by place, arrays by element, long texts by word. Pure.

Users of the audited application choose the values, so each page has a limit to what it spends on them (`Effort`).
"""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

DEEPEST = 50  # levels of JSON that are compared by path
MOST_PATHS = 500  # of one value
LONG_TEXT = 60  # characters; shorter texts are shown one after the other
MOST_TOKENS = 300  # of each text, between its common beginning and its common end
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class PathChange:
    """A difference within a JSON value or an array. old, new: None if missing.

    path: e.g. `items[0].price`, and `[1]` for an array's first element, as SQL counts. Values are compact JSON, and
    elements stand as they do in the array's text: `NULL` is none, `"NULL"` a text.
    """

    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    changed: bool


@dataclass
class Effort:
    """What a page may still spend. characters: of JSON that is parsed; pairs: of words that are compared."""

    characters: int = 400_000
    pairs: int = 400_000

    def spend(self, characters: int = 0, pairs: int = 0) -> bool:
        """Whether there was enough left."""
        enough = characters <= self.characters and pairs <= self.pairs
        if enough:
            self.characters -= characters
            self.pairs -= pairs
        return enough


# JSON


class Number(str):
    """A JSON number as text, so that comparing and showing it does not round."""

    __slots__ = ()


MISSING: Any = object()


def json_changes(old: str, new: str, effort: Effort) -> list[PathChange]:
    """At most MOST_PATHS places where two JSON texts differ.

    None if a text cannot be parsed, or the effort is spent: the page then shows both texts.
    """
    if not effort.spend(characters=len(old) + len(new)):
        return []
    try:
        before, after = (json.loads(text, parse_int=Number, parse_float=Number) for text in (old, new))
        return list(islice(_compare_json(before, after, "", 0), MOST_PATHS))
    except (ValueError, RecursionError):
        return []


def _compare_json(old: Any, new: Any, path: str, depth: int) -> Iterator[PathChange]:
    if depth < DEEPEST and isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _compare_json(old.get(key, MISSING), new.get(key, MISSING), _member(path, key), depth + 1)
    elif depth < DEEPEST and isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (items[index] if index < len(items) else MISSING for items in (old, new))
            yield from _compare_json(before, after, f"{path}[{index}]", depth + 1)
    elif (old_text := _text(old)) != (new_text := _text(new)):
        yield PathChange(path or "(whole value)", old_text, new_text)


def _member(path: str, key: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def _text(value: Any) -> str | None:
    """Compact JSON, with numbers as they were written; None for MISSING."""
    if value is MISSING:
        return None
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(str(_text(item)) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


# Arrays

ARRAY = re.compile(r"(?:\[(-?\d+):-?\d+\](?:\[-?\d+:-?\d+\])*=)?(?=\{)", re.ASCII)  # the bounds that it may begin with
ARRAY_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{},]|[^{},"]+|"', re.DOTALL)


def array_changes(old: str, new: str, effort: Effort) -> list[PathChange]:
    """At most MOST_PATHS elements in which two arrays, as PostgreSQL writes them, differ; inner arrays as a whole.

    An element that was put in or taken out moves the others, which then count as the same. None if a text is no array,
    or the effort is spent.
    """
    if not effort.spend(characters=len(old) + len(new)):
        return []
    before, after = _elements(old), _elements(new)
    if before is None or after is None:
        return []
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    runs = _runs(before[start : len(before) - end], after[start : len(after) - end], effort)
    return list(islice(_array_changes(runs, _first_place(new) + start), MOST_PATHS))


def _array_changes(runs: Sequence["Run"], place: int) -> Iterator[PathChange]:
    """place: of the first element in the array after. One that is gone is said to be where the next one is now."""
    for kind, gone, come in runs:
        if kind != "equal":
            for number, (one, other) in enumerate(zip_longest(gone, come), start=place):
                yield PathChange(f"[{number}]", one, other)
        place += len(come)


def _first_place(text: str) -> int:
    bounds = ARRAY.match(text)
    return int(bounds[1] or 1) if bounds else 1


def _elements(text: str) -> list[str] | None:
    """The elements as they are written; None for a text that is no array."""
    bounds = ARRAY.match(text)
    if not bounds:
        return None
    begin, depth, closed = bounds.end() + 1, 0, False
    elements = []
    for token in ARRAY_TOKEN.finditer(text, bounds.end()):
        mark = token[0]
        if mark == '"' or closed:
            return None
        depth += (mark == "{") - (mark == "}")
        closed = depth == 0
        if closed or (depth == 1 and mark == ","):
            elements.append(text[begin : token.start()])
            begin = token.end()
    if not closed:
        return None
    return [] if elements == [""] else elements


# Long texts


def words(old: str, new: str, effort: Effort) -> tuple[list[Word], list[Word]]:
    """Two long texts as runs of words, each run shared or changed; empty lists for short texts and for spent effort.

    What lies between the common beginning and the common end is compared word by word if it is short, else it is one
    changed run.
    """
    if max(len(old), len(new)) <= LONG_TEXT or not effort.spend(characters=len(old) + len(new)):
        return [], []
    before, after = TOKEN.findall(old), TOKEN.findall(new)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    middle = before[start : len(before) - end], after[start : len(after) - end]
    runs = _runs(*middle, effort)
    if start + end == 0 and not any(kind == "equal" for kind, _, _ in runs):
        return [], []  # nothing in common: the page shows one text after the other
    shared = (
        ("equal", before[:start], before[:start]),
        ("equal", before[len(before) - end :], after[len(after) - end :]),
    )
    whole = [shared[0], *runs, shared[1]]
    return _side([(kind, old) for kind, old, _ in whole]), _side([(kind, new) for kind, _, new in whole])


def _common(before: Sequence[str], after: Sequence[str]) -> int:
    """How many tokens both begin with."""
    pairs = zip(before, after, strict=False)
    return next((n for n, (old, new) in enumerate(pairs) if old != new), min(len(before), len(after)))


Run = tuple[str, list[str], list[str]]


def _runs(before: list[str], after: list[str], effort: Effort) -> list[Run]:
    if max(len(before), len(after)) > MOST_TOKENS or not effort.spend(pairs=len(before) * len(after)):
        return [("replace", before, after)]
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    if matcher.quick_ratio() < 0.3:
        return [("replace", before, after)]
    return [(kind, before[i:j], after[k:n]) for kind, i, j, k, n in matcher.get_opcodes()]


def _side(runs: list[tuple[str, list[str]]]) -> list[Word]:
    return [Word("".join(tokens), kind != "equal") for kind, tokens in runs if tokens]
