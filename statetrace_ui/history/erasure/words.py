"""Finds the words of an erasure in any text that history keeps, and takes them out. Pure.

A word may stand in a text of its own, in a JSON document, in an address or in a page: each writes it differently. It
counts only as a whole: `ann@example.com` does not stand in `joann@example.com`.
"""

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

from statetrace_ui.wal.records import capped_key

REPLACEMENT = "(erased)"
# A shorter word, or a number, stands in too many texts that are about something else.
LEAST_CHARACTERS, LEAST_DIGITS = 6, 8
# Before a word: no letter or digit, unless that is the end of an escape of an address or of JSON.
BEFORE = r"(?:(?<!\w)|(?<=%[0-9a-fA-F]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4}))"
AFTER = r"(?!\w)"
# A text that was cut shows so by its end; a word may have been cut with it.
CUT_MARK = "…"
LEAST_BEGINNING = 5


def is_telling(word: str) -> bool:
    """Whether the word can be looked for within texts: it is no short one and no small number."""
    return len(word) >= (LEAST_DIGITS if word.isdecimal() else LEAST_CHARACTERS)


class Words:
    """words: texts as people write them. Those that are not telling are left out."""

    def __init__(self, words: Iterable[str]) -> None:
        self.telling = tuple(dict.fromkeys(word for word in words if is_telling(word)))

    def __bool__(self) -> bool:
        return bool(self.telling)

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """Every way in which one of the words may be written, the longest first."""
        found = {spelling for word in self.telling for spelling in _spellings(word)}
        return tuple(sorted(found, key=lambda spelling: (-len(spelling), spelling)))

    @cached_property
    def likes(self) -> list[str]:
        """Patterns for ILIKE ANY: a superset of the texts in which a word stands."""
        cased = {form for spelling in self.spellings for form in _cases(spelling)}
        whole = {f"%{like_escaped(form)}%" for form in cased}
        return sorted(whole | {f"%{like_escaped(form[:LEAST_BEGINNING])}%{CUT_MARK}%" for form in cased})

    def occur(self, text: str) -> bool:
        return bool(self) and bool(self._pattern.search(text) or (CUT_MARK in text and self._cut.search(text)))

    def without(self, text: str) -> str:
        """The text with REPLACEMENT in place of each word."""
        if not self:
            return text
        replaced = self._pattern.sub(REPLACEMENT, text)
        return self._cut.sub(REPLACEMENT + CUT_MARK, replaced) if CUT_MARK in replaced else replaced

    def without_in(self, value: Any) -> Any:
        """A JSON value with the words replaced in all its texts, names of members too."""
        if isinstance(value, str):
            return self.without(value)
        if isinstance(value, list):
            return [self.without_in(item) for item in value]
        if isinstance(value, dict):
            return {self.without(name): self.without_in(item) for name, item in value.items()}
        return REPLACEMENT if isinstance(value, int | float) and self.occur(str(value)) else value

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        any_of = (_begun(spelling) + (AFTER if _is_letter(spelling[-1]) else "") for spelling in self.spellings)
        return re.compile("|".join(any_of), re.IGNORECASE)

    @cached_property
    def _cut(self) -> re.Pattern[str]:
        """The beginning of a word at the end of a text that was cut."""
        beginnings = sorted(
            {spelling[:end] for spelling in self.spellings for end in range(LEAST_BEGINNING, len(spelling))},
            key=lambda beginning: (-len(beginning), beginning),
        )
        return re.compile("|".join(_begun(beginning) + CUT_MARK for beginning in beginnings), re.IGNORECASE)


def _spellings(word: str) -> Iterator[str]:
    for form in {word, unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word)}:
        yield form
        yield json.dumps(form)[1:-1]
        yield json.dumps(form, ensure_ascii=False)[1:-1]
        yield html.escape(form)
        yield capped_key(form)
        for safe in ("", "/", "@", "/@", "@+", "/@+"):
            yield quote(form, safe=safe)
            yield quote_plus(form, safe=safe)


def _begun(spelling: str) -> str:
    return (BEFORE if _is_letter(spelling[0]) else "") + re.escape(spelling)


def _is_letter(character: str) -> bool:
    return bool(re.match(r"\w", character))


def _cases(spelling: str) -> set[str]:
    """Databases of some locales do not know that other letters than those of ASCII have cases."""
    return {spelling} if spelling.isascii() else {spelling, spelling.lower(), spelling.upper(), spelling.title()}


def like_escaped(text: str) -> str:
    """The text as a part of a pattern for LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", text)
