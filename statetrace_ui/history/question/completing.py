"""The term that somebody is writing, and the line with another text in its place. Pure."""

import re
from dataclasses import dataclass

from statetrace_ui.history.question.lines import HEAD, OPERATOR
from statetrace_ui.history.question.names import NAMES

# As in `lines`, but the last quotation mark may be missing.
UNFINISHED = re.compile(r'-?(?:[^\W\d]\w*:)?(?:<=|>=|[=<>~])?(?:"(?:[^"]|"")*"?|[^\s"])\S*|\S+')


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The term at a place in a line. prefix: the value as far as it is written; of a term without a name, all of it."""

    line: str
    start: int
    end: int
    excluded: bool
    name: str
    prefix: str

    def completed(self, text: str) -> tuple[str, int]:
        """The line with a text in place of the term, and the place behind it. A term is followed by a blank."""
        blank = "" if text.endswith(":") or self.line[self.end : self.end + 1].isspace() else " "
        before = f"{self.line[: self.start]}{'-' * self.excluded}{text}{blank}"
        return before + self.line[self.end :], len(before) + (not blank and not text.endswith(":"))


def unfinished_at(line: str, place: int) -> Unfinished:
    """The term that ends at the place or surrounds it; an empty one between two blanks."""
    start, end = next(
        ((at.start(), at.end()) for at in UNFINISHED.finditer(line) if at.start() < place <= at.end()), (place, place)
    )
    head = HEAD.match(line, start, end)
    name = (head[2] or "").lower() if head else ""
    if not head or name not in NAMES:
        excluded = line[start:end].startswith("-")
        return Unfinished(line, start, end, excluded, "", line[start + excluded : place])
    operator = OPERATOR.match(line, head.end(), end) if name in ("old", "new") else None
    begins = operator.end() if operator else head.end()
    return Unfinished(line, start, end, bool(head[1]), name, line[begins:place].removeprefix('"').removesuffix('"'))
