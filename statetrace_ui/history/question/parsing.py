"""A line as a Question. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from difflib import get_close_matches
from typing import TypeVar

from statetrace_ui.history.question import moments
from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.history.question.lines import COMPARED, Term, terms_of
from statetrace_ui.history.question.names import KINDS, NAMES, SYNONYMS
from statetrace_ui.history.question.terms import Choice, Comparison, FieldCondition, Operator, Question

T = TypeVar("T")
HIGHEST_XID = (1 << 63) - 1
LSN = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}", re.IGNORECASE)
ANY_FIELD = "*"


def parse(line: str, now: datetime, zone: tzinfo) -> Question:
    """What the line asks for. now, zone: of relative times and times without a zone. Raises QuestionError."""
    terms = terms_of(line)
    start, end = _period(terms, now, zone)
    choices = {one.part: _choice(terms, one.name) for one in NAMES.values() if one.part}
    return Question(
        words=tuple(_words(terms)),
        fields=tuple(_fields(terms)),
        outside=_flag(terms, "outside"),
        gap=_flag(terms, "gap"),
        start=start,
        end=end,
        **choices,
    )


def _wrong(term: Term, sentence: str, advice: str, instead: str = "") -> QuestionError:
    return QuestionError(term.place, len(term.text), sentence, advice, instead)


def _words(terms: Iterable[Term]) -> Iterator[str]:
    for term in terms:
        if term.name or term.is_flag:
            continue
        if term.excluded:
            advice = f'Exclude by a term such as -table:NAME, or write "{term.text}" to look for it.'
            raise _wrong(term, "A word alone cannot be excluded.", advice)
        if term.value:
            yield term.value
        else:
            raise _wrong(term, "These quotation marks are empty.", "Write a word between them, or leave them out.")


def _choice(terms: Sequence[Term], name: str) -> Choice:
    read = READERS.get(name, _text)
    found = [(term.excluded, read(term)) for term in terms if term.name == name]
    return Choice(_distinct(text for excluded, text in found if not excluded), _distinct(t for x, t in found if x))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _text(term: Term) -> str:
    if term.value:
        return term.value
    raise _wrong(term, f"{term.name}: has an empty value.", f"Write it behind the colon: {NAMES[term.name].example}")


def _kind(term: Term) -> str:
    word = SYNONYMS.get(term.value.lower(), term.value.lower())
    if word in KINDS:
        return word
    if word == "gap":
        raise _wrong(term, "A gap is no kind of change.", "Ask for gaps by the word gap.", "gap")
    [near] = get_close_matches(word, [*KINDS, *SYNONYMS], 1) or [""]
    instead = f"{'-' * term.excluded}kind:{near}" if near else ""
    advice = f"Did you mean {near}?" if near else f"Kinds are {', '.join(KINDS)}."
    raise _wrong(term, f"There is no kind {term.value}.", advice, instead)


def _xid(term: Term) -> str:
    if term.value.isascii() and term.value.isdigit() and len(term.value) < 20 and int(term.value) <= HIGHEST_XID:
        return term.value
    raise _wrong(term, "The id of a transaction is a number.", "Write it as lists show it: xid:7214")


def _lsn(term: Term) -> str:
    if LSN.fullmatch(term.value):
        return term.value.upper()
    raise _wrong(term, "This is no position in the log.", "Write it as lists show it: lsn:0/16B3748")


READERS: dict[str, Callable[[Term], str]] = {"kind": _kind, "xid": _xid, "lsn": _lsn}


def _fields(terms: Iterable[Term]) -> list[FieldCondition]:
    """A `field:` begins a condition, to which `old:` and `new:` belong that follow it."""
    conditions: list[FieldCondition] = []
    for term in terms:
        if term.name == "field":
            name = "" if term.value == ANY_FIELD else _text(term)
            conditions.append(FieldCondition(name, excluded=term.excluded))
        elif term.name in COMPARED:
            if term.excluded:
                advice = f"Exclude such changes by -field:NAME {term.text[1:]}, or by -field:* {term.text[1:]}"
                raise _wrong(term, f"{term.name}: cannot be excluded by itself.", advice)
            conditions = conditions or [FieldCondition()]
            conditions[-1] = _compared(conditions[-1], term)
    return conditions


def _compared(condition: FieldCondition, term: Term) -> FieldCondition:
    comparison = Comparison(term.operator or Operator.EQUALS, term.value)
    if term.name == "old":
        return replace(condition, old=(*condition.old, comparison))
    return replace(condition, new=(*condition.new, comparison))


def _flag(terms: Iterable[Term], word: str) -> bool | None:
    said = [term for term in terms if term.is_flag and term.value == word]
    if len({term.excluded for term in said}) > 1:
        raise _wrong(said[-1], f"{word} and -{word} exclude one another.", "Leave one of them out.")
    return not said[0].excluded if said else None


def _period(terms: Iterable[Term], now: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    said = [term for term in terms if term.name in ("since", "until", "at")]
    for term in said:
        if term.excluded:
            raise _wrong(term, "A time cannot be excluded.", "Ask for the time before it and after it one by one.")
    names = [term.name for term in said]
    if len(set(names)) < len(names) or ("at" in names and len(names) > 1):
        raise _wrong(said[-1], "The time is said twice.", "Write one since: and one until:, or one at: alone.")
    found = {term.name: _moment(term, now, zone) for term in said}
    start, end = found.get("at") or (found.get("since", (None,))[0], found.get("until", (None, None))[1])
    if start and end and end <= start:
        raise _wrong(said[-1], "The end is before the beginning.", "Write the earlier time behind since:.")
    return start, end


def _moment(term: Term, now: datetime, zone: tzinfo) -> moments.Period:
    """Of `since` the first counts, of `until` the second."""
    try:
        if term.name == "until":
            end = moments.until(term.value, now, zone)
            return end, end
        return moments.at(term.value, now, zone)
    except moments.MomentError as error:
        raise _wrong(term, str(error), error.advice) from None
