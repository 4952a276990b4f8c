"""Invitations: made by managers, shown once, spent once, by a new account or by whoever is signed in."""

import re
import socket
import threading
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.fixtures import Settings

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.people import invitations
from statetrace_ui.people.models import Invitation
from statetrace_ui.people.tasks import NotSent, mail_sealed
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.conftest import make_user
from tests.statetrace_ui.people.mailed import mailed, queued

PASSWORD = "correct horse battery"


def invite(client: Client, **fields: str) -> str:
    """The path of the link that the page shows."""
    page = client.post("/people/invitations/", {"role": "analyst", **fields}).content.decode()
    return re.search(r"http://testserver(/invitation/[\w-]{43}/)", page)[1]  # type: ignore[index]


def sign_up(client: Client, link: str, name: str = "newcomer", **fields: str) -> Any:
    return client.post(link, {"username": name, "password1": PASSWORD, "password2": PASSWORD, **fields})


def test_a_link_is_shown_once_and_stored_as_a_digest(manager_client: Client) -> None:
    link = invite(manager_client, email="ada@example.com")
    token = link.split("/")[2]
    page = manager_client.get("/people/").content.decode()
    assert "ada@example.com" in page
    assert token not in page
    assert token not in str([*Invitation.objects.values_list(), *SecurityEvent.objects.values_list()])


def test_a_new_account_joins_with_the_role(manager_client: Client, organisation: Organisation) -> None:
    link, newcomer = invite(manager_client, email="ada@example.com"), Client()
    assert 'value="ada@example.com"' in newcomer.get(link).content.decode()
    assert sign_up(newcomer, link, email="ada@example.com").headers["location"] == "/"
    person = User.objects.get(username="newcomer")
    assert [(one.organisation, one.role) for one in person.memberships.all()] == [(organisation, "analyst")]
    assert newcomer.get("/sources/").status_code == 200
    [entry] = SecurityEvent.objects.filter(event=Event.INVITATION_ACCEPTED)
    assert (entry.person_name, entry.organisation_name) == ("newcomer", "Acme")


def test_signing_up_begins_a_new_session(manager_client: Client) -> None:
    link, newcomer = invite(manager_client), Client()
    newcomer.session.save()
    newcomer.session["planted"] = True
    before = newcomer.session.session_key
    sign_up(newcomer, link)
    assert newcomer.session.session_key not in (None, before)


def test_a_forged_field_chooses_neither_role_nor_rights(manager_client: Client, stranger: User) -> None:
    elsewhere = stranger.memberships.get().organisation_id
    forged = {"role": "manager", "organisation": str(elsewhere), "is_superuser": "on", "is_staff": "on"}
    sign_up(Client(), invite(manager_client), **forged)
    person = User.objects.get(username="newcomer")
    assert (person.is_superuser, person.is_staff) == (False, False)
    assert [(one.organisation.name, one.role) for one in person.memberships.all()] == [("Acme", "analyst")]


def test_weak_passwords_and_taken_names_do_not_spend_the_link(manager_client: Client, reader: User) -> None:
    link = invite(manager_client)
    weak = Client().post(link, {"username": "newcomer", "password1": "short", "password2": "short"})
    assert "at least 12 characters" in weak.content.decode()
    assert "already exists" in sign_up(Client(), link, "Reader").content.decode()
    assert sign_up(Client(), link).status_code == 302


def test_somebody_who_is_signed_in_joins_with_their_account(manager_client: Client, stranger: User) -> None:
    link, client = invite(manager_client), Client()
    client.force_login(stranger)
    assert "Join as stranger" in client.get(link).content.decode()
    assert client.post(f"{link}join/").headers["location"] == "/"
    assert client.get("/people/").context["request"].organisation.name == "Acme"


def test_a_link_is_spent_once(manager_client: Client) -> None:
    link = invite(manager_client)
    sign_up(Client(), link)
    again = sign_up(Client(), link, "another")
    assert again.status_code == 404
    assert "has been used or revoked" in again.content.decode()
    assert not User.objects.filter(username="another").exists()


