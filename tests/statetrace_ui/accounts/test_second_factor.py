"""The second factor: setting it up, signing in with it, attacks on it, and organisations that ask for it."""

import re
from typing import Any

import pyotp
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from statetrace_ui.accounts.models import Authenticator, RecoveryCode, SecurityEvent
from statetrace_ui.accounts.second_factor import authenticator, signing_in
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.web.models import Organisation
from tests.conftest import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a password of tests"
PAGE = "/account/second-factor/"


class Clock:
    """Stands in for `time`: codes change when a test says so."""

    now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(authenticator, "time", made)
    return made


def code_of(person: User, clock: Clock) -> str:
    return pyotp.TOTP(Authenticator.objects.get(person=person).secret).at(int(clock.now))


def set_up(client: Client, person: User, clock: Clock) -> list[str]:
    """Set up an app by the pages; returns the recovery codes."""
    client.post(f"{PAGE}app/", {"password": PASSWORD})
    page = client.post(f"{PAGE}app/confirm/", {"code": code_of(person, clock)})
    clock.now += 60
    codes: list[str] = page.context["codes"]
    return codes


def by_password(client: Client, **more: str) -> Any:
    return client.post("/account/login/", {"username": "reader", "password": PASSWORD, **more})


def by_code(client: Client, code: str) -> Any:
    return client.post("/account/login/code/", {"code": code})


def is_in(client: Client) -> bool:
    return client.get("/people/").status_code == 200


def test_setting_up_shows_the_secret_once_and_stores_it_encrypted(
    reader: User, reader_client: Client, clock: Clock
) -> None:
    page = reader_client.post(f"{PAGE}app/", {"password": PASSWORD}).content.decode()
    secret = Authenticator.objects.get(person=reader).secret
    assert secret in page
    assert "<svg" in page
    assert "style=" not in page
    assert secret not in reader_client.get(PAGE).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_authenticator")
        assert secret not in str(cursor.fetchall())


def test_setting_up_takes_the_own_password(reader: User, reader_client: Client) -> None:
    assert reader_client.post(f"{PAGE}app/", {"password": "wrong"}).status_code == 400
    assert not Authenticator.objects.exists()


def test_it_counts_once_its_first_code_is_typed(reader: User, reader_client: Client, clock: Clock) -> None:
    reader_client.post(f"{PAGE}app/", {"password": PASSWORD})
    assert reader_client.post(f"{PAGE}app/confirm/", {"code": "000000"}).status_code == 400
    assert by_password(Client()).headers["location"] == "/"


def test_signing_in_asks_for_the_code(reader: User, reader_client: Client, clock: Clock) -> None:
    set_up(reader_client, reader, clock)
    client = Client()
    assert by_password(client, next="/people/").headers["location"] == "/account/login/code/"
    assert not is_in(client)
    assert by_code(client, code_of(reader, clock)).headers["location"] == "/people/"
    assert is_in(client)


def test_sessions_that_were_begun_without_it_end(reader: User, reader_client: Client, clock: Clock) -> None:
    elsewhere = Client()
    by_password(elsewhere)
    set_up(reader_client, reader, clock)
    assert not is_in(elsewhere)
    assert is_in(reader_client)


def test_a_code_is_taken_once(reader: User, reader_client: Client, clock: Clock) -> None:
    set_up(reader_client, reader, clock)
    seen, client, thief = code_of(reader, clock), Client(), Client()
    by_password(client)
    by_code(client, seen)
    by_password(thief)
    assert "was used before" in by_code(thief, seen).content.decode()
    clock.now += 30  # still within the steps that are looked at
    assert by_code(thief, seen).status_code == 200
    assert not is_in(thief)


def test_the_code_that_confirmed_it_signs_nobody_in(reader: User, reader_client: Client, clock: Clock) -> None:
    reader_client.post(f"{PAGE}app/", {"password": PASSWORD})
    seen = code_of(reader, clock)
    reader_client.post(f"{PAGE}app/confirm/", {"code": seen})
    client = Client()
    by_password(client)
    assert by_code(client, seen).status_code == 200


def test_codes_are_not_tried_for_long(reader: User, reader_client: Client, clock: Clock) -> None:
    set_up(reader_client, reader, clock)
    client = Client()
    by_password(client)
    answers = [by_code(client, f"{number:06}").status_code for number in range(8)]
    assert answers[0] == 200
    assert answers[-1] == 429
    fresh = Client()
    by_password(fresh)
    assert by_code(fresh, code_of(reader, clock)).status_code == 429
    assert SecurityEvent.objects.filter(event=Event.SECOND_FACTOR_FAILED, subject="reader").exists()


def test_the_code_alone_opens_nothing(reader: User, reader_client: Client, clock: Clock) -> None:
    set_up(reader_client, reader, clock)
    assert by_code(Client(), code_of(reader, clock)).headers["location"] == "/account/login/"


def test_a_planted_session_is_not_the_one_that_is_signed_in(reader: User, reader_client: Client, clock: Clock) -> None:
    set_up(reader_client, reader, clock)
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["statetrace_session"] = str(session.session_key)
    by_password(client)
    held = client.cookies["statetrace_session"].value
    by_code(client, code_of(reader, clock))
    assert len({session.session_key, held, client.cookies["statetrace_session"].value}) == 3


