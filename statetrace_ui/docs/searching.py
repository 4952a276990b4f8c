"""Finds sections of the documentation by their words. Pure."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from statetrace_ui.docs.pages import Page, Section

MOST_WORDS = 8
BEFORE, AFTER = 60, 180  # letters of an excerpt around the first word found
# What a word is worth in the page's title, in the section's, and in its text.
IN_PAGE, IN_TITLE, IN_TEXT = 3.0, 6.0, 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """excerpt: parts of the text; every second one is a word that was asked for."""

    page: Page
    section: Section
    excerpt: tuple[str, ...]


def search(pages: Iterable[Page], text: str, most: int) -> list[Found]:
    """The sections that have a word which begins with each word of the text, the best first."""
    words = text.split()[:MOST_WORDS]
    patterns = [re.compile(rf"(?<!\w){re.escape(word)}", re.IGNORECASE) for word in words]
    sections = [(page, section) for page in pages for section in page.sections]
    if not patterns:
        return []
    counts = [[_weight(pattern, *place) for pattern in patterns] for place in sections]
    rarity = [math.log(1 + len(sections) / (1 + sum(map(bool, column)))) for column in zip(*counts, strict=True)]
    scores = [sum(map(float.__mul__, row, rarity)) if all(row) else 0.0 for row in counts]
    best = sorted((place for place, score in enumerate(scores) if score), key=lambda place: -scores[place])
    return [Found(*sections[place], _excerpt(sections[place][1].text, words)) for place in best[:most]]


def _weight(pattern: re.Pattern[str], page: Page, section: Section) -> float:
    """More for each time that a word is there, but less and less."""
    titled = IN_PAGE * bool(pattern.search(page.title)) + IN_TITLE * bool(pattern.search(section.title))
    return titled + IN_TEXT * math.log1p(len(pattern.findall(section.text)))


def _excerpt(text: str, words: Sequence[str]) -> tuple[str, ...]:
    pattern = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, words))})", re.IGNORECASE)
    first = pattern.search(text)
    begin = max(0, first.start() - BEFORE) if first else 0
    begin = text.rfind(" ", 0, begin) + 1
    end = begin + BEFORE + AFTER
    shown = ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")
    return tuple(pattern.split(shown))
