"""How a person moves the cards of the first page."""

from collections.abc import Sequence

from django.db.models import TextChoices


class Move(TextChoices):
    EARLIER = "earlier", "Up"
    LATER = "later", "Down"
    HIDE = "hide", "Hide"
    SHOW = "show", "Show"


def moved(shown: Sequence[str], card: str, move: Move) -> list[str]:
    """The names after the move, in order; as they were where it leads nowhere."""
    names = list(shown)
    if move == Move.SHOW:
        return names if card in names else [*names, card]
    if card not in names:
        return names
    place = names.index(card)
    names.pop(place)
    if move == Move.HIDE:
        return names
    names.insert(max(0, place - 1) if move == Move.EARLIER else place + 1, card)
    return names
