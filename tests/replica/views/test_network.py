"""A session's exchanges as a list."""

import pytest
from django.test import Client
from django.urls import reverse

from replica.queries import lookup
from replica.views import network
from tests.replica.captured import BARE, FULL, Captured

PAGE = reverse("replica:network", args=[FULL])


def paths_of(client: Client, query: str) -> list[str]:
    """The paths listed, in order."""
    return [one.row.path for one in client.get(PAGE + query).context["rows"]]


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
    assert paths_of(reader_client, query) == paths


def test_a_filter_is_answered_by_the_list_alone(reader_client: Client, captured_replica: Captured) -> None:
    fragment = reader_client.get(f"{PAGE}?q=nothing", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "No exchange matches" in fragment


def test_filtering_keeps_the_moment_and_the_order(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(f"{PAGE}?from=1.000&to=5500&sort=-duration").content.decode()
    assert '<input type="hidden" name="from" value="1.000">' in page
    assert '<input type="hidden" name="to" value="5500">' in page
    assert '<input type="hidden" name="sort" value="-duration">' in page
    assert 'name="from"' not in reader_client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("?from=0&to=5150", ["/lamps?page=2", "/pay"]),
        ("?from=5850&to=1e300", ["/pay"]),  # it was under way
        ("?from=-1e300&to=700", ["/lamps?page=2"]),
        ("?from=6000&to=7000", []),
    ],
)
def test_a_range_lists_what_was_under_way_in_it(
    reader_client: Client, captured_replica: Captured, query: str, paths: list[str]
) -> None:
    assert paths_of(reader_client, query) == paths


@pytest.mark.parametrize(
    ("order", "paths"),
    [
        ("duration", ["/lamps?page=2", "/pay", "/track"]),
        ("-duration", ["/pay", "/lamps?page=2", "/track"]),
        ("-received", ["/lamps?page=2", "/pay", "/track"]),
        ("host", ["/pay", "/track", "/lamps?page=2"]),
        ("-start", ["/track", "/pay", "/lamps?page=2"]),
        ("-status", ["/pay", "/lamps?page=2", "/track"]),
        ("path", ["/pay", "/track", "/lamps?page=2"]),
        ("-kind", ["/lamps?page=2", "/pay", "/track"]),
    ],
)
def test_columns_order_the_list_and_what_they_lack_comes_last(
    reader_client: Client, captured_replica: Captured, order: str, paths: list[str]
) -> None:
    assert paths_of(reader_client, f"?sort={order}") == paths
    page = reader_client.get(f"{PAGE}?sort={order}").content.decode()
    assert f'aria-sort="{"descending" if "-" in order else "ascending"}"' in page


@pytest.mark.parametrize("query", ["?sort=colour", "?row=-1", "?row=30000", "?from=5&to=1", "?from=soon"])
def test_a_query_that_is_not_understood_is_400(reader_client: Client, captured_replica: Captured, query: str) -> None:
    assert reader_client.get(PAGE + query).status_code == 400


def test_a_row_says_which_issues_name_it_and_an_issue_lists_its_exchanges(
    reader_client: Client, captured_replica: Captured
) -> None:
    rows = {one.row.path: one for one in reader_client.get(PAGE).context["rows"]}
    assert [issue.category for issue in rows["/pay"].issues] == ["Slow Downloads"]
    assert (rows["/pay"].tone, rows["/track"].issues) == ("warn", ())
    assert paths_of(reader_client, "?issue=Slow+Downloads") == ["/pay"]
    assert paths_of(reader_client, "?issue=Low+Frame+Rate") == []


def test_pages_of_the_list_follow_each_other(
    reader_client: Client, captured_replica: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "MOST_ROWS", 2)
    page = reader_client.get(f"{PAGE}?sort=path").content.decode()
    assert "1 to 2 are listed" in page
    assert "?sort=path&amp;row=2" in page
    assert paths_of(reader_client, "?sort=path&row=2") == ["/lamps?page=2"]
    assert "Later rows" not in reader_client.get(f"{PAGE}?sort=path&row=2").content.decode()


def test_hosts_are_added_up(reader_client: Client, captured_replica: Captured) -> None:
    by_host = [(one.host, one.count, one.failures, one.ms) for one in reader_client.get(PAGE).context["by_host"]]
    assert by_host == [("api.shop.test", 2, 2, 800), ("shop.test", 1, 0, 350)]


def test_the_selected_exchange_is_named_by_the_address_and_opened(
    reader_client: Client, captured_replica: Captured
) -> None:
    page = reader_client.get(f"{PAGE}?at=1").content.decode()
    drawer = page.partition('id="inspector"')[2].partition(">")[0]
    assert f'hx-get="{reverse("replica:exchange", args=[FULL, 1])}"' in drawer
    assert 'hx-trigger="load"' in drawer
    assert "hx-get" not in reader_client.get(PAGE).content.decode().partition('id="inspector"')[2].partition(">")[0]


def test_a_session_without_traffic_has_an_empty_list(reader_client: Client, captured_replica: Captured) -> None:
    assert reader_client.get(reverse("replica:network", args=[BARE])).context["totals"].count == 0


def test_totals_are_of_all_exchanges_when_the_list_is_cut(
    reader_client: Client, captured_replica: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "MOST_ROWS", 1)
    monkeypatch.setattr(lookup, "SPAN_LIMIT", 1)
    page = reader_client.get(PAGE)
    assert [one.row.path for one in page.context["rows"]] == ["/lamps?page=2"]
    assert dict(page.context["form"].fields["host"].widget.choices).keys() == {"", "api.shop.test", "shop.test"}
    assert "3 exchanges · 14.3 kB received" in page.content.decode()
    assert "2 failed" in page.content.decode()
    assert "1 to 1 are listed" in page.content.decode()
