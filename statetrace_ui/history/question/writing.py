"""A Question as a line, of which `parse` makes the same Question again. Pure."""

import re
from collections.abc import Iterator
from datetime import tzinfo

from statetrace_ui.history.question.lines import HEAD, OPERATOR
from statetrace_ui.history.question.moments import write_since, write_until
from statetrace_ui.history.question.names import FLAGS, NAMES
from statetrace_ui.history.question.parsing import ANY_FIELD
from statetrace_ui.history.question.terms import Comparison, FieldCondition, Operator, Question

PLAIN = re.compile(r'[^\s"]\S*')


def write(question: Question, zone: tzinfo) -> str:
    """zone: in which the line will be read."""
    return " ".join([*_words(question), *_choices(question), *_conditions(question), *_rest(question, zone)])


def term(name: str, text: str, excluded: bool = False) -> str:
    """`name:text`, in quotation marks where it needs them."""
    return f"{'-' * excluded}{name}:{quoted(text)}"


def quoted(text: str) -> str:
    return text if PLAIN.fullmatch(text) else _in_marks(text)


def _in_marks(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def compared(name: str, comparison: Comparison) -> str:
    """name: old or new."""
    text = comparison.text
    shown = _in_marks(text) if OPERATOR.match(text) else quoted(text)
    return f"{name}:{comparison.operator}{shown}"


def compared_text(name: str, text: str) -> str:
    """Of a text that may begin with an operator: `>100`."""
    found = OPERATOR.match(text)
    operator = Operator(found[0]) if found else Operator.EQUALS
    return compared(name, Comparison(operator, text[found.end() :] if found else text))


def condition(one: FieldCondition) -> str:
    comparisons = [compared("old", each) for each in one.old] + [compared("new", each) for each in one.new]
    return " ".join([term("field", one.name or ANY_FIELD, one.excluded), *comparisons])


def _words(question: Question) -> Iterator[str]:
    for word in question.words:
        head = HEAD.match(word)
        special = word.lower() in FLAGS or (head and head[0])
        yield _in_marks(word) if special else quoted(word)


def _choices(question: Question) -> Iterator[str]:
    for name, one in NAMES.items():
        if one.part:
            choice = getattr(question, one.part)
            yield from (term(name, text) for text in choice.wanted)
            yield from (term(name, text, excluded=True) for text in choice.excluded)


def _conditions(question: Question) -> Iterator[str]:
    yield from (condition(one) for one in question.fields)


def _rest(question: Question, zone: tzinfo) -> Iterator[str]:
    for flag, said in (("outside", question.outside), ("gap", question.gap)):
        if said is not None:
            yield flag if said else f"-{flag}"
    if question.start:
        yield f"since:{write_since(question.start, zone)}"
    if question.end:
        yield f"until:{write_until(question.end, zone)}"
