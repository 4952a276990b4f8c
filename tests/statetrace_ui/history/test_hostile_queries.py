"""No query string makes a page of audited sessions fail."""

import pytest
from django.test import Client
from django.urls import reverse

from statetrace_ui.history.models import Change
from tests.hostile import errors_of

PAGES = {
    "sessions": ["actor", "source", "since", "until", "cursor"],
    "changes": ["source", "table", "kind", "since", "until", "cursor", "after"],
    "session": ["cursor"],
    "action_changes": ["table", "cursor"],
}


@pytest.mark.parametrize("name", PAGES)
def test_junk_is_answered(name: str, change: Change, reader_client: Client) -> None:
    action = change.transaction.actions.get()
    ids: dict[str, list[int | None]] = {"session": [action.session_id], "action_changes": [action.pk]}
    assert errors_of(reader_client, reverse(f"history:{name}", args=ids.get(name, [])), PAGES[name]) == []


def test_junk_that_names_a_record_is_answered(change: Change, reader_client: Client) -> None:
    address = reverse("history:record", args=[change.source_id, "public.orders"])
    assert errors_of(reader_client, address, ["key", "cursor"], key='["7"]') == []


@pytest.mark.parametrize("table", ["a\0b", "a/b", "a.b.c", "%", "x" * 3_000, "é.日本"])
def test_any_name_of_a_table_is_answered(table: str, change: Change, reader_client: Client) -> None:
    answer = reader_client.get(reverse("history:record", args=[change.source_id, table]), {"key": '["7"]'})
    assert answer.status_code == 404


@pytest.mark.parametrize("zone", ["\0", "../../etc/passwd", "/etc/passwd", "Europe", "x" * 5_000, "zone.tab", "é"])
def test_an_unknown_zone_counts_as_utc(zone: str, change: Change, reader_client: Client) -> None:
    reader_client.cookies["timezone"] = zone
    assert "UTC" in reader_client.get(reverse("history:changes")).content.decode()
