"""The page that compares two groups of sessions, and the baselines of flows."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from replica.comparisons.models import FlowBaseline
from replica.flow_trends.service import refresh
from statetrace_ui.attention.noting import look
from statetrace_ui.web.models import Organisation
from tests.replica.captured import Captured
from tests.replica.compare.planted import FLOW, plant

COMPARE, KEEP = reverse("replica:compare"), reverse("replica:keep_baseline")
ASKED = {"flow": FLOW, "base": "side=base", "new": "side=new"}


@pytest.fixture
def planted(own_replica: Captured) -> Captured:
    plant(own_replica)
    return own_replica


def text(client: Client, status: int = 200, **asked: str) -> str:
    answer = client.get(COMPARE, {**ASKED, **asked})
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def test_the_page_says_what_changed_and_leads_to_both_moments(reader_client: Client, planted: Captured) -> None:
    page = text(reader_client)
    assert "800 ms slower: “Pay” +800 ms, of which 600 ms wait for /pay." in page
    assert f"{reverse('replica:network', args=['new-3'])}?at=2" in page
    assert f"{reverse('replica:flame', args=['new-3'])}?from=600.000&amp;to=1621.000" in page
    assert f"{reverse('replica:flame_diff')}?flow={FLOW}&amp;base=side%3Dbase&amp;new=side%3Dnew" in page
    assert f"{reverse('replica:session', args=['base-3'])}?from=544.750" in page
    assert "Run base-3: 221 ms" in page
    assert "2 more where one cannot tell" in page


def test_without_a_question_it_asks_for_one(reader_client: Client, planted: Captured) -> None:
    page = text(reader_client, flow="", base="", new="")
    assert "Choose two groups of sessions" in page
    assert "Pay a bill" in page
    assert '<option value="side=new">' in text(reader_client, base="", new="")


def test_without_a_replica_it_leads_on(
    manager_client: Client, reader_client: Client, organisation: Organisation
) -> None:
    for client, command in ((manager_client, True), (reader_client, False)):
        page = client.get(reverse("replica:compare")).content.decode()
        assert "Nothing to compare yet" in page
        assert "Choose two groups" not in page
        assert 'href="/start/"' in page
        assert ("import_sessions" in page) is command


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"base": "side=nothing"}, 404, "No session of this flow matches “side=nothing”"),
        ({"new": "since:soon"}, 400, "“soon” is no time"),
        ({"base": "baseline"}, 400, "This flow has no baseline"),
        ({"time": "sideways"}, 400, "not understood"),
        ({"flow": "elsewhere"}, 404, "There is no such user flow"),
    ],
)
def test_what_cannot_be_compared_is_said(
    asked: dict[str, str], status: int, words: str, reader_client: Client, planted: Captured
) -> None:
    assert words in text(reader_client, status, **asked)


def test_too_few_sessions_are_shown_without_a_claim(reader_client: Client, planted: Captured) -> None:
    page = text(reader_client, base="base-1", new="new-1")
    assert "Too few to tell: 1 against 1 sessions" in page
    assert "+800 ms" in page
    assert 'class="status bad"' not in page


def test_two_timelines_stand_under_each_other(reader_client: Client, planted: Captured) -> None:
    address = reader_client.get(COMPARE, ASKED).context["pair"]
    both = reader_client.get(address).context["timeline"]
    [labels] = [group for group in both["groups"] if group["key"] == "labels"]
    assert [(lane["name"], lane["side"]) for lane in labels["lanes"]] == [("step", "base"), ("step", "new")]
    assert ["base-label-l2", "new-label-l2"] in [list(keys) for keys in both["pairs"]]
    base, new = (side["parts"] for side in both["sides"])
    pay, pay_new = [next(part for part in parts if part[0] == 600) for parts in (base, new)]
    assert pay[2] == pay_new[2]  # both begin “Pay” at one place
    assert base[3][2] == new[3][2] == new[2][2] + new[2][1] - new[2][0]  # and go on when the slower one has done it


def test_curves_of_both_sessions_come_by_lane(reader_client: Client, planted: Captured) -> None:
    asked = {"base": "base-3", "new": "new-3"}
    timeline = reader_client.get(reverse("replica:pair"), asked).context["timeline"]
    [series] = [group for group in timeline["groups"] if group["key"] == "series"]
    curves = reader_client.get(series["curves"]).json()
    assert {lane["key"] for lane in series["lanes"]} == set(curves)
    assert curves["base-series-memory"][0][1] == 103
    assert curves["new-series-memory"][0][1] == 203


@pytest.mark.parametrize(
    ("asked", "status"),
    [({}, 400), ({"base": "base-1"}, 400), ({"base": "base-1", "new": "nobody"}, 404)],
)
def test_two_timelines_need_two_sessions(
    asked: dict[str, str], status: int, reader_client: Client, planted: Captured
) -> None:
    for page in ("pair", "pair_curves"):
        assert reader_client.get(reverse(f"replica:{page}"), asked).status_code == status


@pytest.mark.parametrize(
    ("given", "question"),
    [
        ({"side": "each", "tick": ["new-1", "base-1"]}, {"base": "session:base-1", "new": "session:new-1"}),
        ({"side": "base", "tick": ["a", "b"], "new": "side=new"}, {"base": "session:a session:b", "new": "side=new"}),
        ({"side": "new", "shown": "side=new", "base": "baseline"}, {"base": "baseline", "new": "side=new"}),
        ({"side": "base", "tick": ["a b"]}, {"base": '"session:a b"'}),
    ],
)
def test_ticks_become_a_question(
    given: dict[str, str | list[str]], question: dict[str, str], reader_client: Client, planted: Captured
) -> None:
    answer = reader_client.get(COMPARE, {"flow": FLOW, **given})
    assert answer.status_code == 302
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer["location"]).query).items()}
    assert asked == {"flow": FLOW, **question}


def test_the_flows_page_offers_ticks_and_what_its_filters_show(reader_client: Client, planted: Captured) -> None:
    page = reader_client.get(reverse("replica:flow", args=[FLOW]), {"tag": "side=new", "status": "Passed"})
    assert page.context["shown"] == "side=new status:Passed"
    assert 'name="tick" value="new-5"' in page.content.decode()
    narrowed = reader_client.get(reverse("replica:flow", args=[FLOW]), {"since": "2026-03-01", "until": "2026-03-01"})
    shown = narrowed.context["shown"]
    assert "Compare" in text(reader_client, base=f"{shown} side=base")


def kept(organisation: Organisation) -> list[str]:
    return sorted(FlowBaseline.objects.get(organisation=organisation).session_ids)


def test_a_manager_keeps_a_side_as_the_baseline(
    organisation: Organisation, manager_client: Client, planted: Captured
) -> None:
    answer = manager_client.post(KEEP, {**ASKED, "side": "base"})
    assert answer["location"] == f"{COMPARE}?{urlencode(ASKED)}"
    assert kept(organisation) == [f"base-{n}" for n in range(1, 6)]
    manager_client.post(KEEP, {**ASKED, "side": "new"})
    assert kept(organisation) == [f"new-{n}" for n in range(1, 6)]
    assert "800 ms faster" in text(manager_client, base="baseline", new="side=base")


def test_readers_see_no_way_to_keep_one(reader_client: Client, planted: Captured) -> None:
    assert "baseline</button>" not in text(reader_client)


def test_a_flow_that_is_slower_than_its_baseline_says_so(manager_client: Client, planted: Captured) -> None:
    slower, place = "% slower</span>", reverse("replica:flows")
    assert "no baseline" in manager_client.get(place).content.decode()
    manager_client.post(KEEP, {**ASKED, "side": "base"})
    page = manager_client.get(place).content.decode()
    assert slower in page
    assert f"{COMPARE}?flow={FLOW}&amp;base=baseline&amp;new=newest:10" in page
    assert "Slower than its baseline" in manager_client.get(reverse("replica:flow", args=[FLOW])).content.decode()
    manager_client.post(KEEP, {**ASKED, "side": "new"})
    assert slower not in manager_client.get(place).content.decode()


def test_the_first_page_says_so_once_a_worker_has_looked(
    organisation: Organisation, manager_client: Client, planted: Captured
) -> None:
    """Also where another baseline was kept since, after the next look at the replica."""
    slower, home = "is slower than its baseline", reverse("home")
    for side, expected in (("base", True), ("new", False), ("base", True)):
        manager_client.post(KEEP, {**ASKED, "side": side})
        refresh(organisation)
        look(organisation)
        assert (slower in manager_client.get(home).content.decode()) is expected
    address = f"{COMPARE}?flow={FLOW}&amp;base=baseline&amp;new=newest:10"
    assert address in manager_client.get(home).content.decode()


def test_a_trend_can_be_of_a_label_and_coloured_by_a_tag(reader_client: Client, planted: Captured) -> None:
    page = reader_client.get(reverse("replica:flow", args=[FLOW]), {"measurement": "label:Pay", "colour": "side"})
    dots = page.context["trend"]["data"][-1]
    assert list(dots["y"])[:2] == [207, 1007]
    assert set(dots["marker"]["color"]) == {"var(--chart-1)", "var(--chart-2)"}
    assert page.context["groups"] == [("base", "1"), ("new", "2")]
    assert page.context["trend"]["layout"]["yaxis"]["title"]["text"] == "Pay (ms)"
