"""Changes are counted by actor as they are stored, as a recount finds them, whatever comes late or goes."""

import json
from collections import Counter
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import close_old_connections, connection, connections, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.history.erasure import requests, runs
from statetrace_ui.history.late_actions import write_annotations
from statetrace_ui.history.models import (
    Action,
    ActorCount,
    Change,
    Erasure,
    Session,
    Source,
    UncountedActors,
    UncountedHistory,
)
from statetrace_ui.history.queries import rollups
from statetrace_ui.history.queries.rollups import BusyActors
from statetrace_ui.history.rollups import backfill, weeding, writer
from statetrace_ui.history.rollups.spans import DAY, EPOCH, HOUR, OF_ACTORS, TEN_DAYS, Fact, floor
from statetrace_ui.history.store import store
from statetrace_ui.wal.records import Change as Record
from statetrace_ui.wal.records import Transaction
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.retention import aged
from tests.statetrace_ui.history.test_store import START, commit, insert, note

Spans = dict[tuple[int, datetime, str], int]
HISTORY_SETTINGS = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
TIMES = st.integers(-1_000, 2_000).map(lambda hours: EPOCH + timedelta(hours=hours, seconds=7))
KEYS = "abcde"
# Changes of a transaction, the sessions that its actions name, and whether these announce themselves in it.
TRANSACTIONS = st.lists(
    st.tuples(TIMES, st.integers(1, 3), st.sets(st.sampled_from(KEYS), max_size=2), st.booleans()), max_size=8
)
ACTORS = st.fixed_dictionaries({key: st.sampled_from(["1", "2", ""]) for key in KEYS})


def act(key: str, number: int = 1) -> Record:
    return note("act", f"{key}{number}", action_session_id=key)


def announced(key: str, actor: str, **fields: str) -> Record:
    return note("sess", key, session_actor_id=actor, **fields)


def transactions(drawn: list[Any], actors: dict[str, str]) -> list[Transaction]:
    """At last, all sessions announce themselves. Two sessions of one actor do so before they act together."""
    items = []
    for lsn, (at, changes, keys, announces) in enumerate(drawn, start=1):
        early = announces or len(keys) > 1
        notes = [one for key in sorted(keys) for one in [announced(key, actors[key])] * early + [act(key, lsn)]]
        items.append(Transaction(lsn * 8, lsn * 8 + 8, at, [*notes, *map(insert, range(changes))], xid=lsn))
    last = [announced(key, actor) for key, actor in actors.items()]
    return [*items, Transaction(9_000, 9_008, START, last, xid=9_000)]


def recount(source: Source) -> Spans:
    """Each change once for each actor of its transaction."""
    counts: Counter[tuple[int, datetime, str]] = Counter()
    for change in Change.objects.filter(source=source, kind="I").select_related("transaction"):
        actions = Action.objects.filter(source=source, transaction_id=change.transaction_id)
        sessions = Session.objects.filter(source=source, id__in=actions.values("session_id"))
        for actor in {session.known_as for session in sessions} - {""}:
            counts.update((seconds, floor(change.committed_at, seconds), actor) for seconds in OF_ACTORS)
    return dict(counts)


def kept(source: Source) -> Spans:
    counts: Counter[tuple[int, datetime, str]] = Counter()
    actors = {session.id: session.known_as for session in Session.objects.filter(source=source)}
    for one in ActorCount.objects.filter(source=source):
        if actor := actors.get(one.session_id):
            counts[(one.seconds, one.at, actor)] += one.changes
    return dict(counts)


def busy(organisation: Organisation, days: int = 1, before: timedelta = timedelta()) -> BusyActors:
    end = timezone.now() - before
    return rollups.busiest_actors(organisation, end - timedelta(days=days), end, timezone.now(), 8)


def labels(busy: BusyActors) -> list[tuple[str, int]]:
    return [(one.label, one.changes) for one in busy.rows]


def source_alone(organisation: Organisation) -> Source:
    """Counts of the source before it go with it."""
    Source.objects.all().delete()
    assert not ActorCount.objects.exists()
    return Source.objects.create(organisation=organisation, name="the shop", slot_name="s", publication_name="s")


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return source_alone(organisation)


@settings(max_examples=25, **HISTORY_SETTINGS)  # type: ignore[arg-type]
@given(drawn=TRANSACTIONS, actors=ACTORS, parts=st.integers(1, 4))
def test_counts_equal_a_recount(organisation: Organisation, drawn: Any, actors: dict[str, str], parts: int) -> None:
    source = source_alone(organisation)
    items = transactions(drawn, actors)
    for start in range(0, len(items), parts):
        store(source, items[start : start + parts])
        store(source, items[: start + parts])  # sent again
    assert kept(source) == recount(source)


