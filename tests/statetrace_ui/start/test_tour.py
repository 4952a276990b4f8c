"""The tour: a card at each stop, only in the demo, until somebody has left it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from replica.exports.models import UserFlowExport
from statetrace_ui.demo import recordings, story
from statetrace_ui.demo.management.commands import demo
from statetrace_ui.start import tour
from statetrace_ui.web.models import Organisation

HOME = reverse("home")
CARD = 'class="tour"'


@pytest.fixture
def in_demo(organisation: Organisation) -> Organisation:
    Organisation.objects.filter(pk=organisation.pk).update(slug=tour.ORGANISATION)
    organisation.refresh_from_db()
    for number, name in enumerate((tour.FLOW, tour.CANARY)):
        UserFlowExport.objects.create(organisation=organisation, name=name, user_flow_id=f"flow-{number}")
    return organisation


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_names_are_those_of_the_demo() -> None:
    assert (tour.FLOW, tour.CANARY) == (recordings.USER_FLOW, story.CANARY_FLOW)
    assert tour.ORGANISATION == demo.SLUG


def test_each_stop_has_its_card_and_leads_on(in_demo: Organisation, reader_client: Client) -> None:
    addresses = [tour.address(stop, in_demo) for stop in tour.STOPS]
    for stop, address, following in zip(tour.STOPS, addresses, [*addresses[1:], ""], strict=True):
        page = text(reader_client, address)
        assert CARD in page
        assert stop.title in page
        assert not following or following.replace("&", "&amp;") in page


def test_a_stop_that_is_gone_leads_to_the_first_page(in_demo: Organisation) -> None:
    UserFlowExport.objects.all().delete()
    assert all(tour.address(stop, in_demo) for stop in tour.STOPS)


def test_it_begins_by_itself_until_it_was_left(
    in_demo: Organisation, reader_client: Client, manager_client: Client, reader: User
) -> None:
    assert CARD in text(reader_client, HOME)
    assert CARD not in text(reader_client, reverse("history:changes"))
    assert reader_client.post(reverse("start:leave_tour")).headers["location"] == HOME
    assert CARD not in text(reader_client, HOME)
    assert CARD in text(reader_client, f"{HOME}?tour=begin")
    assert CARD in text(manager_client, HOME)


def test_elsewhere_there_is_none(reader_client: Client, client: Client) -> None:
    assert CARD not in text(reader_client, HOME)
    assert CARD not in text(reader_client, f"{HOME}?tour=begin")
    assert client.get(f"{reverse('docs:contents')}?tour=begin").status_code == 200


def test_an_unknown_stop_is_none(in_demo: Organisation, reader_client: Client) -> None:
    assert CARD not in text(reader_client, f"{reverse('history:changes')}?tour=nowhere")
