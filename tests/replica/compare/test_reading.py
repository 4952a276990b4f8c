"""What a comparison finds in a replica that somebody else fills."""

import datetime as dt

import pytest

from replica.compare.facts import CallFact, Window
from replica.compare.ranking import flattened
from replica.compare.selection import Selection
from replica.compare.sentence import sentence
from replica.comparisons import calls as calls_module
from replica.comparisons.calls import calls_read_beside, compared_calls
from replica.comparisons.service import Compared, Question, compare
from replica.databases.reading import read_replica
from replica.queries import compared
from replica.queries.groups import flow_named, group_ids, group_tags
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.replica.captured import Captured
from tests.replica.compare.planted import FLOW, plant


@pytest.fixture
def planted(own_replica: Captured) -> Captured:
    plant(own_replica)
    return own_replica


def asked(organisation: Organisation, replica: Captured, base: str = "side=base", new: str = "side=new") -> Compared:
    def read(alias: str) -> Compared:
        return compare(organisation, alias, Question(flow_named(alias, "Pay a bill"), base, new), dt.UTC)

    return read_replica(organisation, read)


def clear(found: Compared) -> list[tuple[str, str]]:
    return [(one.subject.kind, one.subject.name) for one in flattened(found.comparison.entries) if one.is_clear]


def test_what_was_planted_is_found_among_gaps_of_every_kind(organisation: Organisation, planted: Captured) -> None:
    found = asked(organisation, planted)
    assert clear(found) == [("label", "Pay"), ("request", "/pay"), ("call", "total"), ("series", "Memory")]
    assert sentence(found.comparison) == "800 ms slower: “Pay” +800 ms, of which 600 ms wait for /pay."


def test_the_other_way_round_it_is_faster(organisation: Organisation, planted: Captured) -> None:
    found = asked(organisation, planted, "side=new", "side=base")
    assert sentence(found.comparison) == "800 ms faster: “Pay” −800 ms, of which 600 ms wait for /pay."


@pytest.mark.parametrize(
    "table",
    ["session_labels", "capture_sessions", "session_timeseries", "function_call_site", "performance_measurements"],
)
def test_a_table_that_is_missing_holds_nothing(table: str, organisation: Organisation, planted: Captured) -> None:
    planted.execute(f"DROP TABLE {table}")
    assert asked(organisation, planted).comparison.is_slower


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        (Selection(tags=(("side", "base"),), statuses=("Failed",)), ["base-1"]),
        (Selection(versions=("1.4.2",), newest=2), ["new-5", "new-4"]),
        (Selection(devices=("Phone new", "Phone base"), newest=1), ["new-5"]),
        (Selection(session_ids=("base-2", "elsewhere")), ["base-2"]),
        (Selection(since=dt.datetime(2026, 3, 1, 15, tzinfo=dt.UTC)), ["new-5", "base-5"]),
        (Selection(until=dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)), ["new-1", "base-1"]),
    ],
)
def test_a_group_is_chosen_by_what_its_sessions_are(line: Selection, ids: list[str], planted: Captured) -> None:
    assert group_ids(planted.alias, FLOW, line) == ids


def test_excluded_sessions_are_left_out_unless_asked_for(planted: Captured) -> None:
    planted.execute("UPDATE session_metadata SET status = 'Excluded' WHERE session_id = 'new-5'")
    side = Selection(tags=(("side", "new"),))
    assert "new-5" not in group_ids(planted.alias, FLOW, side)
    assert "new-5" in group_ids(planted.alias, FLOW, side, with_excluded=True)
    assert group_ids(planted.alias, FLOW, Selection(statuses=("Excluded",))) == ["new-5"]


def test_tags_that_several_sessions_have_are_offered(planted: Captured) -> None:
    assert set(group_tags(planted.alias, FLOW)) >= {("side", "new"), ("build", "1.4.1")}


def test_a_session_in_both_groups_counts_for_the_base(organisation: Organisation, planted: Captured) -> None:
    found = asked(organisation, planted, "side=base", "newest:10")
    assert len(found.groups.new) == 5
    assert found.notes == ["5 of the sessions are in both groups; they count for the base alone."]


def test_three_against_three_are_too_few_and_still_listed(organisation: Organisation, planted: Captured) -> None:
    found = asked(organisation, planted, "side=base newest:3", "side=new newest:3")
    assert found.comparison.too_few
    assert sentence(found.comparison).startswith("Too few to tell: 3 against 3 sessions")
    assert {one.certainty.word for one in found.comparison.entries} == {"too few to tell"}
    assert found.comparison.entries[0].subject.name == "Pay"


@pytest.mark.parametrize("line", ["", "status:", "since:soon", "newest:many", "nobody", "side=nothing", "baseline"])
def test_a_line_that_chooses_nothing_is_refused(line: str, organisation: Organisation, planted: Captured) -> None:
    with pytest.raises(UserError):
        asked(organisation, planted, line)


def calls_in(planted: Captured, window: Window) -> list[CallFact] | None:
    with calls_read_beside(planted.url, [window]) as read_calls:
        columns = read_calls()
    return None if columns is None else compared_calls(planted.alias, [window], columns, [0.0, 0.0])


def test_a_method_has_the_time_that_its_calls_ran_in_the_window_without_what_they_called(planted: Captured) -> None:
    calls = calls_in(planted, Window(1, "new-1", 600, 900))
    assert calls is not None
    assert {(call.label, call.name, round(call.ms)) for call in calls} == {(1, "pay", 20), (1, "total", 252)}
    cut = calls_in(planted, Window(0, "new-1", 605, 700))
    assert cut is not None
    assert {(call.name, call.ms) for call in cut} == {("pay", 5.0), ("total", 90.0)}


def test_what_is_too_much_is_not_compared_in_part(planted: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_module, "MOST_CALLS", 1)
    assert calls_in(planted, Window(0, "new-1", 600, 900)) is None
    monkeypatch.setattr(compared, "MOST_POINTS", 1)
    assert compared.compared_series(planted.alias, [Window(0, "new-1", 0, 900)]) is None
    monkeypatch.setattr(compared, "MOST_LABELS", 1)
    with pytest.raises(UserError, match="more than 1 labels"):
        compared.compared_labels(planted.alias, ["new-1"])
