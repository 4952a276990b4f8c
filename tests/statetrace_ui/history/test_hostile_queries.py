"""No query string makes a page of audited sessions fail."""

import pytest
from django.test import Client
from django.urls import reverse

from statetrace_ui.history.models import Change
from tests.hostile import errors_of

PAGES = {
    "sessions": ["q", "only", "without", "actor", "app", "source", "since", "until", "cursor"],
    "changes": [
        *("q", "only", "without", "filters", "source", "table", "key", "kind", "since", "until", "cursor", "after"),
        *("field", "old", "new", "actor", "url", "outside"),
    ],
    "suggestions": ["q", "at", "to"],
    "session": ["cursor"],
    "action_changes": ["table", "cursor"],
}


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", PAGES)
def test_junk_is_answered(name: str, step: int, change: Change, reader_client: Client) -> None:
    action = change.transaction.actions.get()
    ids: dict[str, list[int | None]] = {"session": [action.session_id], "action_changes": [action.pk]}
    assert errors_of(reader_client, reverse(f"history:{name}", args=ids.get(name, [])), PAGES[name], step) == []


def test_junk_that_names_a_record_is_answered(change: Change, reader_client: Client) -> None:
    address = reverse("history:record", args=[change.source_id])
    assert errors_of(reader_client, address, ["table", "key", "cursor"], table="orders", key='["7"]') == []


def test_junk_that_names_a_value_is_answered(change: Change, reader_client: Client) -> None:
    address = reverse("history:value", args=[change.pk])
    assert errors_of(reader_client, address, ["side", "column"], side="new", column="status") == []


@pytest.mark.parametrize(
    ("table", "status"),
    [("a\0b", 400), ("a/b", 404), ("a.b.c", 404), ("%", 404), ("x" * 3_000, 400), ("é.日本", 404)],
)
def test_any_name_of_a_table_is_answered(table: str, status: int, change: Change, reader_client: Client) -> None:
    parameters = {"table": table, "key": '["7"]'}
    answer = reader_client.get(reverse("history:record", args=[change.source_id]), parameters)
    assert answer.status_code == status


@pytest.mark.parametrize("zone", ["\0", "../../etc/passwd", "/etc/passwd", "Europe", "x" * 5_000, "zone.tab", "é"])
def test_an_unknown_zone_counts_as_utc(zone: str, change: Change, reader_client: Client) -> None:
    reader_client.cookies["timezone"] = zone
    assert "UTC" in reader_client.get(reverse("history:changes")).content.decode()
