"""A session's exchanges as a list."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.replica.captured import BARE, FULL, Captured

PAGE = reverse("replica:network", args=[FULL])


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("", ["/lamps?page=2", "/pay", "/track"]),
        ("?host=api.shop.test", ["/pay", "/track"]),
        ("?q=LAMPS", ["/lamps?page=2"]),
        ("?failed=on&q=pay", ["/pay"]),
    ],
)
def test_exchanges_are_listed_in_order_and_filtered(
    reader_client: Client, captured_replica: Captured, query: str, paths: list[str]
) -> None:
    assert [row["path"] for row in reader_client.get(PAGE + query).context["rows"]] == paths


def test_a_filter_is_answered_by_the_list_alone(reader_client: Client, captured_replica: Captured) -> None:
    fragment = reader_client.get(f"{PAGE}?q=nothing", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "No exchange matches" in fragment


def test_a_session_without_traffic_has_an_empty_list(reader_client: Client, captured_replica: Captured) -> None:
    assert reader_client.get(reverse("replica:network", args=[BARE])).context["found"] == 0
