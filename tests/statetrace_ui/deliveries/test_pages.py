"""The pages of endpoints and deliveries: what managers do there, and what viewers see of it."""

import re

import pytest
from django.conf import settings
from django.test import Client

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.deliveries import attempts, endpoints
from statetrace_ui.deliveries.models import Delivery, Endpoint
from statetrace_ui.deliveries.sending import Message, send
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.deliveries.receiver import Receiver, say

ADDRESS = "https://example.com/hook?token=hush"
TOLD = Message("alert.matched", "Two changes", "In words.", {"count": 2})


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def subjects() -> list[str]:
    return list(
        SecurityEvent.objects.filter(event__startswith="endpoint").order_by("id").values_list("subject", flat=True)
    )


def test_a_manager_adds_an_endpoint_and_sees_its_secret_once(
    manager_client: Client, organisation: Organisation
) -> None:
    answer = manager_client.post("/deliveries/endpoints/add/", {"name": "On-call", "url": ADDRESS})
    endpoint = organisation.endpoints.get()
    assert endpoint.secret in answer.content.decode()
    assert "no-store" in answer.headers["cache-control"]
    page = text(manager_client, f"/deliveries/endpoints/{endpoint.pk}/")
    assert ADDRESS in page
    assert endpoint.secret not in page
    assert subjects() == ["On-call: example.com"]


@pytest.mark.parametrize(
    ("name", "url", "problem"),
    [
        ("Second", "http://example.com/", "Use https"),
        ("Second", "https://10.0.0.1/", "10.0.0.1 is at an address that is not public."),
        ("Second", "nonsense", "begins with https://"),
        ("First", ADDRESS, "There is an endpoint of this name."),
        ("", ADDRESS, "This field is required."),
    ],
)
def test_what_is_wrong_with_an_endpoint_is_said_beside_it(
    manager_client: Client, organisation: Organisation, name: str, url: str, problem: str
) -> None:
    endpoints.add(organisation, "First", ADDRESS)
    answer = manager_client.post("/deliveries/endpoints/add/", {"name": name, "url": url})
    assert answer.status_code == 400
    assert problem in answer.content.decode()
    assert organisation.endpoints.count() == 1


def test_a_test_leads_to_what_became_of_it(manager_client: Client, endpoint: Endpoint, receiver: Receiver) -> None:
    receiver.answer = say(418, b"I am a teapot")
    path = manager_client.post(f"/deliveries/endpoints/{endpoint.pk}/test/").headers["location"]
    assert "Waiting" in text(manager_client, path)
    attempts.deliver(endpoint.pk)
    page = text(manager_client, path)
    assert "I am a teapot" in page
    assert re.search(r"Next attempt</dt>", page)
    assert subjects()[-1] == "On-call: tested"


def test_a_new_secret_is_shown_once(manager_client: Client, endpoint: Endpoint) -> None:
    before = endpoint.secret
    answer = manager_client.post(f"/deliveries/endpoints/{endpoint.pk}/secret/")
    endpoint.refresh_from_db()
    assert endpoint.secret != before
    assert (endpoint.secret in answer.content.decode(), before in answer.content.decode()) == (True, False)
    assert endpoint.secret not in text(manager_client, f"/deliveries/endpoints/{endpoint.pk}/")


def test_a_manager_pauses_goes_on_and_removes(manager_client: Client, endpoint: Endpoint) -> None:
    base = f"/deliveries/endpoints/{endpoint.pk}"
    manager_client.post(f"{base}/pause/", {"paused": "on"})
    assert "Paused" in text(manager_client, f"{base}/")
    manager_client.post(f"{base}/pause/")
    assert "Active" in text(manager_client, f"{base}/")
    assert manager_client.post(f"{base}/remove/").headers["location"] == "/deliveries/"
    assert not Endpoint.objects.exists()
    assert subjects()[1:] == ["On-call: paused", "On-call: goes on", f"On-call: {endpoint.host}"]
    assert "hush" not in str(subjects())


def test_a_manager_sends_again_what_was_given_up(
    manager_client: Client, endpoint: Endpoint, receiver: Receiver
) -> None:
    delivery = send(endpoint.organisation, endpoint, "one", TOLD)
    Delivery.objects.update(state=Delivery.State.GIVEN_UP, attempts=9)
    page = text(manager_client, f"/deliveries/{delivery.pk}/")
    assert "Send again" in page
    assert "{&quot;count&quot;:2}" in page
    manager_client.post(f"/deliveries/{delivery.pk}/again/")
    attempts.deliver(endpoint.pk)
    assert "Delivered" in text(manager_client, f"/deliveries/{delivery.pk}/")
    entry = SecurityEvent.objects.get(event="delivery_repeated")
    assert (entry.person_name, entry.subject) == ("manager", f"{delivery.uid} to On-call")


def test_a_viewer_sees_neither_paths_nor_contents_nor_answers(
    reader_client: Client, endpoint: Endpoint, receiver: Receiver
) -> None:
    receiver.answer = say(500, b"an answer")
    delivery = send(endpoint.organisation, endpoint, "one", TOLD)
    attempts.deliver(endpoint.pk)
    paths = ("/deliveries/", f"/deliveries/endpoints/{endpoint.pk}/", f"/deliveries/{delivery.pk}/")
    for path in paths:
        page = text(reader_client, path)
        assert "Two changes" in page
        for kept in ("hush", "/hook", endpoint.secret, "an answer", "count", "<button"):
            assert kept not in page.partition("<main")[2].partition("</main>")[0]
    assert "for managers" in text(reader_client, paths[0])


def test_mails_are_seen_by_managers_alone(
    reader_client: Client, manager_client: Client, organisation: Organisation
) -> None:
    delivery = send(organisation, "ada@example.com", "one", TOLD)
    for path in ("/deliveries/", f"/deliveries/{delivery.pk}/"):
        assert "ada@example.com" in text(manager_client, path)
    assert "ada@example.com" not in text(reader_client, "/deliveries/")
    assert reader_client.get(f"/deliveries/{delivery.pk}/").status_code == 404


def test_the_list_says_whether_mails_are_sent(manager_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No mail server is set" in text(manager_client, "/deliveries/")
    monkeypatch.setattr(settings, "EMAIL_HOST", "mail.example.com")
    assert "No mail server is set" not in text(manager_client, "/deliveries/")


def test_the_log_pages_by_key(manager_client: Client, organisation: Organisation) -> None:
    for number in range(60):
        send(organisation, "ada@example.com", str(number), Message("e", f"Message {number}.", "", {}))
    first = manager_client.get("/deliveries/")
    assert "Message 59." in first.content.decode()
    assert "Message 9." not in first.content.decode()
    older = manager_client.get("/deliveries/", {"cursor": first.context["page"].older}, headers={"HX-Request": "true"})
    assert "Message 9." in older.content.decode()
    assert "<main" not in older.content.decode()


def test_an_endpoint_whose_key_is_lost_can_still_be_seen_and_removed(
    manager_client: Client, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ENCRYPTION_KEYS", ["another key"])
    assert "ENCRYPTION_KEYS" in text(manager_client, f"/deliveries/endpoints/{endpoint.pk}/")
    assert manager_client.post(f"/deliveries/endpoints/{endpoint.pk}/remove/").status_code == 302
