"""The pages of deletions: what they show, and that nothing goes without the name; tests/access says who gets in."""

import pytest
from django.test import Client
from django.urls import reverse

from replica.deletion.models import Deletion
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from tests.replica.conftest import AddSession, run_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("store", "empty_queue")]
LIST = reverse("deletion:list")


def test_a_flow_is_deleted_once_its_name_is_repeated(
    manager_client: Client, export: UserFlowExport, add_session: AddSession
) -> None:
    add_session("one")
    sync(export)
    address = reverse("deletion:flow", args=[export.pk])
    page = manager_client.post(address).content.decode()
    assert "Rows in the store" in page
    assert "in the replica" in page
    refused = manager_client.post(address, {"confirmation": "Checkin"})
    assert "does not match" in refused.content.decode()
    assert not Deletion.objects.exists()
    assert manager_client.post(address, {"confirmation": "Checkout"})["Location"] == LIST
    assert 'data-poll="2"' in manager_client.get(LIST).content.decode()
    run_worker()
    page = manager_client.get(LIST).content.decode()
    assert "Gone" in page
    assert 'data-poll="2"' not in page
    assert manager_client.post(address).status_code == 404


def test_a_session_and_the_replica_have_previews(
    manager_client: Client, export: UserFlowExport, add_session: AddSession
) -> None:
    session = add_session("one")
    sync(export)
    page = manager_client.post(reverse("deletion:session", args=[session])).content.decode()
    assert "function_call_site" in page
    page = manager_client.post(reverse("deletion:replica")).content.decode()
    assert "stay in the store" in page


def test_a_viewer_is_refused(reader_client: Client, export: UserFlowExport, add_session: AddSession) -> None:
    session = add_session("one")
    for address in (reverse("deletion:session", args=[session]), reverse("deletion:flow", args=[export.pk])):
        assert reader_client.post(address, {"confirmation": "one"}).status_code == 403
    assert not Deletion.objects.exists()


def test_the_list_says_how_to_begin(reader_client: Client) -> None:
    assert "Nothing was deleted" in reader_client.get(LIST).content.decode()