def test_who_is_held_is_let_go_after_a_while_and_by_another_password(
    reader: User, reader_client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(reader_client, reader, clock)
    client = Client()
    by_password(client)
    with monkeypatch.context() as patched:
        patched.setattr(signing_in, "LASTS", 0)
        assert by_code(client, code_of(reader, clock)).headers["location"] == "/account/login/"
    reader.set_password("correct horse battery")
    reader.save()
    assert by_code(client, code_of(reader, clock)).headers["location"] == "/account/login/"


def test_next_leads_nowhere_else(reader: User, reader_client: Client, clock: Clock) -> None:
    set_up(reader_client, reader, clock)
    client = Client()
    by_password(client, next="//evil.example/")
    assert by_code(client, code_of(reader, clock)).headers["location"] == "/"


def test_a_recovery_code_stands_in_once(reader: User, reader_client: Client, clock: Clock) -> None:
    codes = set_up(reader_client, reader, clock)
    assert len({*codes}) == 10
    for expected in (True, False):
        client = Client()
        by_password(client)
        by_code(client, codes[0].upper().replace("-", " "))
        assert is_in(client) == expected
    assert "9 left" in re.sub(r"\s+", " ", reader_client.get(PAGE).content.decode())


def test_recovery_codes_are_shown_once_and_stored_as_digests(reader: User, reader_client: Client, clock: Clock) -> None:
    codes = set_up(reader_client, reader, clock)
    assert codes[0] not in reader_client.get(PAGE).content.decode()
    assert codes[0].replace("-", "") not in str([*RecoveryCode.objects.values_list("digest")])
    renewed = reader_client.post(f"{PAGE}codes/", {"password": PASSWORD}).context["codes"]
    assert not {*renewed} & {*codes}
    assert RecoveryCode.objects.filter(person=reader).count() == 10


def test_removing_takes_the_own_password(reader: User, reader_client: Client, clock: Clock) -> None:
    set_up(reader_client, reader, clock)
    assert reader_client.post(f"{PAGE}remove/", {"password": "wrong"}).status_code == 400
    assert Authenticator.objects.exists()
    reader_client.post(f"{PAGE}remove/", {"password": PASSWORD})
    assert by_password(Client()).headers["location"] == "/"


def test_an_organisation_asks_for_it(
    reader: User, reader_client: Client, organisation: Organisation, clock: Clock
) -> None:
    organisation.requires_second_factor = True
    organisation.save()
    for path in ("/people/", "/sources/", "/account/tokens/", "/exports/"):
        assert reader_client.get(path).headers["location"] == PAGE
    assert reader_client.post("/account/tokens/make/", {"name": "a", "scopes": "read", "days": "1"}).status_code == 302
    assert not reader.memberships.get().tokens.exists()
    assert "asks its members for a second factor" in reader_client.get(PAGE).content.decode()
    set_up(reader_client, reader, clock)
    assert is_in(reader_client)


def test_who_removes_it_is_asked_for_another(
    reader: User, reader_client: Client, organisation: Organisation, clock: Clock
) -> None:
    organisation.requires_second_factor = True
    organisation.save()
    set_up(reader_client, reader, clock)
    reader_client.post(f"{PAGE}remove/", {"password": PASSWORD})
    assert not is_in(reader_client)


def test_a_manager_requires_it(manager_client: Client, organisation: Organisation) -> None:
    manager_client.post("/people/second-factor/", {"required": "on"})
    organisation.refresh_from_db()
    assert organisation.requires_second_factor
    assert SecurityEvent.objects.filter(event=Event.SECOND_FACTOR_REQUIRED, subject="yes").exists()
    assert manager_client.get("/people/").headers["location"] == PAGE


def test_another_organisation_is_not_kept_from_its_members(
    reader: User, reader_client: Client, organisation: Organisation
) -> None:
    organisation.requires_second_factor = True
    organisation.save()
    other = Organisation.objects.create(name="Other", slug="other")
    reader.memberships.create(organisation=other)
    reader_client.post("/account/organisation/", {"organisation": other.pk})
    assert is_in(reader_client)


def test_a_manager_removes_a_lost_one_of_their_own_people_alone(
    reader: User, reader_client: Client, manager_client: Client, clock: Clock
) -> None:
    set_up(reader_client, reader, clock)
    membership = reader.memberships.get()
    elsewhere = reader.memberships.create(organisation=Organisation.objects.create(name="Other", slug="other"))
    address = f"/people/{membership.pk}/second-factor/"
    assert manager_client.post(address).status_code == 403
    assert Authenticator.objects.exists()
    elsewhere.delete()
    assert manager_client.post(address).status_code == 302
    assert not Authenticator.objects.exists()


def test_everybody_has_codes_of_their_own(reader: User, reader_client: Client, clock: Clock) -> None:
    codes = set_up(reader_client, reader, clock)
    other, client = make_user("other", None), Client()
    client.force_login(other)
    set_up(client, other, clock)
    thief = Client()
    thief.post("/account/login/", {"username": "other", "password": PASSWORD})
    by_code(thief, codes[0])
    assert thief.get("/account/").status_code == 302
