"""The security log's page of an organisation, for its managers."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from statetrace_ui.accounts import forms, log_views
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.queries import NAMES, events_of, names_with
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.models import Organisation
from tests.conftest import make_user

LOG, CSV = "/security-log/", "/security-log/csv/"


@pytest.fixture
def log(organisation: Organisation, reader: User, manager: User, stranger: User) -> None:
    SecurityEvent.objects.all().delete()
    record(Event.SYNC_REQUESTED, "flow of acme", organisation=organisation, person=manager)
    record(Event.VIEWED, "=cmd()|' /C calc'!A0", organisation=organisation, person=reader)
    record(Event.VIEWED, "of elsewhere", organisation=stranger.memberships.get().organisation, person=reader)
    SecurityEvent.objects.filter(person_name="reader").update(address="203.0.113.7")


def subjects(client: Client, **query: str) -> list[str]:
    return [entry.subject for entry in client.get(LOG, query).context["page"].rows if entry.event != Event.SIGNED_IN]


@pytest.mark.usefixtures("log")
def test_managers_read_what_is_of_their_organisation_alone(manager_client: Client) -> None:
    assert subjects(manager_client) == ["=cmd()|' /C calc'!A0", "flow of acme"]


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"person": "reader"}, 1),
        ({"person": "EAD"}, 1),
        ({"person": "er"}, 2),
        ({"person": "nobody"}, 0),
        ({"person": "%"}, 0),
        ({"person": "_"}, 0),
        ({"event": "sync_requested"}, 1),
        ({"address": "203.0.113.7"}, 1),
        ({"address": "203.0.113.8"}, 0),
        ({"since": "2020-01-01"}, 2),
        ({"since": "2100-01-01"}, 0),
        ({"until": "2020-01-01"}, 0),
        ({"until": "2100-01-01"}, 2),
    ],
)
def test_the_log_is_filtered(query: dict[str, str], count: int, manager_client: Client) -> None:
    assert len(subjects(manager_client, **query)) == count


@pytest.mark.usefixtures("log")
def test_a_forged_organisation_is_ignored(stranger: User, manager_client: Client) -> None:
    other = str(stranger.memberships.get().organisation_id)
    assert "of elsewhere" not in subjects(manager_client, organisation=other)
    assert "of elsewhere" not in taken(manager_client, organisation=other)


def test_what_is_typed_wrong_is_said_beside_the_field(manager_client: Client) -> None:
    page = manager_client.get(LOG, {"address": "not an address"})
    assert page.status_code == 200
    assert "Correct the marked filter" in page.content.decode()
    assert manager_client.get(LOG, {"cursor": "broken"}).status_code == 400


def test_pages_follow_each_other(organisation: Organisation, manager_client: Client) -> None:
    for number in range(60):
        record(Event.VIEWED, f"row {number}", organisation=organisation)
    first = manager_client.get(LOG, {"event": "viewed"}).context["page"]
    second = manager_client.get(LOG, {"event": "viewed", "cursor": first.older}).context["page"]
    assert [entry.subject for entry in [*first.rows, *second.rows]] == [f"row {number}" for number in range(59, -1, -1)]


def taken(client: Client, **query: str) -> str:
    answer = client.get(CSV, query)
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("log")
def test_a_download_is_harmless_recorded_and_made_in_parts(
    manager_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_views, "AT_ONCE", 1)
    rows = list(csv.DictReader(io.StringIO(taken(manager_client).removeprefix("\ufeff"))))
    found = [row["subject"] for row in rows if row["event"] != "Signed in"]
    assert found == ["'=cmd()|' /C calc'!A0", "flow of acme"]
    assert SecurityEvent.objects.filter(event=Event.DOWNLOADED, subject="security log as CSV").exists()


@pytest.mark.parametrize("query", [{"event": "viewed"}, {"names": ["reader"]}, {"address": "203.0.113.7"}, {}])
def test_each_filter_enters_an_index_of_the_organisation(
    query: dict[str, Any], organisation: Organisation, manager_client: Client
) -> None:
    SecurityEvent.objects.bulk_create(SecurityEvent(event=Event.VIEWED, person_name="reader") for _ in range(2000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_securityevent")  # else it plans for what an earlier test had
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    [rows] = events_of(organisation, **query)
    plan = rows.order_by("-id")[:51].explain()
    assert "security_of_" in plan or "security_by_organisation" in plan
    assert "Sort" not in plan


def test_names_are_found_by_steps_of_an_index(organisation: Organisation, stranger: User) -> None:
    elsewhere = stranger.memberships.get().organisation
    SecurityEvent.objects.all().delete()
    names = ["Ada", "Bo", "Zoë"]
    SecurityEvent.objects.bulk_create(
        SecurityEvent(event=Event.VIEWED, organisation=owner, person_name=name)
        for owner, name in [*((organisation, name) for name in names), (elsewhere, "Otto")]
        for _ in range(3000)
    )
    assert names_with(organisation, "O", 10) == ["Bo", "Zoë"]
    assert names_with(organisation, "O", 1) == ["Bo"]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_securityevent")
        given: dict[str, int | str] = {"organisation": organisation.pk, "part": "o", "most": 9}
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {NAMES}", given)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan
    assert "security_of_person" in plan


def test_so_many_names_that_hold_a_part_are_not_cut_short(
    organisation: Organisation, manager_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "MOST_NAMES", 1)
    for name in ("ada", "adam"):
        record(Event.VIEWED, f"of {name}", organisation=organisation, person=make_user(name, organisation))
    page = manager_client.get(LOG, {"person": "ada"}).content.decode()
    assert "Type more of it" in page
    assert manager_client.get(CSV, {"person": "ada"}).status_code == 400
    assert subjects(manager_client, person="adam") == ["of adam"]
    assert '<option value="adam">' in page


def test_the_ends_of_a_period_are_found_by_time(organisation: Organisation, manager_client: Client) -> None:
    record(Event.VIEWED, "long ago", organisation=organisation)
    SecurityEvent.objects.exclude(subject="long ago").delete()
    SecurityEvent.objects.update(at=timezone.now() - dt.timedelta(days=3))
    record(Event.VIEWED, "today", organisation=organisation)
    until = (timezone.now() - dt.timedelta(days=2)).strftime("%Y-%m-%d")
    assert subjects(manager_client, until=until) == ["long ago"]
