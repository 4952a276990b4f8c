"""Removing an organisation says what becomes of its database, and does nothing before that is chosen."""

import psycopg
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from replica.databases.models import Replica
from replica.databases.server import connect, own_urls
from replica.exports import copy
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import AddSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]


@pytest.fixture
def address(export: UserFlowExport, add_session: AddSession) -> str:
    add_session("one", calls=3)
    sync(export)
    return reverse("admin:web_organisation_delete", args=[export.organisation_id])


def databases(server_url: str) -> list[str]:
    with psycopg.connect(server_url) as server:
        return [name for (name,) in server.execute("SELECT datname FROM pg_database").fetchall()]


def test_the_page_previews_the_replica_and_a_choice_is_required(admin_client: Client, address: str) -> None:
    page = " ".join(admin_client.get(address).content.decode().split())
    name = Replica.objects.get().database
    assert f"the database {name}" in page
    assert "imported sessions stay in the store" in page
    answer = admin_client.post(address, {"post": "yes"}, follow=True).content.decode()
    assert "choose what becomes of its database" in answer
    assert Organisation.objects.exists()


def test_a_dropped_replica_goes_with_the_organisation(admin_client: Client, address: str, server_url: str) -> None:
    name = Replica.objects.get().database
    assert name in databases(server_url)
    admin_client.post(address, {"post": "yes", "replica": "drop"})
    assert name not in databases(server_url)
    assert not Organisation.objects.exists()


def test_a_kept_one_stays_on_its_server(admin_client: Client, address: str, server_url: str) -> None:
    name = Replica.objects.get().database
    admin_client.post(address, {"post": "yes", "replica": "keep"})
    assert name in databases(server_url)
    assert not Organisation.objects.exists()


def test_nothing_goes_while_a_sync_is_at_work(
    admin_client: Client, address: str, export: UserFlowExport, server_url: str
) -> None:
    with connect(own_urls()[0]) as other:
        copy.claim(other, export.user_flow_id)
        answer = admin_client.post(address, {"post": "yes", "replica": "drop"}, follow=True).content.decode()
    assert "still writing" in answer
    assert Replica.objects.get().database in databases(server_url)
    assert Organisation.objects.exists()


def test_staff_who_are_no_superusers_may_not(client: Client, address: str) -> None:
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.post(address, {"post": "yes", "replica": "drop"}).status_code == 403
    assert Replica.objects.exists()


def test_several_are_not_removed_by_one_click(admin_client: Client, organisation: Organisation) -> None:
    assert "delete_selected" not in admin_client.get(reverse("admin:web_organisation_changelist")).content.decode()
