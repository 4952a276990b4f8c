"""What people and commands do stands in the security log, for the organisation that it concerns."""

import json
from io import StringIO

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client

from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from tests.access.answers import signed_in
from tests.access.holdings import Holdings


def recorded(event: Event) -> list[tuple[str, str, str]]:
    entries = SecurityEvent.objects.filter(event=event).order_by("id")
    return [(entry.person_name, entry.organisation_name, entry.subject) for entry in entries]


def test_syncs_and_autosync_are_recorded(acme: Holdings, manager: User) -> None:
    client = signed_in(manager)
    client.post(acme.address("exports:sync"))
    client.post(acme.address("exports:autosync"), {"autosync": "on"})
    client.post(acme.address("exports:autosync"))
    assert recorded(Event.SYNC_REQUESTED) == [("manager", "Acme", acme.word)]
    assert [subject for _, _, subject in recorded(Event.AUTOSYNC_CHANGED)] == [f"{acme.word}: on", f"{acme.word}: off"]


def test_what_is_refused_is_recorded_as_that(acme: Holdings, reader: User) -> None:
    signed_in(reader).post(acme.address("exports:sync"))
    assert recorded(Event.SYNC_REQUESTED) == []
    assert recorded(Event.REFUSED) == [("reader", "Acme", f"POST {acme.address('exports:sync')}")]


@pytest.fixture
def data_admin(manager: User, client: Client) -> Client:
    manager.is_staff = True
    manager.save()
    manager.user_permissions.set(Permission.objects.all())
    client.force_login(manager)
    return client


def test_what_the_admin_site_does_is_recorded(acme: Holdings, data_admin: Client) -> None:
    export = acme.ids["export"]
    data_admin.post(f"/admin/exports/userflowexport/{export}/sync/")
    data_admin.post("/admin/exports/userflowexport/", {"action": "sync_selected", "_selected_action": [str(export)]})
    assert recorded(Event.SYNC_REQUESTED) == [("manager", "Acme", acme.word)] * 2


@pytest.mark.usefixtures("clean_server", "store")
def test_a_reset_is_recorded_without_the_password(manager: User) -> None:
    Replica.objects.all().delete()
    replica = ensure_replica(manager.memberships.get().organisation)
    page = signed_in(manager).post("/exports/connection/reset/")
    [(person, organisation, subject)] = recorded(Event.CREDENTIALS_RESET)
    assert (person, organisation, subject) == ("manager", "Acme", f"role {replica.login_role}")
    assert page.context["access"].password not in str(list(SecurityEvent.objects.values_list()))


def test_revealing_urls_is_recorded(acme: Holdings) -> None:
    call_command("database_urls", stdout=StringIO())
    assert recorded(Event.CREDENTIALS_REVEALED) == []
    printed = StringIO()
    call_command("database_urls", reveal=True, stdout=printed)
    assert [organisation for _, organisation, _ in recorded(Event.CREDENTIALS_REVEALED)] == ["", "Acme", "Elsewhere"]
    assert json.loads(printed.getvalue())["store"] not in str(list(SecurityEvent.objects.values_list()))


def test_a_replica_that_is_changed_is_recorded(acme: Holdings, data_admin: Client) -> None:
    replica = acme.organisation.replica
    data_admin.post(f"/admin/databases/replica/{replica.pk}/change/", {"connection_limit": "7"})
    assert recorded(Event.REPLICA_CHANGED) == [("manager", "Acme", f"{replica.database}: connection_limit")]
