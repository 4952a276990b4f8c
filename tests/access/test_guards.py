"""What holds for every address, whoever opens it and whatever it answers."""

import pytest
from django.contrib.auth.models import User

from tests.access.addresses import KNOWN
from tests.access.answers import signed_in
from tests.access.holdings import Holdings


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_post_without_its_token_is_refused(name: str, acme: Holdings, manager: User) -> None:
    assert signed_in(manager, enforce_csrf_checks=True).post(acme.address(name)).status_code == 403


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_answers_are_guarded(name: str, acme: Holdings, manager: User) -> None:
    """Also those that say that something is not there."""
    headers = signed_in(manager).get(acme.address(name)).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert {"private", "no-store"} & set(headers.get("cache-control", "").replace(",", " ").split())
