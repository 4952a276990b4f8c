"""Members of the organisation: readers look at everything, managers also change things, and looking changes nothing."""

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client

from tests.access.addresses import NUMBERS, SHOWN
from tests.access.answers import WAYS, signed_in, text_of
from tests.access.holdings import Holdings
from tests.access.posted_addresses import KEPT, MANAGED


@pytest.mark.parametrize("name", SHOWN)
def test_readers_see_what_is_theirs(name: str, acme: Holdings, reader: User) -> None:
    answer = signed_in(reader).get(acme.address(name))
    assert answer.status_code == 200
    assert name in NUMBERS or acme.word in text_of(answer)


@pytest.mark.parametrize("name", SHOWN)
def test_looking_changes_nothing(name: str, acme: Holdings, manager: User) -> None:
    client, address = signed_in(manager), acme.address(name)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
        for headers in WAYS.values():
            answer = client.get(address, headers=headers)
            assert answer.status_code == 200
            assert headers or name in NUMBERS or acme.word in text_of(answer)


@pytest.mark.parametrize("name", MANAGED)
def test_only_managers_change_things(name: str, acme: Holdings, reader_client: Client) -> None:
    assert reader_client.post(acme.address(name)).status_code == 403
    acme.assert_untouched()


@pytest.mark.parametrize("name", [name for name in KEPT if KEPT[name]])
def test_what_the_organisation_keeps_is_changed_by_managers_alone(
    name: str, acme: Holdings, reader_client: Client
) -> None:
    assert reader_client.post(acme.address(name), {"name": "mine"}).status_code == 404
    acme.assert_untouched()


@pytest.mark.parametrize("name", [*MANAGED, *KEPT])
def test_addresses_that_change_things_take_only_posts(name: str, acme: Holdings, manager: User) -> None:
    assert signed_in(manager).get(acme.address(name)).status_code == 405
    acme.assert_untouched()
