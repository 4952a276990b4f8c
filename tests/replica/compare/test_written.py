"""The rows that audited sessions wrote while captured sessions went on, as a comparison tells of them."""

import datetime as dt

import pytest

from replica.compare.ranking import flattened
from replica.compare.subjects import Certainty, Entry, Kind
from replica.comparisons.service import Question, compare
from replica.databases.reading import read_replica
from replica.queries.groups import flow_named
from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation
from tests.replica.captured import Captured
from tests.replica.compare.planted import A_SIDE, plant
from tests.statetrace_ui.history.rows import (
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)

BEGIN = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)  # of the planted sessions, an hour before the first


@pytest.fixture
def source(organisation: Organisation, own_replica: Captured) -> Source:
    plant(own_replica)
    return make_source(organisation)


def tagged(replica: Captured, session_id: str) -> str:
    replica.execute(
        f"INSERT INTO session_tags VALUES ('{session_id}', 'statetrace_session_id', 'audited {session_id}')"
    )
    return f"audited {session_id}"


def act(source: Source, key: str, number: int, ms: float, rows: int) -> None:
    """An action of the audited session, so many ms after the captured one began, that inserts so many orders."""
    at = BEGIN + dt.timedelta(hours=number, milliseconds=ms)
    session = source.session_set.filter(key=key).first() or make_session(source, key=key, at=at)
    transaction = make_transaction(source, at)
    make_action(session, at, transaction=transaction)
    make_action(session, at, transaction=transaction)  # a second one of the same transaction wrote the same rows
    relation = source.relation_set.first() or make_relation(source)
    for place in range(rows):
        make_change(transaction, relation, "I", key=str(place), new=row(str(place)))


def written(organisation: Organisation) -> list[Entry]:
    def read(alias: str) -> list[Entry]:
        found = compare(organisation, alias, Question(flow_named(alias, "Pay a bill"), "side=base", "side=new"), dt.UTC)
        return [one for one in flattened(found.comparison.entries) if one.subject.kind == Kind.ROWS]

    return read_replica(organisation, read)


def test_more_rows_of_a_step_are_told_in_it_and_in_the_whole(
    organisation: Organisation, own_replica: Captured, source: Source
) -> None:
    for number in range(1, A_SIDE + 1):
        act(source, tagged(own_replica, f"base-{number}"), number, 700, rows=1)
        act(source, tagged(own_replica, f"new-{number}"), number, 700, rows=3)
        act(source, f"audited new-{number}", number, 100, rows=1)  # before the step
    whole, inside = sorted(written(organisation), key=lambda one: -one.size)
    assert (whole.subject.name, whole.subject.place, whole.shift and whole.shift.value) == ("orders", "inserted", 3)
    assert (inside.subject.base_values, inside.subject.new_values) == ([1] * A_SIDE, [3] * A_SIDE)
    assert whole.certainty == inside.certainty == Certainty.CLEAR


def test_what_a_session_wrote_is_not_known_without_an_audited_one(
    organisation: Organisation, own_replica: Captured, source: Source
) -> None:
    for number in range(1, A_SIDE + 1):
        act(source, tagged(own_replica, f"base-{number}"), number, 700, rows=1)
    tagged(own_replica, "new-1")  # which is not in history
    assert [(one.certainty, list(one.subject.new)) for one in written(organisation)] == [(Certainty.TOO_FEW, [])]


def test_of_others_audited_sessions_nothing_is_told(
    organisation: Organisation, own_replica: Captured, source: Source
) -> None:
    stranger = make_source(Organisation.objects.create(name="Other", slug="other"), "theirs")
    for number in range(1, A_SIDE + 1):
        act(stranger, tagged(own_replica, f"base-{number}"), number, 700, rows=1)
    assert written(organisation) == []


@pytest.mark.parametrize("limit", ["MOST_COUNTED", "MOST_ACTIONS"])
def test_what_is_too_much_to_be_counted_is_not_known_and_said(
    limit: str, organisation: Organisation, own_replica: Captured, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"replica.comparisons.written.{limit}", 2)
    for number in range(1, A_SIDE + 1):
        act(source, tagged(own_replica, f"base-{number}"), number, 700, rows=3)

    def notes(alias: str) -> list[str]:
        return compare(
            organisation, alias, Question(flow_named(alias, "Pay a bill"), "side=base", "side=new"), dt.UTC
        ).notes

    assert written(organisation) == []
    assert f"Beside {A_SIDE} of the sessions too much was written" in read_replica(organisation, notes)[0]
