"""Every formula for issues: a module each, with CATEGORY, GROUP, VERSION, `applies` and `find`. Pure.

Raise a module's VERSION whenever its formula changes: `manage.py analyse` then finds the sessions that need it.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from replica.analyses.issues import (
    domain_sharding,
    duplicate_messages,
    loading_animation,
    low_frame_rate,
    low_page_content,
    slow_downloads,
)
from replica.analyses.recorded import Impact, Recorded, Series

OURS = "statetrace "  # what `capture_issues.version` of our own rows begins with


class Formula(NamedTuple):
    """applies: whether a session has what the formula looks at; without, "none found" would say too much."""

    category: str
    group: str
    version: str
    applies: Callable[[Recorded], bool]
    find: Callable[[Recorded], Iterable[Impact]]


def _formula(module: Any) -> Formula:
    return Formula(module.CATEGORY, module.GROUP, f"{OURS}{module.VERSION}", module.applies, module.find)


WATCHING = (low_frame_rate, loading_animation, low_page_content)
FORMULAS = tuple(map(_formula, (slow_downloads, duplicate_messages, domain_sharding, *WATCHING)))


def is_watched(series: Series) -> bool:
    """Whether a formula looks at the series' points."""
    return any(module.is_of(series) for module in WATCHING)
