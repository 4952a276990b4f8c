"""Changes a line as clicks do: takes a part out, asks for a value alone, excludes it. Pure.

What is not touched stays as it was written: `since:24h` does not become a date.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from statetrace_ui.history.question.lines import COMPARED, Term, terms_of

# What a term of time takes the place of.
TIMES = {"since": ("since", "at"), "until": ("until", "at"), "at": ("since", "until", "at")}


@dataclass(frozen=True, slots=True)
class Part:
    """What can be taken out of a line: a term, or a `field:` with the `old:` and `new:` that belong to it."""

    terms: tuple[Term, ...]

    @property
    def text(self) -> str:
        return " ".join(term.text for term in self.terms)

    @property
    def name(self) -> str:
        """'' of a word, the word itself of a flag; `field` also of comparisons of any field."""
        first = self.terms[0]
        if first.name in COMPARED:
            return "field"
        return first.value.removeprefix("-") if first.is_flag else first.name

    @property
    def excluded(self) -> bool:
        return self.terms[0].excluded


def parts_of(line: str) -> list[Part]:
    """In the order of their first terms. Raises QuestionError."""
    parts: list[Part] = []
    condition: int | None = None
    for term in terms_of(line):
        if term.name in COMPARED and condition is not None:
            parts[condition] = Part((*parts[condition].terms, term))
            continue
        if term.name in ("field", *COMPARED):
            condition = len(parts)
        parts.append(Part((term,)))
    return parts


def joined(parts: Iterable[Part]) -> str:
    return " ".join(part.text for part in parts)


def line_without(parts: Iterable[Part], gone: Part) -> str:
    return joined(part for part in parts if part is not gone)


def line_with(line: str, more: str) -> str:
    """The line, and a part of another one that asks for that alone: other values of its name are dropped."""
    [added] = parts_of(more)
    kept = [part for part in parts_of(line) if not _replaced(part, added)]
    return joined([*kept, added])


def line_excluding(line: str, more: str) -> str:
    """The line, and what excludes the part: it is a term of a name, or a condition of a field."""
    [added] = parts_of(more)
    kept = [part for part in parts_of(line) if part.text not in (added.text, f"-{added.text}")]
    return f"{joined(kept)} -{added.text}".lstrip()


def _replaced(part: Part, added: Part) -> bool:
    if part.text in (added.text, f"-{added.text}"):
        return True
    if added.name in TIMES:
        return part.name in TIMES[added.name]
    return part.name == added.name not in ("", "field") and not part.excluded
