"""Each person arranges the first page for themselves."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from statetrace_ui.overview.arranging import USUAL, arrange, hidden_cards, shown_cards
from statetrace_ui.overview.models import Arrangement
from statetrace_ui.overview.moves import Move
from statetrace_ui.web.models import Membership, Organisation

ARRANGEMENT = reverse("arrangement")


def names(client: Client) -> list[str]:
    return [card.name for card in client.get(ARRANGEMENT).context["shown"]]


def test_cards_are_hidden_moved_and_shown_again(reader_client: Client) -> None:
    first, second = USUAL[:2]
    assert reader_client.post(ARRANGEMENT, {"card": first, "move": "later"}).status_code == 302
    assert names(reader_client)[:2] == [second, first]
    reader_client.post(ARRANGEMENT, {"card": first, "move": "hide"})
    assert names(reader_client) == [name for name in USUAL if name != first]
    reader_client.post(ARRANGEMENT, {"card": first, "move": "show"})
    assert names(reader_client) == [*(name for name in USUAL if name != first), first]
    reader_client.post(ARRANGEMENT, {"reset": "on"})
    assert names(reader_client) == USUAL


def test_nobody_arranges_for_another(reader_client: Client, manager_client: Client) -> None:
    reader_client.post(ARRANGEMENT, {"card": USUAL[0], "move": "hide"})
    assert names(manager_client) == USUAL


def test_each_organisation_has_an_arrangement_of_its_own(reader: User, reader_client: Client) -> None:
    reader_client.post(ARRANGEMENT, {"card": USUAL[0], "move": "hide"})
    other = Membership.objects.create(user=reader, organisation=Organisation.objects.create(name="Beta", slug="beta"))
    assert [card.name for card in shown_cards(other)] == USUAL


@pytest.mark.parametrize("posted", [{"card": "nosuch", "move": "hide"}, {"card": "tables", "move": "away"}, {}])
def test_what_is_not_understood_changes_nothing(reader_client: Client, posted: dict[str, str]) -> None:
    assert reader_client.post(ARRANGEMENT, posted).status_code == 400
    assert not Arrangement.objects.exists()


def test_all_may_be_hidden(reader: User, reader_client: Client) -> None:
    membership = Membership.objects.get(user=reader)
    for name in USUAL:
        arrange(membership, name, Move.HIDE)
    assert not shown_cards(membership)
    assert {card.name for card in hidden_cards(membership)} >= set(USUAL)
    assert "You hide every card" in reader_client.get(reverse("home")).content.decode()


def test_a_card_of_an_earlier_release_is_left_out(reader: User, reader_client: Client) -> None:
    membership = Membership.objects.get(user=reader)
    Arrangement.objects.create(organisation=membership.organisation, person=reader, cards=["gone", "tables"])
    assert names(reader_client) == ["tables"]
    arrange(membership, "sources", Move.SHOW)
    assert names(reader_client) == ["tables", "sources"]
    Arrangement.objects.update(cards=["tables", "gone", "sources"])
    arrange(membership, "sources", Move.EARLIER)
    assert names(reader_client) == ["sources", "tables"]


def test_a_move_answers_the_list_alone_where_a_script_asks(reader_client: Client) -> None:
    moved = {"card": USUAL[0], "move": "hide"}
    answer = reader_client.post(ARRANGEMENT, moved, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<h1>" not in answer.content.decode()
    assert f'id="{USUAL[0]}-show"' in answer.content.decode()
