"""What happened in a stretch of a session, as a fragment of its drawer."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from statetrace_ui.web.models import Organisation
from tests.replica.captured import BARE, EXCLUDED, FLOW, FULL, Captured
from tests.statetrace_ui.history.rows import make_action, make_change, make_relation, make_session, make_source, row

PAID = datetime(2026, 3, 1, 10, 0, 5, 850_000, tzinfo=UTC)  # while the request for /pay was under way
ADDRESS = reverse("replica:explained", args=[FULL])


def test_a_stretch_tells_its_requests_calls_issues_labels_and_values(
    reader_client: Client, captured_replica: Captured
) -> None:
    fragment = reader_client.get(f"{ADDRESS}?from=5000&to=6000", headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    answer = reader_client.get(f"{ADDRESS}?from=5000&to=6000")
    context, text = answer.context, answer.content.decode()
    assert [one.path for one in context["exchanges"]] == ["/pay", "/track"]
    [(one, href)] = context["ran"].methods
    assert (one.method.name, one.calls) == ("run", 1000)
    assert re.fullmatch(r"/captured/[^/]+/flame/\?process=7&thread=1&call=0:\d+&from=[\d.]+&to=[\d.]+", href)
    assert [issue.category for issue, _, _ in context["issues"]] == ["Slow Downloads", "Low Frame Rate"]
    assert [label.name for label, _, _ in context["labels"]] == ["Pay"]
    assert {one.series.timeseries_key: one.summary and one.summary.n for one in context["values"]} == {
        "memory_used": 1001,
        "net_cpu": 10,
        "empty": None,
        "heap": None,
    }
    spent = context["spent"]
    assert (spent.length, spent.running + spent.both) == (1000, pytest.approx(900))
    assert spent.both + spent.waiting == pytest.approx(800)
    for page in ("flame", "network", "series", "session"):
        assert f"{reverse(f'replica:{page}', args=[FULL])}?from=5000.000&amp;to=6000.000" in text


def test_a_session_without_recordings_says_what_cannot_be_told(
    reader_client: Client, captured_replica: Captured
) -> None:
    text = reader_client.get(reverse("replica:explained", args=[BARE])).content.decode()
    assert "No function calls were recorded" in text
    assert "Requests" not in text


@pytest.mark.parametrize("query", ["?from=2&to=1", "?from=soon", "?from=nan"])
def test_a_stretch_that_is_not_understood_is_400(reader_client: Client, captured_replica: Captured, query: str) -> None:
    assert reader_client.get(ADDRESS + query).status_code == 400


@pytest.mark.parametrize("query", ["?from=-1e300&to=1e300", "?from=1e30&to=2e30"])
def test_a_stretch_beyond_all_calendars_is_explained(
    reader_client: Client, captured_replica: Captured, query: str
) -> None:
    assert reader_client.get(ADDRESS + query).status_code == 200


@pytest.fixture
def audited(own_replica: Captured, organisation: Organisation) -> int:
    """An audited session that the captured one names, with one action under way while /pay was; its id."""
    session = make_session(make_source(organisation, "shop"), key="s-1")
    action = make_action(session, method="POST", url="/pay", at=PAID)
    make_change(action.transaction, make_relation(session.source), "U", old=row(), new=row(status="paid"))
    own_replica.execute(f"INSERT INTO session_tags VALUES ('{FULL}', 'statetrace_session_id', 's-1')")
    return session.pk


def test_a_stretch_tells_which_rows_were_written(reader_client: Client, audited: int) -> None:
    answer = reader_client.get(f"{ADDRESS}?from=5000&to=6000")
    [then] = answer.context["committed"]
    assert [(table.name, table.count) for table in then.tables] == [("orders", 1)]
    assert reverse("history:session", args=[audited]) in answer.content.decode()
    [before] = reader_client.get(f"{ADDRESS}?from=0&to=5800").context["committed"]
    assert (before.actions, before.tables) == ([], [])


def test_a_request_leads_to_the_action_that_it_caused(reader_client: Client, audited: int) -> None:
    text = reader_client.get(reverse("replica:exchange", args=[FULL, 2])).content.decode()
    assert "What the application did" in text
    assert f"{reverse('history:session', args=[audited])}?at=a" in text
    assert "1 row written" in " ".join(text.split())
    other = reader_client.get(reverse("replica:exchange", args=[FULL, 1])).content.decode()
    assert "What the application did" not in other


def test_the_list_of_exchanges_knows_methods_by_actions(reader_client: Client, audited: int) -> None:
    rows = reader_client.get(reverse("replica:network", args=[FULL])).context["rows"]
    assert {one.row.path: one.method for one in rows} == {"/lamps?page=2": "", "/pay": "POST", "/track": ""}


def test_another_organisations_audited_session_of_that_key_tells_nothing(
    reader_client: Client, own_replica: Captured
) -> None:
    other = Organisation.objects.create(name="Other", slug="other")
    session = make_session(make_source(other, "shop"), key="s-1")
    make_action(session, method="POST", url="/pay", at=PAID)
    own_replica.execute(f"INSERT INTO session_tags VALUES ('{FULL}', 'statetrace_session_id', 's-1')")
    assert reader_client.get(f"{ADDRESS}?from=5000&to=6000").context["committed"] == []


def test_an_exchange_and_an_issue_lead_to_each_other(reader_client: Client, captured_replica: Captured) -> None:
    issue = reverse("replica:issue", args=[FULL, "i2", "p1"]) + "?category=Slow+Downloads"
    exchange = reverse("replica:exchange", args=[FULL, 2])
    assert f'hx-get="{issue}"' in reader_client.get(exchange).content.decode()
    text = reader_client.get(issue).content.decode()
    assert f'hx-get="{exchange}"' in text
    assert 'data-marks="2"' in text


def test_a_label_is_found_in_other_sessions_with_the_way_there(
    reader_client: Client, captured_replica: Captured
) -> None:
    answer = reader_client.get(reverse("replica:label_elsewhere", args=[FULL, "l2"]))
    assert [(one.session_id, one.ms) for one, _ in answer.context["others"]] == [(EXCLUDED, 90_000), (BARE, 4_000)]
    assert answer.context["summary"].n == 1  # Excluded sessions are listed, but not counted
    text = answer.content.decode()
    assert f"{reverse('replica:session', args=[BARE])}?from=" in text
    assert "at=label-l1" in text
    alone = reader_client.get(reverse("replica:label_elsewhere", args=[FULL, "l1"])).content.decode()
    assert "No other of the flow" in alone
    assert FLOW not in alone
