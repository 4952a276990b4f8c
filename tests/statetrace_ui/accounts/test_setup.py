"""An empty installation: a link makes the first administrator, once."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from statetrace_ui.accounts import setup
from statetrace_ui.accounts.models import SecurityEvent, SetupLink
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.web.models import Membership, Organisation

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def token() -> str:
    made = setup.new_token()
    assert made is not None
    return made


def use(client: Client, made: str, name: str = "ann", organisation: str = "Acme") -> Any:
    data = {"organisation": organisation, "username": name, "password1": PASSWORD, "password2": PASSWORD}
    return client.post(f"/account/first/{made}/", data)


def test_the_first_visit_says_what_to_do(client: Client) -> None:
    page = client.get("/", follow=True).content.decode()
    assert "Nobody can sign in yet" in page
    assert "manage.py first_administrator" in page


def test_the_link_makes_an_administrator_and_an_organisation_and_signs_in(client: Client) -> None:
    made = token()
    assert client.get(f"/account/first/{made}/").status_code == 200
    assert use(client, made).headers["location"] == "/"
    person = User.objects.get(username="ann")
    assert (person.is_superuser, person.is_staff) == (True, True)
    [membership] = person.memberships.all()
    assert (membership.organisation.name, membership.organisation.slug, membership.may_manage) == ("Acme", "acme", True)
    assert client.get("/sources/").status_code == 200
    assert SecurityEvent.objects.filter(event=Event.FIRST_ADMINISTRATOR, person=person).count() == 1


def test_the_link_works_once(client: Client) -> None:
    made = token()
    use(client, made)
    for answer in (Client().get(f"/account/first/{made}/"), use(Client(), made, "eve")):
        assert answer.status_code == 404
        assert "This link has been used" in answer.content.decode()
    assert not User.objects.filter(username="eve").exists()


def test_only_the_newest_link_works(client: Client) -> None:
    old, new = token(), token()
    assert client.get(f"/account/first/{old}/").status_code == 404
    assert client.get(f"/account/first/{new}/").status_code == 200


def test_a_link_gets_too_old(client: Client) -> None:
    made = token()
    SetupLink.objects.update(expires_at=timezone.now())
    assert use(client, made).status_code == 404


def test_a_link_is_worth_nothing_once_there_is_an_administrator(client: Client) -> None:
    made = token()
    User.objects.create_superuser("root", password=PASSWORD)
    assert use(client, made).status_code == 404
    assert setup.new_token() is None


def test_the_token_is_not_stored(client: Client) -> None:
    made = token()
    assert made not in str(list(SetupLink.objects.values_list()))
    assert len(made) >= 43  # 256 bits


@pytest.mark.parametrize("made", ["x", "%00", "\ud83d".encode(errors="surrogatepass").decode("latin-1"), "a" * 5000])
def test_what_is_no_token_is_not_found(made: str, client: Client) -> None:
    token()
    assert client.get(f"/account/first/{made}/").status_code == 404


def test_a_weak_password_spends_nothing(client: Client) -> None:
    made = token()
    data = {"organisation": "Acme", "username": "ann", "password1": "short", "password2": "short"}
    assert "at least 12 characters" in client.post(f"/account/first/{made}/", data).content.decode()
    assert use(client, made).status_code == 302


def test_an_organisation_that_an_import_made_is_taken_over(client: Client) -> None:
    default = Organisation.objects.create(name="Default organisation", slug="default")
    made = token()
    assert 'value="Default organisation"' in client.get(f"/account/first/{made}/").content.decode()
    use(client, made, organisation="Acme")
    default.refresh_from_db()
    assert (default.name, default.slug) == ("Acme", "default")
    assert Membership.objects.get().organisation == default


def test_an_organisation_of_that_name_is_joined(client: Client) -> None:
    Organisation.objects.create(name="First", slug="first")
    acme = Organisation.objects.create(name="Acme", slug="acme")
    use(client, token(), organisation="acme")
    assert Membership.objects.get().organisation == acme


@pytest.mark.parametrize(
    ("name", "slug"), [("Zürich & Söhne", "zurich-sohne"), ("世界", "organisation"), ("x" * 200, "x" * 36)]
)
def test_every_name_makes_a_slug(name: str, slug: str, client: Client) -> None:
    use(client, token(), organisation=name)
    assert Organisation.objects.get().slug == slug


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_make_one_administrator() -> None:
    made = token()
    together = threading.Barrier(6)
    answers: list[int] = []

    def attempt(number: int) -> None:
        together.wait(30)
        answers.append(use(Client(), made, f"person{number}").status_code)
        connection.close()

    threads = [threading.Thread(target=attempt, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [302, 404, 404, 404, 404, 404]
    assert User.objects.count() == 1
    assert Organisation.objects.count() == 1
