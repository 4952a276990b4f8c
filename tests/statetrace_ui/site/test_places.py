"""The rail, the keys and the list of keys name the same places."""

import re
from itertools import chain

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from statetrace_ui.site.places import PLACES, Place


def test_rail_and_list_of_keys_name_every_place(reader_client: Client) -> None:
    page = reader_client.get(reverse("home")).content.decode()
    assert re.findall(r'href="([^"]+)" data-go="(\w)"', page) == [(reverse(place.view), place.key) for place in PLACES]
    assert "".join(f"<kbd>{place.key}</kbd> " for place in PLACES) in page
    assert f"Go to {', '.join(place.name for place in PLACES)}<" in page


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_place_is_marked_on_its_own_page_alone(reader_client: Client, place: Place) -> None:
    page = reader_client.get(reverse(place.view)).content.decode()
    assert re.findall(r'data-go="(\w)"\s+aria-current="page"', page) == [place.key]


def test_every_page_below_a_place_exists() -> None:
    namespaces = get_resolver().namespace_dict
    for name in chain.from_iterable(place.below for place in PLACES):
        namespace, _, view = name.partition(":")
        assert namespace in namespaces
        assert not view or view in namespaces[namespace][1].reverse_dict