@settings(max_examples=15, **HISTORY_SETTINGS)  # type: ignore[arg-type]
@given(drawn=TRANSACTIONS, actors=ACTORS, later=st.integers(0, 8), part=st.integers(1, 5), upgraded=st.booleans())
def test_older_history_is_counted_once(
    organisation: Organisation, drawn: Any, actors: dict[str, str], later: int, part: int, upgraded: bool
) -> None:
    """As if only transactions from `later` on had been stored since actors are counted. upgraded: kinds were before."""
    source = source_alone(organisation)
    items = transactions(drawn, actors)
    store(source, items[:later])
    for model in (ActorCount, UncountedActors):
        model.objects.all().delete()
    UncountedHistory.objects.update(below=0) if upgraded else None
    store(source, items[later:])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backfill, "PART", part)
        backfill.count_older()
    assert kept(source) == recount(source)
    assert not rollups.is_still_counted(organisation)


def test_a_session_that_announces_itself_later_gives_its_changes_a_name(
    organisation: Organisation, source: Source
) -> None:
    at = timezone.now()
    store(source, [Transaction(8, 16, at, [insert(1), act("s")])])
    assert labels(busy(organisation)) == []
    store(source, [Transaction(16, 24, at, [announced("s", "7", session_actor_full_name="Ada")])])
    assert labels(busy(organisation)) == [("Ada", 1)]


def test_sessions_that_name_different_actors_later_count_for_each(organisation: Organisation, source: Source) -> None:
    at = timezone.now()
    store(source, [Transaction(8, 16, at, [insert(1), act("s"), act("t")])])
    store(source, [Transaction(16, 24, at, [announced("s", "ada"), announced("t", "bob")])])
    assert sorted(labels(busy(organisation))) == [("ada", 1), ("bob", 1)]


def test_an_actor_of_many_sessions_has_one_count_for_a_time(source: Source) -> None:
    notes = [one for key in KEYS for one in (announced(key, "7"), act(key))]
    store(source, [commit(1, *notes, insert(1)), commit(2, act("e", 2), insert(2))])
    assert list(ActorCount.objects.values_list("seconds", "changes").order_by("seconds")) == [
        (HOUR, 2),
        (DAY, 2),
        (TEN_DAYS, 2),
    ]


def test_each_change_counts_once_for_each_actor(organisation: Organisation, source: Source) -> None:
    """Of sessions that tell no id, the email is the actor, and else the name."""
    ada = [note("sess", key, session_actor_email="ada@example.com", session_actor_full_name="Ada") for key in "ab"]
    bob = note("sess", "c", session_actor_full_name="Bob")
    at = timezone.now()
    rows = [insert(1), insert(2)]
    store(source, [Transaction(8, 16, at, [*ada, bob, act("a"), act("c"), *rows])])
    store(source, [Transaction(16, 24, at, [act("b", 2), *rows]), Transaction(24, 32, at, rows)])
    assert labels(busy(organisation)) == [("Ada", 4), ("Bob", 2)]


def test_a_late_action_is_counted_once(organisation: Organisation, source: Source) -> None:
    """Of three transactions: one without an action, one with an action of the same actor, one of another's."""
    names = [announced("s", "1"), announced("t", "1"), announced("u", "2")]
    rows = [insert(1), insert(2)]
    store(source, [commit(1, *rows), commit(2, *names, act("t"), *rows), commit(3, act("u"), *rows)])
    late = [(act("s", xid), xid) for xid in (1, 2, 3)]
    for _ in range(2):  # the table may be read twice
        with transaction.atomic(), connection.cursor() as cursor:
            write_annotations(cursor, source.pk, ChainWriter(cursor, source.pk), START, late)
    assert kept(source) == recount(source)
    assert Counter(kept(source).values()) == {6: 3, 2: 3}


def test_a_late_action_of_older_history_is_counted_with_it(organisation: Organisation, source: Source) -> None:
    store(source, [commit(1, insert(1), announced("s", "1"))])
    ActorCount.objects.all().delete()
    UncountedActors.objects.update(below=2**62)
    with transaction.atomic(), connection.cursor() as cursor:
        write_annotations(cursor, source.pk, ChainWriter(cursor, source.pk), START, [(act("s"), 1)])
    assert not ActorCount.objects.exists()
    backfill.count_older()
    assert kept(source) == recount(source) != {}


def test_the_terms_find_what_is_counted_and_nothing_else(
    organisation: Organisation, reader_client: Client, source: Source
) -> None:
    """Neither actor 421, whose id begins the same, nor somebody who is called 42."""
    notes = [announced("a", "42"), announced("b", "421"), note("sess", "c", session_actor_full_name="42 of us")]
    at = timezone.now()
    store(source, [Transaction(8, 16, at, [*notes, act("a"), *map(insert, range(4))])])
    store(source, [Transaction(n * 8, n * 8 + 8, at, [act(key), insert(n)]) for n, key in enumerate("bc", start=2)])
    for one in busy(organisation).rows:
        page = reader_client.get("/changes/", {"q": " ".join(one.terms), "group": "change"}).context["page"]
        assert len(page.rows) == one.changes
        sessions = reader_client.get("/sessions/", {"q": " ".join(one.terms)}).context["page"].rows
        assert [session.known_as for session in sessions] == [one.session.known_as]
        others = reader_client.get("/sessions/", {"q": f'-actor:"={one.session.known_as}"'}).context["page"].rows
        assert len(others) == 2
    assert next(one.terms for one in busy(organisation).rows) == ('source:"the shop"', "actor:=42")


