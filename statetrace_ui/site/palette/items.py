"""What the palette lists."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.utils import timezone

MOST_ITEMS = 8  # of a group


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be chosen. href: where it leads; '' for a command, whose `press` names what to click here.

    hint: what tells it from others of its name.
    """

    name: str
    icon: str
    href: str = ""
    hint: str = ""
    press: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    items: list[Item] = field(default_factory=list)


def group(title: str, items: Iterable[Item]) -> Group:
    """The first MOST_ITEMS, each name and hint once."""
    distinct = {(item.name, item.hint): item for item in islice(items, 4 * MOST_ITEMS)}
    return Group(title, list(distinct.values())[:MOST_ITEMS])


def matches(text: str, *names: str) -> bool:
    """Whether each word of the text is a part of the names."""
    told = " ".join(names).lower()
    return all(word in told for word in text.lower().split())


def moment_text(at: datetime) -> str:
    """`22 Nov 2026, 10:15` in the viewer's zone."""
    return timezone.localtime(at).strftime("%d %b %Y, %H:%M").lstrip("0")
