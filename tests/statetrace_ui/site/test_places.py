"""The rail, the keys and the list of keys name the same places."""

import re
from collections.abc import Iterable
from itertools import chain

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from statetrace_ui.site.places import PLACES, Place


def names(client: Client, places: Iterable[Place]) -> None:
    """The rail and the list of keys name these places, in this order."""
    page = client.get(reverse("home")).content.decode()
    assert re.findall(r'href="([^"]+)" data-go="(\w)"', page) == [(reverse(place.view), place.key) for place in places]
    assert "".join(f"<kbd>{place.key}</kbd> " for place in places) in page
    assert f"Go to {', '.join(place.name for place in places)}<" in page


def test_rail_and_list_of_keys_name_every_place(manager_client: Client) -> None:
    names(manager_client, PLACES)


def test_members_are_not_led_to_what_managers_alone_may_enter(reader_client: Client) -> None:
    names(reader_client, [place for place in PLACES if not place.for_managers])


def test_each_place_has_a_key_of_its_own() -> None:
    assert len({place.key for place in PLACES}) == len(PLACES)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_place_is_marked_on_its_own_page_alone(manager_client: Client, place: Place) -> None:
    page = manager_client.get(reverse(place.view)).content.decode()
    assert re.findall(r'data-go="(\w)"\s+aria-current="page"', page) == [place.key]


def test_every_page_below_a_place_exists() -> None:
    namespaces = get_resolver().namespace_dict
    for name in chain.from_iterable(place.below for place in PLACES):
        namespace, _, view = name.partition(":")
        if namespace not in namespaces:
            assert reverse(namespace)
            continue
        assert not view or view in namespaces[namespace][1].reverse_dict