def test_an_erased_actor_is_named_no_more(organisation: Organisation, source: Source) -> None:
    source.url = ""
    source.save(update_fields=["url"])
    at = timezone.now()
    store(
        source, [Transaction(8, 16, at, [announced("a", "ada"), announced("b", "bob"), act("a"), act("b"), insert(1)])]
    )
    places, wanted = requests.person_wanted(source, [], [], "", "ada", elsewhere=True)
    erasure = requests.ask(source, Erasure.Kind.PERSON, places, wanted, "ticket 7", "manager")
    runs.perform(erasure)
    requests.confirm(erasure, "manager")
    runs.perform(erasure)
    assert labels(busy(organisation)) == [("bob", 1)]
    assert "ada" not in json.dumps(list(ActorCount.objects.values()), default=str)


def test_what_retention_removes_of_an_actor_that_is_still_known_stays_counted(
    organisation: Organisation, source: Source
) -> None:
    old, young = [aged.OLD + timedelta(days=20)], [aged.YOUNG]
    for age, key in [*((one, "a") for one in old), *((one, "b") for one in young)]:
        aged.commit(source, age, announced(key, "ada"), act(key), insert(1))
    assert labels(busy(organisation, days=60)) == [("ada", 2)]
    aged.apply(source)
    assert not Session.objects.filter(key="a").exists()
    assert labels(busy(organisation, days=60)) == [("ada", 1)]


@pytest.fixture
def crowded(source: Source, monkeypatch: pytest.MonkeyPatch) -> Source:
    """Five actors long ago, and as many now; the last of them did most."""
    monkeypatch.setattr(weeding, "MOST_ACTORS", 2)
    for age in (timedelta(days=800), timedelta(days=100), timedelta(days=30), timedelta()):
        for number, key in enumerate(KEYS, start=1):
            changes = map(insert, range(number))
            aged.commit(
                source, age, announced(f"{key}{age}", key), note("act", key, action_session_id=f"{key}{age}"), *changes
            )
    backfill.count_older()
    weeding.weed(source.pk, timezone.now())
    return source


@pytest.mark.parametrize(("age", "days"), [(800, 4), (100, 2), (30, 1), (30, 50)])
def test_of_what_is_over_the_busiest_actors_stay_and_the_others_become_one_count(
    organisation: Organisation, crowded: Source, age: int, days: int
) -> None:
    found = busy(organisation, days, timedelta(days=age) - timedelta(days=days / 2))
    assert (labels(found), found.at_least) == ([("e", 5), ("d", 4)], True)
    assert found.end - found.start <= timedelta(days=max(days + 2, 20 if age == 800 else 0))
    folded = ActorCount.objects.filter(session_id=ActorCount.OTHERS)
    assert {one.changes for one in folded} == {6}


def test_of_now_all_actors_are_told_apart(organisation: Organisation, crowded: Source) -> None:
    found = busy(organisation)
    assert labels(found) == [("e", 5), ("d", 4), ("c", 3), ("b", 2), ("a", 1)]
    assert not found.at_least


def test_short_spans_of_actors_go_in_time(crowded: Source) -> None:
    begun = {
        seconds: ActorCount.objects.filter(seconds=seconds).values("at").distinct().count() for seconds in OF_ACTORS
    }
    assert begun == {HOUR: 2, DAY: 3, TEN_DAYS: 4}


def test_spans_that_are_over_stay_whole_as_long_as_they_grow(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weeding, "MOST_ACTORS", 2)
    notes = [one for key in KEYS for one in (announced(key, key), act(key))]
    store(source, [commit(1, *notes, insert(1))])
    weeding.weed(source.pk, timezone.now())
    assert not ActorCount.objects.filter(session_id=ActorCount.OTHERS).exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_count_at_once_lose_nothing(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store adds to spans while they are folded, in any order of its facts: neither waits for ever, nor fails."""
    monkeypatch.setattr(weeding, "MOST_ACTORS", 2)
    store(source, [commit(1, *(one for key in KEYS for one in (announced(key, key), act(key))), insert(1))])
    UncountedActors.objects.update(below=0)
    sessions = list(Session.objects.values_list("id", flat=True))
    failed: list[Exception] = []

    def work(add: bool) -> None:
        try:
            for turn in range(8):
                if add:
                    order = sessions if turn % 2 else sessions[::-1]
                    with transaction.atomic(), connection.cursor() as cursor:
                        facts = [
                            Fact(START + timedelta(days=d), None, "I", False, 1, [s]) for s in order for d in range(100)
                        ]
                        writer.add_actors(cursor, source.pk, facts)
                else:
                    weeding.weed(source.pk, timezone.now())
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=(add,)) for add in (True, True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()
    total = sum(ActorCount.objects.filter(seconds=TEN_DAYS).values_list("changes", flat=True))
    assert (failed, total) == ([], 5 + 2 * 8 * 100 * len(KEYS))
