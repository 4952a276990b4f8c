"""The cards of the first page. Each reads for itself: one that fails leaves the others as they are."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from statetrace_ui.overview import activity, latest
from statetrace_ui.overview.asked import Asked

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Card:
    """about: what it shows, to whoever chooses. is_wide: whether it takes the page's whole width. of_changes: whether
    it has nothing to show as long as no source is connected. is_usual: whether it is shown to people who have arranged
    nothing.
    """

    name: str
    title: str
    about: str
    read: Callable[[Asked], dict[str, Any]]
    is_wide: bool = False
    of_changes: bool = False
    is_usual: bool = True

    @property
    def template(self) -> str:
        return f"overview/cards/{self.name}.html"


@dataclass(frozen=True, slots=True)
class Filled:
    """A card with what it read; None where that failed."""

    card: Card
    found: dict[str, Any] | None


CARDS = (
    Card(
        "changes",
        "Changes",
        "Row changes over time by kind, and how many are from outside the application.",
        activity.over_time,
        is_wide=True,
        of_changes=True,
    ),
    Card("actors", "Busiest actors", "The people who changed most rows.", activity.busiest_actors, of_changes=True),
    Card("tables", "Busiest tables", "The tables with most changes.", activity.busiest_tables, of_changes=True),
    Card(
        "flows",
        "User flows",
        "How long the newest sessions of each took, the change against its baseline, and its last session.",
        latest.user_flows,
        is_wide=True,
    ),
    Card("audited", "Audited sessions", "Who is active now, and the newest sessions.", latest.audited_sessions),
    Card("sources", "Sources", "How capture is doing, and what was verified last.", latest.sources),
    Card(
        "captured",
        "Captured sessions",
        "The newest sessions of devices and browsers, asked of the replica.",
        latest.captured_sessions,
        is_usual=False,
    ),
)


def filled(card: Card, asked: Asked) -> Filled:
    try:
        return Filled(card, card.read(asked))
    except Exception:
        logger.exception("The card %s of the first page could not be read", card.name)
        return Filled(card, None)
