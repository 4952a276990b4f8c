"""Who gets in, in which zone they read times, and how failures are shown."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from statetrace_ui.web.models import Membership, Organisation


def test_others_are_asked_to_sign_in(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


def test_a_user_without_an_organisation_gets_advice(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("nobody"))
    response = client.get("/")
    assert response.status_code == 403
    assert "Ask a manager of one" in response.content.decode()


def test_a_fragment_fails_as_a_fragment(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("nobody"))
    body = client.get("/", headers={"HX-Request": "true"}).content.decode()
    assert "not a member" in body
    assert "<html" not in body


def test_the_chosen_organisation_counts_only_for_its_members(reader: User, client: Client) -> None:
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    client.force_login(reader)
    session = client.session
    session["organisation"] = elsewhere.pk
    session.save()
    assert client.get("/").wsgi_request.organisation.slug == "acme"  # type: ignore[attr-defined]
    Membership.objects.create(user=reader, organisation=elsewhere)
    assert client.get("/").wsgi_request.organisation.slug == "elsewhere"  # type: ignore[attr-defined]


def test_a_member_of_several_organisations_switches_between_them(reader: User, client: Client) -> None:
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    Membership.objects.create(user=reader, organisation=elsewhere)
    client.force_login(reader)
    response = client.post("/account/organisation/", {"organisation": elsewhere.pk}, follow=True)
    assert response.wsgi_request.organisation == elsewhere  # type: ignore[attr-defined]


@pytest.mark.parametrize("wanted", ["{elsewhere}", "none", "", "9" * 40])
def test_an_organisation_of_others_cannot_be_chosen(reader_client: Client, wanted: str) -> None:
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    wanted = wanted.format(elsewhere=elsewhere.pk)
    assert reader_client.post("/account/organisation/", {"organisation": wanted}).status_code == 404
    assert "organisation" not in reader_client.session


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "Europe/Berlin"])
def test_any_zone_in_the_cookie_is_survived(reader_client: Client, zone: str) -> None:
    reader_client.cookies["timezone"] = zone
    assert reader_client.get("/").status_code == 200


def test_the_content_security_policy_allows_nothing_inline_or_foreign(client: Client, db: None) -> None:
    policy = client.get("/account/login/", follow=True)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_signing_in_with_a_wrong_password_says_so(client: Client, reader: User) -> None:
    response = client.post("/account/login/", {"username": "reader", "password": "wrong"})
    assert "do not match" in response.content.decode()


def test_cookies_are_closed_to_scripts() -> None:
    assert settings.SESSION_COOKIE_HTTPONLY
