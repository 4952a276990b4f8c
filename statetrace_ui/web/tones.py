"""Tones: what a colour says about a status. Each enumeration of statuses names the tone of each of its values. Pure."""

from enum import Enum, StrEnum
from typing import NamedTuple, TypeVar


class Tone(StrEnum):
    """The classes of static/css/components/tones.css. A plain status has no colour."""

    PLAIN = ""
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    INFO = "info"


class Status(NamedTuple):
    """A status as pages show it. Members of enumerations that have a `label` and a `tone` can stand in its place."""

    label: str
    tone: Tone = Tone.PLAIN


def tone_of(value: object) -> Tone:
    """The tone of a status; plain for a text that is no member of an enumeration."""
    return getattr(value, "tone", Tone.PLAIN)


E = TypeVar("E", bound=Enum)


def known(enumeration: type[E], value: str) -> E | str:
    """The member with that value; the text itself where a database of others holds one that nobody foresaw."""
    try:
        return enumeration(value)
    except ValueError:
        return value