def test_looking_does_not_spend_a_link(manager_client: Client) -> None:
    link = invite(manager_client)
    for _ in range(3):
        assert Client().get(link).status_code == 200
    assert sign_up(Client(), link).status_code == 302


def test_a_member_keeps_their_role_and_the_link_stays_good(manager_client: Client, reader: User) -> None:
    link, client = invite(manager_client, role="manager"), Client()
    client.force_login(reader)
    assert client.post(f"{link}join/").status_code == 409
    assert reader.memberships.get().role == "reader"
    assert sign_up(Client(), link).status_code == 302


def test_a_link_ends_with_time(manager_client: Client) -> None:
    link = invite(manager_client)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(link).status_code == 404
    assert sign_up(Client(), link).status_code == 404


def test_a_link_is_revoked(manager_client: Client) -> None:
    link = invite(manager_client)
    assert manager_client.post(f"/people/invitations/{Invitation.objects.get().pk}/revoke/").status_code == 302
    assert Client().get(link).status_code == 404


@pytest.mark.parametrize("how", ["removed", "demoted", "inactive"])
def test_whoever_manages_no_more_lets_nobody_in(how: str, manager: User, manager_client: Client) -> None:
    """A manager who is sent away must not have kept a way back in."""
    link = invite(manager_client, role="manager")
    if how == "removed":
        manager.memberships.get().delete()
    elif how == "demoted":
        manager.memberships.update(role="reader")
    else:
        User.objects.filter(pk=manager.pk).update(is_active=False)
    assert sign_up(Client(), link).status_code == 404


def test_links_that_do_not_exist_are_not_tried_for_long(manager_client: Client) -> None:
    link, client = invite(manager_client), Client()
    answers = [client.get(f"/invitation/{number}/").status_code for number in range(40)]
    assert set(answers) == {404, 429}
    assert client.get(link).status_code == 429


def test_there_are_not_more_than_a_page_holds(manager_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 1)
    invite(manager_client)
    refused = manager_client.post("/people/invitations/", {"role": "reader"})
    assert "Revoke some" in refused.content.decode()


def test_the_link_is_mailed_where_there_is_a_mail_server(manager_client: Client, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    link = invite(manager_client, email="ada@example.com")
    assert mail.outbox == []  # a worker mails it
    assert link.split("/")[2] not in str([*ProcrastinateJob.objects.values()])
    message = mailed()
    assert message.to == ["ada@example.com"]
    assert f"http://testserver{link}" in message.body


@pytest.mark.parametrize(("answer", "again"), [(None, True), (b"451 Later", True), (b"554 Never", False)])
def test_a_mail_server_keeps_no_page_waiting_and_is_asked_again_where_that_may_help(
    answer: bytes | None, again: bool, manager_client: Client, settings: Settings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_BACKEND, settings.EMAIL_TIMEOUT = "django.core.mail.backends.smtp.EmailBackend", 0.2
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
        page = manager_client.post("/people/invitations/", {"role": "reader", "email": "ada@example.com"})
        assert "e-mails it to <bdi>ada@example.com" in page.content.decode()
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has called
            server.accept()
        server.setblocking(True)
        if answer:
            threading.Thread(target=_greet, args=[server, answer]).start()
        with pytest.raises(NotSent) if again else nullcontext():
            mail_sealed(**queued()[0])


def _greet(server: socket.socket, answer: bytes) -> None:
    client, _ = server.accept()
    with client:
        client.sendall(answer + b"\r\n")
        client.recv(100)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_link_at_once_one_joins(manager: User, stranger: User) -> None:
    other = make_user("other", None)
    _, token = invitations.invite(manager.memberships.get(), "reader", "")
    both, refused = threading.Barrier(2), []

    def accept(person: User) -> None:
        both.wait()
        try:
            invitations.accept(token, person)
        except UserError as error:
            refused.append(error.status)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=[one]) for one in (stranger, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [404]
    assert manager.memberships.get().organisation.memberships.count() == 2
