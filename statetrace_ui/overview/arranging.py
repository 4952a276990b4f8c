"""Which cards a member is shown, in which order."""

from django.db import transaction
from django.db.models import QuerySet

from statetrace_ui.overview.cards import CARDS, Card
from statetrace_ui.overview.models import Arrangement
from statetrace_ui.overview.moves import Move, moved
from statetrace_ui.web.models import Membership

BY_NAME = {card.name: card for card in CARDS}
USUAL = [card.name for card in CARDS if card.is_usual]


def shown_cards(membership: Membership) -> list[Card]:
    """In the member's order. A card that an earlier release had, and this one has not, is left out."""
    kept = _arrangements(membership).first()
    names = kept.cards if kept else USUAL
    return [BY_NAME[name] for name in names if name in BY_NAME]


def hidden_cards(membership: Membership) -> list[Card]:
    shown = shown_cards(membership)
    return [card for card in CARDS if card not in shown]


def arrange(membership: Membership, card: str, move: Move) -> None:
    """Two moves at once, as of two quick clicks, are both made."""
    with transaction.atomic():
        Arrangement.objects.get_or_create(
            organisation=membership.organisation, person=membership.user, defaults={"cards": USUAL}
        )
        kept = _arrangements(membership).select_for_update().get()
        kept.cards = moved([name for name in kept.cards if name in BY_NAME], card, move)
        kept.save(update_fields=["cards"])


def arrange_as_usual(membership: Membership) -> None:
    _arrangements(membership).delete()


def _arrangements(membership: Membership) -> QuerySet[Arrangement]:
    return Arrangement.objects.filter(organisation=membership.organisation_id, person=membership.user_id)
