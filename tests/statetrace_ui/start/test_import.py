"""Files that are sent to the page become sessions, which are synced; what is wrong is said in a sentence."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from replica.exports.models import SyncRun, UserFlowExport
from replica.importing.uploads import IMPORTING, MOST_FILES
from statetrace_ui.demo.recordings import FOLDER
from statetrace_ui.start import admission
from statetrace_ui.web.models import Membership, Organisation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("store", "empty_queue")]
ADDRESS = reverse("start:import")
HAR = (FOLDER / "fast-1" / "session.har").read_bytes()


def send(client: Client, *files: SimpleUploadedFile, flow: str = "Check out", **headers: str) -> tuple[int, str]:
    answer = client.post(ADDRESS, {"user_flow": flow, "files": files}, headers=headers)
    return answer.status_code, answer.content.decode()


def test_a_recording_becomes_a_session_that_is_synced(manager_client: Client, organisation: Organisation) -> None:
    status, page = send(manager_client, SimpleUploadedFile("shop.har", HAR))
    assert status == 200
    assert "1 session imported" in page
    assert "<!doctype" in page
    export = UserFlowExport.objects.get(organisation=organisation, name="Check out")
    assert SyncRun.objects.get(export=export).unfinished


def test_the_pages_script_gets_a_fragment(manager_client: Client) -> None:
    status, part = send(manager_client, SimpleUploadedFile("shop.har", HAR), **{"HX-Request": "true"})
    assert status == 200
    assert "<!doctype" not in part


@pytest.mark.parametrize(
    ("content", "says"), [(b"{}", "shop.har"), (b"\0", "shop.har"), (json.dumps({"log": {}}).encode(), "shop.har")]
)
def test_what_is_no_recording_is_refused_by_its_name(manager_client: Client, content: bytes, says: str) -> None:
    status, page = send(manager_client, SimpleUploadedFile("shop.har", content))
    assert status == 422
    assert says in page
    assert not UserFlowExport.objects.exists()


def test_no_files_and_too_many_are_refused(manager_client: Client) -> None:
    assert send(manager_client)[0] == 400
    many = [SimpleUploadedFile(f"{number}.har", HAR[:50]) for number in range(MOST_FILES + 1)]
    assert send(manager_client, *many)[0] == 400
    assert send(manager_client, SimpleUploadedFile("shop.har", HAR), flow="x" * 256)[0] == 400
    assert send(manager_client, SimpleUploadedFile("shop.har", HAR), flow=" ")[0] == 400


def test_two_imports_are_enough(manager_client: Client) -> None:
    with IMPORTING, IMPORTING:
        status, page = send(manager_client, SimpleUploadedFile("shop.har", HAR))
    assert status == 503
    assert "Try again in a moment" in page
    assert send(manager_client, SimpleUploadedFile("shop.har", HAR))[0] == 200


def test_a_hostile_name_stays_a_name(manager_client: Client, tmp_path: Path) -> None:
    status, page = send(manager_client, SimpleUploadedFile("../../<img src=x>\n.har", HAR))
    assert status == 200
    assert "<img src=x>" not in page


def cookies(client: Client) -> dict[str, str]:
    return {"cookie": "; ".join(f"{one.key}={one.value}" for one in client.cookies.values())}


def test_the_gate_reads_long_bodies_of_managers_alone(
    manager_client: Client, analyst_client: Client, reader_client: Client, stranger_client: Client
) -> None:
    assert admission.takes_files("POST", ADDRESS)
    assert not admission.takes_files("GET", ADDRESS)
    assert not admission.takes_files("POST", reverse("start:page"))
    assert admission.may_send_files(cookies(manager_client))
    for client in (analyst_client, reader_client):
        assert not admission.may_send_files(cookies(client))
    for line in ("", "x", "statetrace_session=forged", "statetrace_session=\0;;=", "sessionid=" + "a" * 9000):
        assert not admission.may_send_files({"cookie": line})
    assert not admission.may_send_files({})
    Membership.objects.all().delete()
    assert not admission.may_send_files(cookies(manager_client))
