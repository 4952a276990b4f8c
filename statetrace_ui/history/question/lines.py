"""Divides a line into its terms, each with its place. Pure.

A term is `name:value`, `outside`, `gap`, or a word; `-` before it excludes. A value or a word in "quotation marks" may
hold anything, with "" for the mark itself. The value of `old:` and `new:` may begin with an operator.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.history.question.names import FLAGS, NAMES
from statetrace_ui.history.question.terms import Operator

LONGEST_LINE = 2000
MOST_TERMS = 50
COMPARED = ("old", "new")
BLANKS = re.compile(r"\s*")
HEAD = re.compile(r"(-?)(?:([^\W\d]\w*):)?")
OPERATOR = re.compile(r"<=|>=|[=<>~]")
QUOTED = re.compile(r'"((?:[^"]|"")*)"')
BARE = re.compile(r"\S*")
# PostgreSQL stores neither; the second may come from a terminal.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Term:
    """text: as it is written, from `place` on. name: '' of a word. value_place: where the value begins."""

    text: str
    place: int
    excluded: bool
    name: str
    operator: Operator | None
    value: str
    value_place: int

    @property
    def end(self) -> int:
        return self.place + len(self.text)

    @property
    def is_flag(self) -> bool:
        return not self.name and self.value_place < 0


def terms_of(line: str) -> list[Term]:
    """The terms in their order. Raises QuestionError."""
    if len(line) > LONGEST_LINE:
        sentence = f"A question has at most {LONGEST_LINE} characters."
        raise QuestionError(LONGEST_LINE, len(line) - LONGEST_LINE, sentence, "Leave some terms out.")
    if found := UNSTORABLE.search(line):
        raise QuestionError(found.start(), 1, "No database can hold this character.", "Leave it out.")
    terms = list(_terms(line))
    if len(terms) > MOST_TERMS:
        place = terms[MOST_TERMS].place
        sentence = f"A question has at most {MOST_TERMS} terms."
        raise QuestionError(place, len(line) - place, sentence, "Leave some out; `*` stands for many values at once.")
    return terms


def _terms(line: str) -> Iterator[Term]:
    place = _after_blanks(line, 0)
    while place < len(line):
        term = _term(line, place)
        yield term
        place = _after_blanks(line, term.end)


def _after_blanks(line: str, place: int) -> int:
    return _found(BLANKS, line, place).end()


def _found(pattern: re.Pattern[str], line: str, place: int) -> re.Match[str]:
    """Of a pattern that also matches nothing at all."""
    return pattern.match(line, place)  # type: ignore[return-value]


def _term(line: str, place: int) -> Term:
    head = _found(HEAD, line, place)
    name = (head[2] or "").lower()
    if name and name not in NAMES:
        raise _unknown(line, place, head)
    operator, begins = _operator(line, head.end()) if name in COMPARED else (None, head.end())
    value, end = _value(line, begins)
    text = line[place:end]
    if not name and text.removeprefix("-").lower() in FLAGS:
        return Term(text, place, bool(head[1]), "", None, value.lower(), -1)
    if not value and end == begins:
        raise _without_value(place, text, name)
    return Term(text, place, bool(head[1]), name, operator, value, begins)


def _operator(line: str, place: int) -> tuple[Operator, int]:
    """The operator at a place, and where the value begins; = if there is none."""
    if line.startswith("!=", place):
        raise QuestionError(place, 2, "There is no operator !=.", "Exclude such changes: -field:NAME new:=VALUE")
    found = OPERATOR.match(line, place)
    return (Operator(found[0]), found.end()) if found else (Operator.EQUALS, place)


def _value(line: str, begins: int) -> tuple[str, int]:
    """The value that begins at a place, without its quotation marks, and where it ends."""
    if not line.startswith('"', begins):
        bare = _found(BARE, line, begins)
        return bare[0], bare.end()
    quoted = QUOTED.match(line, begins)
    if not quoted:
        advice = 'Write " behind its last word, or leave the first one out.'
        raise QuestionError(begins, len(line) - begins, "This quotation mark is not closed.", advice)
    if beyond := _found(BARE, line, quoted.end())[0]:
        advice = 'Write a blank between terms, and "" for a quotation mark within a value.'
        raise QuestionError(quoted.end(), len(beyond), "This follows a quotation mark without a blank.", advice)
    return quoted[1].replace('""', '"'), quoted.end()


def _without_value(place: int, text: str, name: str) -> QuestionError:
    if not name:
        return QuestionError(place, len(text), f"{text} alone excludes nothing.", "Write it before a term: -table:NAME")
    advice = f"Write it directly behind the colon: {NAMES[name].example}"
    return QuestionError(place, len(text), f"{text} has no value.", advice)


def _unknown(line: str, place: int, head: re.Match[str]) -> QuestionError:
    name = head[2]
    rest = (QUOTED.match(line, head.end()) or _found(BARE, line, head.end()))[0]
    sentence = f"There is no term {name}:."
    length = len(head[0]) + len(rest)
    if near := get_close_matches(name.lower(), NAMES, 1):
        return QuestionError(place, length, sentence, f"Did you mean {near[0]}:?", f"{head[1]}{near[0]}:{rest}")
    advice = f'If it is a column, write field:{name}. Words with a colon need quotation marks: "{name}:…"'
    return QuestionError(place, length, sentence, advice)
