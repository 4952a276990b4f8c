"""A session's exchanges as a list."""

import pytest
from django.test import Client
from django.urls import reverse

from replica.queries import lookup
from replica.views import network
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
    assert [row.path for row in reader_client.get(PAGE + query).context["rows"]] == paths


def test_a_filter_is_answered_by_the_list_alone(reader_client: Client, captured_replica: Captured) -> None:
    fragment = reader_client.get(f"{PAGE}?q=nothing", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "No exchange matches" in fragment


def test_filtering_keeps_the_moment_of_the_other_tabs(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(f'{PAGE}?from=1.000&to=2.5"00').content.decode()
    assert '<input type="hidden" name="from" value="1.000">' in page
    assert '<input type="hidden" name="to" value="2.5&quot;00">' in page
    assert 'name="from"' not in reader_client.get(PAGE).content.decode()


def test_the_selected_exchange_is_named_by_the_address_and_opened(
    reader_client: Client, captured_replica: Captured
) -> None:
    page = reader_client.get(f"{PAGE}?at=1").content.decode()
    drawer = page.partition('id="inspector"')[2].partition(">")[0]
    assert f'hx-get="{reverse("replica:exchange", args=[FULL, 1])}"' in drawer
    assert 'hx-trigger="load"' in drawer
    assert "hx-get" not in reader_client.get(PAGE).content.decode().partition('id="inspector"')[2].partition(">")[0]


def test_a_host_is_shown_where_it_changes_and_told_in_every_row(
    reader_client: Client, captured_replica: Captured
) -> None:
    page = reader_client.get(f"{PAGE}?host=api.shop.test").content.decode()
    assert page.partition("<tbody>")[2].count('<span class="sr-only">api.shop.test</span>') == 1


def test_a_session_without_traffic_has_an_empty_list(reader_client: Client, captured_replica: Captured) -> None:
    assert reader_client.get(reverse("replica:network", args=[BARE])).context["totals"].count == 0


def test_totals_are_of_all_exchanges_when_the_list_is_cut(
    reader_client: Client, captured_replica: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "MOST_ROWS", 1)
    monkeypatch.setattr(lookup, "SPAN_LIMIT", 1)
    page = reader_client.get(PAGE)
    assert [row.path for row in page.context["rows"]] == ["/lamps?page=2"]
    assert dict(page.context["form"].fields["host"].widget.choices).keys() == {"", "api.shop.test", "shop.test"}
    assert "3 exchanges · 14.3 kB received" in page.content.decode()
    assert "2 failed" in page.content.decode()
    assert "the first 1 are listed" in page.content.decode()
