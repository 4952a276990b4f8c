"""The security log: what it holds, of whom, and what it never holds."""

import logging

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, RequestFactory

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event, bound, record, record_look
from statetrace_ui.web.models import Membership, Organisation

pytestmark = pytest.mark.django_db


def entries(event: Event) -> list[SecurityEvent]:
    return list(SecurityEvent.objects.filter(event=event).order_by("id"))


def test_within_a_request_the_viewer_did_it(reader: User, organisation: Organisation) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="198.51.100.9")
    request.user, request.organisation = reader, organisation  # type: ignore[attr-defined]
    with bound(request):
        entry = record(Event.SYNC_REQUESTED, "Checkout")
    entry.refresh_from_db()
    assert (entry.person_id, entry.person_name, entry.subject) == (reader.pk, "reader", "Checkout")
    assert (entry.organisation_id, entry.organisation_name) == (organisation.pk, "Acme")
    assert entry.address == "198.51.100.9"


def test_what_a_request_bound_ends_with_it(reader: User) -> None:
    request = RequestFactory().get("/")
    request.user = reader
    with bound(request):
        pass
    assert record(Event.SYNC_REQUESTED).person_id is None


def test_outside_a_request_the_user_of_the_machine_did_it(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "operator")
    entry = record(Event.SOURCE_ADDED, "shop", organisation=organisation)
    assert (entry.person_id, entry.person_name, entry.address) == (None, "operator (command line)", None)


@pytest.mark.parametrize("subject", ["a\0b", "\ud83d", "x" * 10_000])
def test_any_subject_can_be_kept(subject: str, organisation: Organisation) -> None:
    assert (
        0
        < len(SecurityEvent.objects.get(pk=record(Event.VIEWED, subject, organisation=organisation).pk).subject)
        <= 500
    )


def test_an_entry_outlives_its_person_and_organisation(manager: User, organisation: Organisation) -> None:
    entry = record(Event.SYNC_REQUESTED, "Checkout", organisation=organisation, person=manager)
    manager.delete()
    organisation.delete()
    entry.refresh_from_db()
    assert (entry.person_name, entry.organisation_name) == ("manager", "Acme")


def test_signing_in_and_out_is_recorded_for_each_organisation(reader: User, client: Client) -> None:
    other = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    Membership.objects.create(user=reader, organisation=other)
    client.post(
        "/account/login/", {"username": "reader", "password": "a password of tests"}, REMOTE_ADDR="198.51.100.9"
    )
    client.post("/account/logout/")
    for event in (Event.SIGNED_IN, Event.SIGNED_OUT):
        found = entries(event)
        assert [entry.organisation_name for entry in found] == ["Acme", "Elsewhere"]
        assert {entry.person_id for entry in found} == {reader.pk}
    assert {entry.address for entry in entries(Event.SIGNED_IN)} == {"198.51.100.9"}


def test_a_failed_sign_in_names_only_people_who_are_known(reader: User, client: Client) -> None:
    for name in ("reader", "hunter2hunter2"):
        client.post("/account/login/", {"username": name, "password": "wrong"})
    known, unknown = entries(Event.SIGN_IN_FAILED)
    assert (known.person_id, known.subject, known.organisation_name) == (None, "reader", "Acme")
    assert (unknown.subject, unknown.organisation_id) == ("a name that nobody has", None)


def test_what_a_member_is_refused_is_recorded_without_the_query(reader_client: Client) -> None:
    assert reader_client.post("/exports/connection/reset/?secret=1").status_code == 403
    [entry] = entries(Event.REFUSED)
    assert (entry.subject, entry.person_name) == ("POST /exports/connection/reset/", "reader")


def test_what_a_visitor_is_refused_is_not_kept(db: None) -> None:
    assert Client(enforce_csrf_checks=True).post("/account/login/").status_code == 403
    assert entries(Event.REFUSED) == []


def test_memberships_and_rights_are_recorded(organisation: Organisation) -> None:
    SecurityEvent.objects.all().delete()
    person = User.objects.create(username="ann")
    membership = Membership.objects.create(user=person, organisation=organisation)
    membership.role = Membership.Role.MANAGER
    membership.save()
    person.is_staff = True
    person.save()
    person.save()  # nothing has changed
    person.user_permissions.add(Permission.objects.all()[0])
    membership.delete()
    person.delete()
    told = [(entry.label, entry.subject) for entry in SecurityEvent.objects.order_by("id")]
    assert told == [
        ("Person changed", "ann: added, may sign in"),
        ("Membership changed", "ann: Viewer"),
        ("Membership changed", "ann: Manager"),
        ("Person changed", "ann: staff: yes"),
        ("Person changed", "ann: permissions"),
        ("Membership changed", "ann: removed"),
        ("Person changed", "ann: deleted"),
    ]


def test_a_look_is_recorded_once_while_it_lasts(reader: User, organisation: Organisation) -> None:
    request = RequestFactory().get("/")
    request.user = reader
    with bound(request):
        for subject in ("orders 7", "orders 7", "orders 8"):
            record_look(subject, organisation)
    assert [entry.subject for entry in entries(Event.VIEWED)] == ["orders 7", "orders 8"]


def test_the_programs_log_says_the_same(organisation: Organisation, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "statetrace.security"):
        record(Event.CREDENTIALS_RESET, "replica_acme", organisation=organisation, name="worker")
    assert "credentials_reset: replica_acme; person worker, organisation Acme, address –" in caplog.text


def test_an_event_of_another_version_is_shown_as_it_is_stored() -> None:
    assert SecurityEvent(event="something_new").label == "something_new"
