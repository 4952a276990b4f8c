"""What a replica has no column for, from an imported file to the network's pages."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from replica.beside.details import choices_of, details_of, keep, mark_of
from replica.beside.models import ExchangeDetail
from replica.beside.service import forget
from replica.importing.bundle import Exchange
from replica.importing.service import SessionDetails, import_files
from replica.schema.models import Exchange as Row
from statetrace_ui.web.models import Organisation
from tests.replica.captured import FULL, Captured
from tests.replica.importing.samples import entry, har
from tests.replica.importing.test_service import SESSION, START

PAGE = reverse("replica:network", args=[FULL])


def details(number: int) -> dict[str, Any]:
    found: dict[int, dict[str, Any]] = {
        1: {"method": "GET", "connection": "7", "initiator": "parser", "dns_ms": 3},
        2: {"method": "POST", "connection": "7"},
        3: {"method": "GET", "connection": "9", "initiator": "https://shop.test/a.js"},
    }
    return found[number]


@pytest.fixture
def known(organisation: Organisation, captured_replica: Captured) -> list[Row]:
    """The exchanges of a session, of all of which but the last one details are kept."""
    rows = list(Row.objects.using(captured_replica.alias).filter(session_id=FULL).order_by("message_id"))
    rows = [row for row in rows if row.url and row.message_id]
    for row, number in zip(rows, (1, 2, 3), strict=False):
        detail = {"initiator": "", "connection": "", **details(number)}
        mark = mark_of(row.start_time, row.url)
        ExchangeDetail.objects.create(
            organisation=organisation, session_id=FULL, message_id=row.message_id, mark=mark, **detail
        )
    return rows


def listed(client: Client, query: str = "") -> list[tuple[str, str]]:
    return [(one.row.path, one.method) for one in client.get(PAGE + query).context["rows"]]


def test_an_import_keeps_them_by_number_and_a_second_one_replaces_them(
    organisation: Organisation, tmp_path: Path, store: str
) -> None:
    file = tmp_path / "a.har"
    later = entry(startedDateTime="2026-03-01T10:00:05.000Z", connection="8")
    for entries, connections in (([later, entry(connection="7")], ["7", "8"]), ([later], ["8"])):
        file.write_bytes(har(entries))
        import_files(organisation, "Checkout", [file], SessionDetails(SESSION))
        kept = ExchangeDetail.objects.filter(organisation=organisation, session_id=SESSION).order_by("message_id")
        assert [(one.message_id, one.connection) for one in kept] == list(enumerate(connections, 1))
    (tmp_path / "b.json").write_text(json.dumps([{"name": "Pay", "start_time": 1}]))
    import_files(organisation, "Checkout", [tmp_path / "b.json"], SessionDetails(SESSION))
    assert ExchangeDetail.objects.count() == 1  # a file without exchanges says nothing of them
    forget(str(SESSION))
    assert not ExchangeDetail.objects.exists()


@pytest.mark.django_db
def test_details_of_another_exchange_that_had_the_number_are_not_taken(organisation: Organisation) -> None:
    one = Exchange(start=START, url="https://shop.test/a", duration_ms=5, method="GET")
    keep(organisation, "s", [one])
    row = (1, START.replace(tzinfo=None), one.url)
    assert details_of(organisation, "s", [row])[1].method == "GET"
    for other in ((1, START, "https://shop.test/b"), (1, START + timedelta(microseconds=1), one.url), (2, *row[1:])):
        assert details_of(organisation, "s", [other]) == {}
    assert details_of(Organisation.objects.create(name="Other", slug="other"), "s", [row]) == {}


def test_the_list_is_filtered_and_ordered_by_them(reader_client: Client, known: list[Row]) -> None:
    everything = listed(reader_client)
    methods = dict(everything)
    assert set(methods.values()) >= {"GET", "POST"}
    assert {method for _, method in listed(reader_client, "?method=POST")} == {"POST"}
    assert len(listed(reader_client, "?connection=7")) == 2
    assert len(listed(reader_client, "?connection=7&method=GET")) == 1
    assert listed(reader_client, "?connection=none") == []
    ordered = [method for _, method in listed(reader_client, "?sort=-method")]
    assert ordered == ["POST", "GET", "GET", *[""] * (len(everything) - 3)]
    assert sorted(listed(reader_client, "?sort=initiator")) == sorted(everything)


def test_they_are_told_in_columns_by_connection_and_in_the_drawer(reader_client: Client, known: list[Row]) -> None:
    answer = reader_client.get(PAGE)
    assert [one["heading"] for one in answer.context["columns"]][4:7] == ["Method", "Initiator", "Connection"]
    assert [(one.connection, one.count) for one in answer.context["by_connection"]] == [("7", 2), ("9", 1)]
    drawer = reader_client.get(reverse("replica:exchange", args=[FULL, known[0].message_id])).content.decode()
    assert "DNS look-up" in drawer
    assert "<dt>Connection</dt><dd>7</dd>" in drawer


def test_without_them_a_list_has_no_such_columns_and_says_that_they_are_not_known(
    reader_client: Client, captured_replica: Captured
) -> None:
    answer = reader_client.get(f"{PAGE}?sort=-method&connection=7")
    assert "Method" not in [one["heading"] for one in answer.context["columns"]]
    assert len(answer.context["rows"]) > 1
    drawer = reader_client.get(reverse("replica:exchange", args=[FULL, 2])).content.decode()
    assert "<dt>Initiator</dt><dd>not known</dd>" in drawer


@pytest.mark.django_db
def test_another_organisation_sees_none_of_them(organisation: Organisation, known: list[Row]) -> None:
    other = Organisation.objects.create(name="Other", slug="other")
    rows = [(row.message_id, row.start_time, row.url) for row in known]
    assert details_of(organisation, FULL, rows)
    assert details_of(other, FULL, rows) == {}
    assert not any(choices_of(other, FULL).values())
