"""The connection page: what members see, what managers may do, and what stays hidden."""

import re

import psycopg
import pytest
from django.test import Client
from django.urls import reverse

from replica.databases import addresses
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from statetrace_ui.web.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store", "clean_server")]
CONNECTION, RESET = reverse("databases:connection"), reverse("databases:reset")


def test_before_the_first_sync_it_says_what_makes_the_database(reader_client: Client) -> None:
    assert "No database yet" in reader_client.get(CONNECTION).content.decode()


def test_it_gives_the_address_but_no_secret(reader_client: Client, organisation: Organisation) -> None:
    replica = ensure_replica(organisation)
    page = reader_client.get(CONNECTION).content.decode()
    assert replica.database in page
    assert "psql" in page
    for url in (replica.owner_url, replica.reader_url):
        assert addresses.part_of(url, "password") not in page


def test_a_manager_is_shown_a_new_password_once(manager_client: Client, organisation: Organisation) -> None:
    replica = ensure_replica(organisation)
    response = manager_client.post(RESET)
    [password] = re.findall(r'id="password">([^<]+)<', response.content.decode())
    assert "no-store" in response["Cache-Control"]
    psycopg.connect(addresses.with_parts(replica.owner_url, user=replica.login_role, password=password)).close()
    assert password not in manager_client.get(CONNECTION).content.decode()


def test_it_names_who_is_connected(manager_client: Client, organisation: Organisation) -> None:
    replica = ensure_replica(organisation)
    page = manager_client.post(RESET).content.decode()
    [password] = re.findall(r'id="password">([^<]+)<', page)
    url = addresses.with_parts(replica.owner_url, user=replica.login_role, password=password)
    with psycopg.connect(url, application_name="Grafana <3"):
        page = manager_client.get(CONNECTION).content.decode()
    assert "Grafana &lt;3" in page
    assert "1 of 5 connections are taken" in page


def test_the_page_is_shown_while_the_server_is_down(manager_client: Client, organisation: Organisation) -> None:
    ensure_replica(organisation)
    Replica.objects.update(owner_url="postgresql://nobody:unguessable@127.0.0.1:1/none")
    page = manager_client.get(CONNECTION).content.decode()
    assert "does not answer" in page
    assert "unguessable" not in page
    assert manager_client.post(RESET).status_code == 503


def test_a_replica_of_others_has_no_credentials_here(
    manager_client: Client, organisation: Organisation, server_url: str
) -> None:
    Replica.objects.create(organisation=organisation, database="theirs", login_role="theirs", reader_url=server_url)
    assert "This database has another operator" in manager_client.get(CONNECTION).content.decode()
    assert manager_client.post(RESET).status_code == 404


def test_a_second_reset_takes_a_confirmation(manager_client: Client, organisation: Organisation) -> None:
    ensure_replica(organisation)
    assert manager_client.post(RESET).status_code == 200
    first = Replica.objects.get().credentials_reset_at
    assert 'name="confirmed"' in manager_client.get(CONNECTION).content.decode()
    refused = manager_client.post(RESET)
    assert refused.status_code == 400
    assert "nobody confirmed" in refused.content.decode()
    assert Replica.objects.get().credentials_reset_at == first
    assert manager_client.post(RESET, {"confirmed": "on"}).status_code == 200
    assert Replica.objects.get().credentials_reset_at != first
