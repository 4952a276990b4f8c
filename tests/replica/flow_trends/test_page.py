"""The table of flows that a page is given: what each role is told, and what others wrote is shown letter by letter."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from replica.databases.models import Replica
from replica.flow_trends.models import FlowTrend
from replica.flow_trends.service import FlowTrends, flow_cards, refresh
from statetrace_ui.web.models import Membership, Organisation
from tests.replica.captured import EXCLUDED, FLOW, FULL, HOSTILE, HOSTILE_SESSION, Captured

NOW = timezone.now()


def shown(trends: FlowTrends, role: str = Membership.Role.READER) -> str:
    request = HttpRequest()
    request.membership = Membership(role=role)  # type: ignore[attr-defined]
    return render_to_string("replica/flow_trends.html", {"trends": trends, "request": request})


def test_each_flow_leads_to_itself_and_to_its_newest_session(
    organisation: Organisation, captured_replica: Captured
) -> None:
    refresh(organisation)
    page = shown(flow_cards(organisation, 10))
    assert reverse("replica:flow", args=[FLOW]) in page
    assert reverse("replica:session", args=[EXCLUDED]) in page
    assert "<title>2 sessions, 5.0 s to 10.0 s</title>" in page
    assert "4 sessions" in page
    assert "none yet" in page
    assert "Read at <time" in page
    assert "All " not in page


def test_flows_that_are_left_out_are_counted(organisation: Organisation, captured_replica: Captured) -> None:
    refresh(organisation)
    assert "All 2 user flows" in shown(flow_cards(organisation, 1))


def test_what_others_wrote_is_no_markup(organisation: Organisation, own_replica: Captured) -> None:
    own_replica.execute("UPDATE user_flow SET name = %s", HOSTILE)
    own_replica.execute("DELETE FROM session_metadata WHERE session_id <> %s", HOSTILE_SESSION)
    refresh(organisation)
    page = shown(flow_cards(organisation, 10))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page


def test_a_silent_replica_is_told_with_when_it_last_spoke() -> None:
    trend = FlowTrend(user_flow_id=FLOW, name="Buy a lamp", sessions=1, durations=[1000.0])
    page = shown(FlowTrends([trend], 1, NOW - dt.timedelta(hours=3), NOW, has_replica=True))
    assert "did not answer at" in page
    assert "3 h ago" in page
    assert "Buy a lamp" in page


@pytest.mark.parametrize(
    ("trends", "to_all", "to_managers"),
    [
        (FlowTrends(), "No user flow yet", "import_sessions FILE"),
        (FlowTrends(has_replica=True, read_at=NOW), "No user flow yet", "import_sessions FILE"),
        (FlowTrends(has_replica=True), "within a minute", "manage.py up"),
        (FlowTrends(has_replica=True, failed_at=NOW), "did not answer", "manage.py up"),
    ],
)
def test_where_there_is_no_flow_each_role_is_told_what_to_do(trends: FlowTrends, to_all: str, to_managers: str) -> None:
    manager, reader = shown(trends, Membership.Role.MANAGER), shown(trends)
    assert to_all in manager
    assert to_managers in manager
    assert to_all in reader
    assert to_managers not in reader


def test_flows_of_another_organisation_are_not_shown(
    organisation: Organisation, captured_replica: Captured, stranger: User
) -> None:
    refresh(organisation)
    [other] = stranger.organisations.all()
    replica = Replica.objects.create(organisation=other, database="elsewhere", login_role="elsewhere")
    replica.flow_trends.create(user_flow_id=FULL, name="Juniper", sessions=1)
    assert "Juniper" not in shown(flow_cards(organisation, 10))
    assert [row.name for row in flow_cards(other, 10).rows] == ["Juniper"]
