"""One's own account: profile, e-mail address, where one is signed in, and forgotten passwords."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from statetrace_ui.accounts.models import SecurityEvent, Session
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.people import recovery
from statetrace_ui.people.tasks import mail_recovery
from statetrace_ui.web.models import Membership, Organisation, Profile
from tests.conftest import make_user
from tests.statetrace_ui.people.mailed import mailed

pytestmark = pytest.mark.django_db
PASSWORD, ANOTHER = "a password of tests", "correct horse battery"
ACCOUNT = "/account/"


@pytest.fixture
def mail_server(settings: Settings) -> None:
    settings.EMAIL_HOST, settings.PUBLIC_URL = "mail.example.com", "https://statetrace.example.com"


def link_in(message: Any) -> str:
    """The path of the link in a mail."""
    return re.search(r"https?://[^/\s]+(/\S+)", message.body)[1]  # type: ignore[index]


def test_names_and_zone_are_kept(reader: User, reader_client: Client) -> None:
    reader_client.post(ACCOUNT, {"first_name": "Ada", "last_name": "Byron", "time_zone": "Asia/Tokyo"})
    reader.refresh_from_db()
    assert reader.get_full_name() == "Ada Byron"
    assert "JST" in reader_client.get("/account/sessions/").content.decode()


def test_a_zone_that_there_is_not_is_refused(reader: User, reader_client: Client) -> None:
    assert "Select a valid choice" in reader_client.post(ACCOUNT, {"time_zone": "../etc"}).content.decode()
    assert not Profile.objects.exists()


def test_a_forged_field_gives_no_rights(reader: User, reader_client: Client) -> None:
    reader_client.post(ACCOUNT, {"is_superuser": "on", "is_staff": "on", "username": "manager", "time_zone": ""})
    reader.refresh_from_db()
    assert (reader.username, reader.is_superuser, reader.is_staff) == ("reader", False, False)


def test_without_a_mail_server_an_address_counts_at_once(reader: User, reader_client: Client) -> None:
    reader_client.post("/account/email/", {"email": "ada@example.com", "password": PASSWORD})
    reader.refresh_from_db()
    assert (reader.email, reader.profile.verified_email) == ("ada@example.com", "")


def test_another_address_takes_the_own_password(reader: User, reader_client: Client) -> None:
    answer = reader_client.post("/account/email/", {"email": "evil@example.com", "password": "wrong"})
    assert "This is not your password." in answer.content.decode()
    reader.refresh_from_db()
    assert reader.email == "reader@example.com"


@pytest.mark.usefixtures("mail_server")
def test_an_address_counts_once_its_link_is_opened(reader: User, reader_client: Client) -> None:
    reader_client.post("/account/email/", {"email": "ada@example.com", "password": PASSWORD})
    reader.refresh_from_db()
    assert reader.email == "reader@example.com"
    link = link_in(mailed())
    assert reader_client.get(link).status_code == 200
    reader_client.post(link)
    reader.refresh_from_db()
    assert (reader.email, reader.profile.verified_email) == ("ada@example.com", "ada@example.com")
    assert reader_client.post(link).status_code == 404


@pytest.mark.usefixtures("mail_server")
def test_a_link_confirms_nobody_elses_address(reader_client: Client, stranger: User, stranger_client: Client) -> None:
    reader_client.post("/account/email/", {"email": "ada@example.com", "password": PASSWORD})
    assert stranger_client.post(link_in(mailed())).status_code == 404
    assert not Profile.objects.filter(person=stranger).exists()


def test_sessions_are_listed_and_ended(reader: User, client: Client) -> None:
    phone = Client(headers={"User-Agent": "Mozilla/5.0 (Android 14) Firefox/128.0"})
    for one in (client, phone):
        one.post("/account/login/", {"username": "reader", "password": PASSWORD})
    page = client.get("/account/sessions/").content.decode()
    assert "Firefox 128 on Android" in page
    assert page.count("127.0.0.1") == 2
    for one in (client, phone):
        assert str(one.session.session_key) not in page
    client.post("/account/sessions/end/", {"session": re.search(r'name="session" value="(\w+)"', page)[1]})  # type: ignore[index]
    assert phone.get("/people/").status_code == 302
    assert client.get("/people/").status_code == 200


def test_all_others_are_ended_at_once(reader: User, reader_client: Client) -> None:
    others = [Client(), Client()]
    for one in others:
        one.force_login(reader)
    reader_client.post("/account/sessions/end/")
    assert [one.get("/people/").status_code for one in [*others, reader_client]] == [302, 302, 200]
    assert SecurityEvent.objects.filter(event=Event.SESSIONS_ENDED, person=reader).exists()


def test_nobody_ends_sessions_of_others(reader: User, reader_client: Client, stranger_client: Client) -> None:
    page = reader_client.get("/account/sessions/").context["sessions"]
    stranger_client.post("/account/sessions/end/", {"session": page[0][0]})
    stranger_client.post("/account/sessions/end/")
    assert reader_client.get("/people/").status_code == 200


def test_a_session_is_known_by_its_person_until_they_sign_out(reader: User, reader_client: Client) -> None:
    assert Session.objects.filter(person=reader).count() == 1
    reader_client.post("/account/logout/")
    assert not Session.objects.filter(person=reader).exists()


@pytest.mark.usefixtures("mail_server")
def test_a_forgotten_password_is_set_by_the_link_that_was_mailed(reader: User, client: Client) -> None:
    elsewhere = Client()
    elsewhere.force_login(reader)
    mail_recovery(reader.pk)
    [message] = mail.outbox
    assert message.body.count("https://statetrace.example.com/account/recovery/") == 1
    form = client.get(link_in(message), follow=True)
    set_to = {"new_password1": ANOTHER, "new_password2": ANOTHER}
    assert client.post(form.redirect_chain[-1][0], set_to).headers["location"] == "/account/login/"
    reader.refresh_from_db()
    assert reader.check_password(ANOTHER)
    assert elsewhere.get("/people/").status_code == 302
    assert "has been used" in Client().get(link_in(message), follow=True).content.decode()


@pytest.mark.usefixtures("mail_server")
def test_asking_says_the_same_whether_or_not_there_is_such_a_person(reader: User) -> None:
    pages = [
        re.sub(r'value="[^"]*"', "", Client().post("/account/recovery/", {"who": who}).content.decode())
        for who in ("reader", "READER@example.com", "nobody")
    ]
    assert pages[0] == pages[1] == pages[2]
    assert "a link is on its way" in pages[0]
    assert mail.outbox == []  # a job mails it


@pytest.mark.usefixtures("mail_server")
def test_a_mailbox_is_not_filled(reader: User, client: Client) -> None:
    answers = [client.post("/account/recovery/", {"who": "reader"}).status_code for _ in range(8)]
    assert (answers[0], answers[-1]) == (200, 429)


def test_without_a_mail_server_the_page_says_whom_to_ask(reader: User, client: Client) -> None:
    assert "Ask a manager of your organisation" in client.get("/account/recovery/").content.decode()
    assert "is on its way" not in client.post("/account/recovery/", {"who": "reader"}).content.decode()


def recovered(manager_client: Client, person: User, organisation: Organisation) -> Any:
    membership = person.memberships.get(organisation=organisation)
    return manager_client.post(f"/people/{membership.pk}/recovery/")


def test_a_manager_makes_a_link_once(
    reader: User, manager_client: Client, organisation: Organisation, client: Client
) -> None:
    page = recovered(manager_client, reader, organisation).content.decode()
    link = re.search(r"http://testserver(/account/recovery/\S+/)<", page)[1]  # type: ignore[index]
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"new_password1": ANOTHER, "new_password2": ANOTHER})
    reader.refresh_from_db()
    assert reader.check_password(ANOTHER)
    assert link not in str([*SecurityEvent.objects.values_list()])


@pytest.mark.parametrize(
    "rights", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}, {"password": "!"}]
)
def test_a_manager_makes_none_for_who_may_do_more_here(
    rights: dict[str, object], reader: User, manager_client: Client, organisation: Organisation
) -> None:
    User.objects.filter(pk=reader.pk).update(**rights)
    assert recovered(manager_client, reader, organisation).status_code == 403


def test_a_manager_of_one_organisation_takes_over_nobody_of_another(
    organisation: Organisation, stranger: User, manager_client: Client, manager: User
) -> None:
    """Neither who belongs to both, nor who joins another one after the link was made."""
    Membership.objects.create(user=stranger, organisation=organisation)
    assert recovered(manager_client, stranger, organisation).status_code == 403
    person = make_user("later", organisation)
    path = recovery.path_for(person)
    assert 'name="new_password1"' in Client().get(path, follow=True).content.decode()
    Membership.objects.create(user=person, organisation=stranger.memberships.first().organisation)  # type: ignore[union-attr]
    assert "has been used" in Client().get(path, follow=True).content.decode()
