"""User flows, and the sessions of one."""

import pytest
from django.test import Client
from django.urls import reverse

from replica.comparisons.baselines import keep_baseline
from replica.exports.models import UserFlowExport
from statetrace_ui.web.models import Organisation
from tests.replica.captured import BARE, EMPTY_FLOW, FLOW, FULL, Captured

FLOWS = reverse("replica:flows")
ONE = reverse("replica:flow", args=[FLOW])


def text(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_flows_show_counts_and_export_status(
    reader_client: Client, organisation: Organisation, captured_replica: Captured
) -> None:
    UserFlowExport.objects.create(organisation=organisation, user_flow_id=FLOW, name="Buy a lamp", status="Out of Sync")
    page = text(reader_client, FLOWS)
    assert "Buy a lamp" in page
    assert '<span class="status warn">Out of Sync</span>' in page
    assert "7.500 s" in page


def test_flows_are_shown_with_their_trend_and_their_baseline(
    reader_client: Client, organisation: Organisation, captured_replica: Captured
) -> None:
    page = text(reader_client, FLOWS)
    assert "<title>2 sessions, 5.0 s to 10.0 s</title>" in page
    assert page.count("no baseline") == 2
    assert page.count("no duration") == 1
    keep_baseline(organisation, FLOW, [FULL], "one", "Mei")
    page = text(reader_client, FLOWS)
    assert "too few sessions to tell" in page
    assert 'class="baseline"' in page


def test_more_flows_are_fetched_by_cursor(
    reader_client: Client, organisation: Organisation, own_replica: Captured
) -> None:
    own_replica.execute(
        "INSERT INTO user_flow SELECT gen_random_uuid()::text, 'Bulk ' || n, NULL, now() FROM generate_series(1, 60) n"
    )
    UserFlowExport.objects.create(organisation=organisation, user_flow_id="x", name="Not exported")
    first = reader_client.get(FLOWS)
    assert "62 user flows" in first.content.decode()
    assert len(first.context["flows"]) == 50
    second = text(reader_client, f"{FLOWS}?cursor={first.context['page']['older']}", HX_Request="true")
    assert second.count("data-row") == 12
    assert "<table" not in second
    assert "Not exported" not in second
    seen = [flow.name for flow, _, _ in first.context["flows"]]
    assert not any(f">{name}<" in second for name in seen)


@pytest.mark.parametrize(
    "cursor", ["%00", "xyz", "WzFd", "WyJhIiwgImIiXQ", "WzEuMCwgMl0", "WzEuMCwgImEiLCAiYiJd", "WzEuMCwgIlx1MDAwMCJd"]
)
def test_a_cursor_of_flows_that_was_changed_is_400(
    reader_client: Client, captured_replica: Captured, cursor: str
) -> None:
    assert reader_client.get(f"{FLOWS}?cursor={cursor}").status_code == 400


def test_an_imported_flow_waits_for_its_export(
    reader_client: Client, organisation: Organisation, captured_replica: Captured
) -> None:
    UserFlowExport.objects.create(organisation=organisation, user_flow_id="x", name="Not exported")
    page = text(reader_client, FLOWS)
    assert "Waiting for a sync" in page
    assert "Not exported" in page


def test_without_a_replica_the_page_says_how_to_begin(manager_client: Client) -> None:
    assert "python manage.py import_sessions FILE… --user-flow NAME" in text(manager_client, FLOWS)


def test_sessions_come_newest_first_with_what_they_hold(reader_client: Client, captured_replica: Captured) -> None:
    page = text(reader_client, ONE, HX_Request="true")
    assert page.index("Run 3") < page.index(BARE) < page.index("Run 1")
    assert reverse("replica:flame", args=[FULL]) in page
    assert reverse("replica:flame", args=[BARE]) not in page
    assert "3 labels" in page


def test_the_list_shows_only_tags_that_tell_sessions_apart(reader_client: Client, captured_replica: Captured) -> None:
    page = text(reader_client, ONE, HX_Request="true")
    assert "variant=fast" in page
    assert "geo=" not in page


@pytest.mark.parametrize(
    ("query", "seen", "unseen"),
    [
        ("?status=Failed", BARE, "Run 1"),
        ("?tag=geo%3DK%C3%B6ln", "Run 1", BARE),
        ("?since=2026-03-02T00:00", BARE, "Run 1"),
        ("?until=2026-03-02T00:00", "Run 1", BARE),
    ],
)
def test_filters_narrow_the_list(
    reader_client: Client, captured_replica: Captured, query: str, seen: str, unseen: str
) -> None:
    rows = text(reader_client, ONE + query, HX_Request="true")
    assert seen in rows
    assert unseen not in rows


def test_a_filter_without_a_match_offers_to_clear_it(reader_client: Client, captured_replica: Captured) -> None:
    assert "No session of this flow matches" in text(reader_client, f"{ONE}?tag=no=no")


@pytest.mark.parametrize("query", ["?status=Odd", "?tag=novalue", "?since=yesterday", "?cursor=%00", "?cursor=xyz"])
def test_a_query_that_is_not_understood_is_400(reader_client: Client, captured_replica: Captured, query: str) -> None:
    assert reader_client.get(ONE + query).status_code == 400


def test_older_sessions_are_fetched_by_cursor(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(
        "INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time)"
        " SELECT gen_random_uuid()::text, %s, 'Bulk ' || n, 'Passed', '2026-01-01' FROM generate_series(1, 60) n",
        FLOW,
    )
    first = reader_client.get(ONE)
    second = text(reader_client, f"{ONE}?cursor={first.context['page'].older}", HX_Request="true")
    seen = [session.name for session in first.context["page"].rows]
    assert len(seen) == 50
    assert second.count("data-row") == 14
    assert not any(f">{name}<" in second for name in seen)


def test_a_trend_leads_to_its_sessions(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(f"{ONE}?measurement=Time+to+receipt")
    (trace,) = page.context["trend"]["data"]
    assert reverse("replica:session", args=[FULL]) in trace["customdata"]
    assert page.context["measurement"] == "Time to receipt"


def test_a_flow_without_sessions_says_how_to_get_some(reader_client: Client, captured_replica: Captured) -> None:
    assert "This flow has no session yet" in text(reader_client, reverse("replica:flow", args=[EMPTY_FLOW]))
