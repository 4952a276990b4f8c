"""Each list of an organisation that has nothing leads on, whoever looks at it."""

import pytest
from django.test import Client
from django.urls import reverse

LISTS = [
    "history:sessions",
    "history:changes",
    "history:sources",
    "replica:flows",
    "exports:list",
    "databases:connection",
    "databases:schema",
]


@pytest.mark.parametrize("name", LISTS)
def test_every_role_is_led_to_the_first_steps(
    name: str, reader_client: Client, analyst_client: Client, manager_client: Client
) -> None:
    for client, also in (
        (reader_client, "the documentation"),
        (analyst_client, "the documentation"),
        (manager_client, "put sample data in"),
    ):
        main = client.get(reverse(name)).content.decode().partition("<main")[2]
        assert f'href="{reverse("start:page")}"' in main
        assert also in main
