"""Endpoints that take nothing need attention, each once, however much waits for it."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from statetrace_ui.api.models import Token
from statetrace_ui.deliveries import concerns as module
from statetrace_ui.deliveries.concerns import concerns
from statetrace_ui.deliveries.models import Delivery, Endpoint
from statetrace_ui.web.concerns import Severity
from statetrace_ui.web.models import Membership, Organisation

NUMBER = iter(range(1_000_000))


def deliver(organisation: Organisation, endpoint: Endpoint | None, state: str, **fields: Any) -> Delivery:
    shown = {"key": str(next(NUMBER)), "event": "test", "subject": "", "body": "", "to": "x"}
    return Delivery.objects.create(
        organisation=organisation, endpoint=endpoint, by_mail=endpoint is None, state=state, **{**shown, **fields}
    )


def make_endpoint(organisation: Organisation, name: str = "On-call") -> Endpoint:
    return Endpoint.objects.create(organisation=organisation, name=name, url="https://example.com/", host="example.com")


def test_an_endpoint_that_takes_nothing_is_told_once(organisation: Organisation) -> None:
    endpoint = make_endpoint(organisation)
    deliver(organisation, endpoint, "given_up")
    deliver(organisation, endpoint, "delivered")
    assert list(concerns(organisation)) == []
    first = deliver(organisation, endpoint, "waiting", attempts=3)
    deliver(organisation, endpoint, "waiting", attempts=2)
    [concern] = concerns(organisation)
    assert concern.what == "1 message to the endpoint On-call did not arrive, and was tried again."
    assert (concern.since, concern.severity) == (first.created_at, Severity.NOTICE)
    deliver(organisation, endpoint, "given_up")
    [concern] = concerns(organisation)
    assert concern.what == "2 messages to the endpoint On-call did not arrive, and were given up."
    assert concern.severity == Severity.WARNING
    Endpoint.objects.update(paused=True)
    assert list(concerns(organisation)) == []


def test_mails_that_do_not_arrive_are_told_to_managers(
    organisation: Organisation, reader_client: Client, manager_client: Client
) -> None:
    deliver(organisation, None, "given_up")
    assert "1 message to mailboxes did not arrive" in manager_client.get("/attention/").content.decode()
    assert "mailboxes" not in reader_client.get("/attention/").content.decode()


def test_of_each_endpoint_only_the_latest_are_looked_at(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LATEST", 2)
    for name in ("One", "Two"):
        endpoint = make_endpoint(organisation, name)
        for _ in range(3):
            deliver(organisation, endpoint, "given_up")
    assert [concern.count for concern in concerns(organisation)] == ["2+ messages", "2+ messages"]


def test_a_token_that_ends_soon_is_told_to_whom_it_belongs(reader_client: Client, manager_client: Client) -> None:
    now = timezone.now()
    mine = Membership.objects.get(user__username="reader")
    token = Token.objects.create(
        membership=mine, name="CI", prefix="x", digest="", scopes=[], expires_at=now + dt.timedelta(days=6)
    )
    told = "Your token CI ends within a week"
    assert told not in reader_client.get("/attention/").content.decode()  # nothing uses it
    Token.objects.update(last_used_at=now)
    assert told in reader_client.get("/attention/").content.decode()
    assert told not in manager_client.get("/attention/").content.decode()
    Token.objects.filter(pk=token.pk).update(expires_at=now + dt.timedelta(days=8))
    assert told not in reader_client.get("/attention/").content.decode()
