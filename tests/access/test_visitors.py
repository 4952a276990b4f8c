"""Visitors who have not signed in, staff, and people whom no organisation has taken in yet."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.access.addresses import ADMIN, ALL, KNOWN, SHOWN
from tests.access.answers import WAYS, signed_in
from tests.access.holdings import Holdings
from tests.access.posted_addresses import MANAGED


def test_every_address_is_classified() -> None:
    """Those of the API are in tests/statetrace_ui/api/test_access.py."""
    assert {name for name in ALL if not name.startswith(("admin:", "api:"))} == KNOWN


@pytest.mark.parametrize("name", SHOWN)
def test_a_visitor_is_asked_to_sign_in(name: str, acme: Holdings, client: Client) -> None:
    for headers in WAYS.values():
        answer = client.get(acme.address(name), headers=headers)
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("/account/login/?next=")


@pytest.mark.parametrize("name", SHOWN)
def test_somebody_without_an_organisation_is_refused(name: str, acme: Holdings) -> None:
    client = signed_in(User.objects.create_user("newcomer"))
    for headers in WAYS.values():
        answer = client.get(acme.address(name), headers=headers)
        assert answer.status_code == 403
        assert acme.word not in answer.content.decode()


@pytest.mark.parametrize("name", MANAGED)
def test_a_visitor_is_asked_to_sign_in_before_changing_anything(name: str, acme: Holdings, client: Client) -> None:
    answer = client.post(acme.address(name))
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/account/login/?next=")
    acme.assert_untouched()


@pytest.mark.parametrize("name", ADMIN)
def test_the_admin_site_is_for_staff(name: str, manager: User) -> None:
    answer = signed_in(manager).get(reverse(name))
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/admin/login/")
