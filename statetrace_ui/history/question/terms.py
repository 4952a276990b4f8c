"""What a question asks for, however it was written: as a line, as a form, or in an address. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Operator(StrEnum):
    """How a value is compared: numbers and times as such where the column has such a type, else texts."""

    EQUALS = "="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    CONTAINS = "~"  # without regard to capitals


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: Operator
    text: str


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """A change of a field. name: '' for any field. old, new: what its values before and after must be like.

    Without `old` and `new` it asks for updates that altered the field. With `new` also for rows that were inserted
    with such a value, with `old` also for rows that were deleted with one. excluded: changes that are not so.
    """

    name: str = ""
    old: tuple[Comparison, ...] = ()
    new: tuple[Comparison, ...] = ()
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Texts of which one must match, and texts of which none may. `*` stands for any characters.

    What is matched, and whether a beginning or a part is enough, depends on what is asked for; see docs/asking.md.
    """

    wanted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted or self.excluded)


@dataclass(frozen=True, slots=True)
class Question:
    """All its parts must hold.

    words: each must be part of a key, a label or an actor's name, or name a table. outside: changes without an action
    (True) or with one (False). gap: nothing but gaps (True). start (inclusive), end (exclusive): of the commit's time,
    aware. sessions, sources, xids, lsns: as they are written in lists.
    """

    words: tuple[str, ...] = ()
    tables: Choice = field(default=Choice())
    keys: Choice = field(default=Choice())
    actors: Choice = field(default=Choice())
    urls: Choice = field(default=Choice())
    methods: Choice = field(default=Choice())
    versions: Choice = field(default=Choice())
    applications: Choice = field(default=Choice())
    kinds: Choice = field(default=Choice())
    sessions: Choice = field(default=Choice())
    sources: Choice = field(default=Choice())
    xids: Choice = field(default=Choice())
    lsns: Choice = field(default=Choice())
    fields: tuple[FieldCondition, ...] = ()
    outside: bool | None = None
    gap: bool | None = None
    start: datetime | None = None
    end: datetime | None = None

    def __bool__(self) -> bool:
        return self != Question()
