"""What managers alone open: others of the organisation are refused, and nobody finds what is another's."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.access.addresses import MANAGERS_PAGES
from tests.access.answers import WAYS, signed_in, text_of
from tests.access.holdings import Holdings


@pytest.mark.parametrize("name", MANAGERS_PAGES)
def test_managers_see_what_is_theirs(name: str, acme: Holdings, manager: User) -> None:
    for headers in WAYS.values():
        answer = signed_in(manager).get(acme.address(name), headers=headers)
        assert answer.status_code == 200
        assert acme.word in text_of(answer) or headers  # some fragments name nothing


@pytest.mark.parametrize("name", MANAGERS_PAGES)
def test_others_do_not(name: str, acme: Holdings, reader: User, analyst: User, client: Client) -> None:
    for member in (reader, analyst):
        assert signed_in(member).get(acme.address(name)).status_code == 403
    assert client.get(acme.address(name)).status_code == 302


@pytest.mark.parametrize("name", [name for name, arguments in MANAGERS_PAGES.items() if arguments])
def test_a_manager_of_another_organisation_finds_nothing(
    name: str, acme: Holdings, elsewhere: Holdings, stranger: User
) -> None:
    stranger.memberships.update(role="manager")
    answer = signed_in(stranger).get(acme.address(name))
    assert answer.status_code == 404
    assert acme.word not in text_of(answer)
    assert elsewhere.word in text_of(signed_in(stranger).get(elsewhere.address(name)))
