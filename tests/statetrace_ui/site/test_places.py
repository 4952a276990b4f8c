"""The rail, the keys and the list of keys name the same places."""

import re
from collections.abc import Sequence
from itertools import chain

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from statetrace_ui.site.places import PLACES, Place


def are_named(client: Client, places: Sequence[Place]) -> bool:
    """Whether the rail and the list of keys name these places alone, in this order."""
    page = client.get(reverse("home")).content.decode()
    in_rail = re.findall(r'href="([^"]+)" data-go="(\w)"', page) == [(reverse(one.view), one.key) for one in places]
    keys = "".join(f"<kbd>{place.key}</kbd> " for place in places)
    return in_rail and f"then {keys}" in page and f"Go to {', '.join(place.name for place in places)}<" in page


def test_rail_and_list_of_keys_name_every_place(manager_client: Client) -> None:
    assert are_named(manager_client, PLACES)


def test_members_are_not_led_to_what_managers_alone_may_enter(reader_client: Client) -> None:
    assert are_named(reader_client, [place for place in PLACES if not place.for_managers])
    assert not are_named(reader_client, PLACES)


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
