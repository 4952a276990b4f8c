"""What happened to what is watched is found once, whatever is killed meanwhile."""

import datetime as dt
from collections.abc import Callable

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.http import Http404
from django.utils import timezone

from replica.exports.models import SyncRun, UserFlowExport
from statetrace_ui.attention import noting
from statetrace_ui.embedded import database_url
from statetrace_ui.history.models import Relation, SavedQuestion, Source
from statetrace_ui.watch import looking, queries, subjects
from statetrace_ui.watch.looking import look_for_all
from statetrace_ui.watch.models import Happening, Kind, Subject, Watch
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership, Organisation
from tests.conftest import make_user
from tests.statetrace_ui.history.rows import make_source
from tests.statetrace_ui.watch.conftest import delete_rows


def titles() -> list[str]:
    return list(Happening.objects.order_by("id").values_list("title", flat=True))


def test_matches_of_a_question_are_told_once(watched: SavedQuestion, orders: Relation) -> None:
    delete_rows(orders, 2)
    look_for_all()
    look_for_all()
    assert titles() == ["2 new changes match “Deleted”"]
    delete_rows(orders)
    look_for_all()
    assert titles()[1:] == ["1 new change matches “Deleted”"]
    assert "kind%3Adelete+since%3A" in Happening.objects.get(title=titles()[0]).url


def test_what_was_there_before_is_not_told(membership: Membership, question: SavedQuestion, orders: Relation) -> None:
    delete_rows(orders)
    subjects.watch(membership, Kind.QUESTION, str(question.pk))
    look_for_all()
    assert titles() == []


def test_a_look_that_is_killed_loses_nothing_and_tells_nothing_twice(
    watched: SavedQuestion, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_rows(orders)

    def killed(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Happening.objects, "create", killed)
        with pytest.raises(KeyboardInterrupt):
            look_for_all()
    assert titles() == []
    look_for_all()
    assert len(titles()) == 1


def test_two_looks_at_once_tell_once(watched: SavedQuestion, orders: Relation) -> None:
    delete_rows(orders)
    one, other = (Subject.objects.select_related("organisation", "question").get() for _ in range(2))
    looking.look(one)
    looking.look(other)
    assert len(titles()) == 1


def test_a_question_that_is_not_understood_any_more_says_so_once(watched: SavedQuestion, orders: Relation) -> None:
    SavedQuestion.objects.update(line="nonsense:")
    delete_rows(orders)
    look_for_all()
    look_for_all()
    [title] = titles()
    assert title.startswith("The question “Deleted” is not understood any more:")
    SavedQuestion.objects.update(line="kind:delete")
    look_for_all()
    assert titles()[1:] == ["1 new change matches “Deleted”"]


def test_a_question_that_is_not_shared_is_looked_at_for_its_owner_alone(
    watched: SavedQuestion, orders: Relation, reader: User, membership: Membership
) -> None:
    other = make_user("other", membership.organisation)
    SavedQuestion.objects.update(owner=other)
    delete_rows(orders)
    look_for_all()
    assert titles() == []
    assert queries.watches_of(membership) == []


def test_what_nobody_watches_any_more_is_passed(watched: SavedQuestion, orders: Relation, reader: User) -> None:
    User.objects.filter(pk=reader.pk).update(is_active=False)
    delete_rows(orders)
    look_for_all()
    User.objects.filter(pk=reader.pk).update(is_active=True)
    look_for_all()
    assert titles() == []


def test_a_flow_tells_what_was_synced_and_what_fails(
    organisation: Organisation, membership: Membership, export: UserFlowExport
) -> None:
    now = timezone.now()
    SyncRun.objects.create(export=export, outcome="done", sessions_done=1, finished_at=now - dt.timedelta(minutes=1))
    subjects.watch(membership, Kind.FLOW, "flow-1")
    SyncRun.objects.create(export=export, outcome="done", sessions_done=3, finished_at=timezone.now())
    SyncRun.objects.create(export=export, outcome="done", sessions_done=0, finished_at=timezone.now())
    SyncRun.objects.create(export=export, outcome="failed", error="The disk is full.", finished_at=timezone.now())
    noting.look(organisation)
    for _ in range(2):
        look_for_all()
        assert titles() == ["3 sessions of Checkout were synced", "The sync of Checkout fails: The disk is full."]
    SyncRun.objects.create(export=export, outcome="done", sessions_done=1, finished_at=timezone.now())
    noting.look(organisation)
    look_for_all()
    assert sorted(titles()[2:]) == [
        "1 session of Checkout was synced",
        "Over: The sync of Checkout fails: The disk is full.",
    ]


def test_runs_that_end_in_another_order_are_all_told(membership: Membership, export: UserFlowExport) -> None:
    subjects.watch(membership, Kind.FLOW, "flow-1")
    first = SyncRun.objects.create(export=export, outcome="running", sessions_done=1)
    SyncRun.objects.create(export=export, outcome="done", sessions_done=2, finished_at=timezone.now())
    look_for_all()
    SyncRun.objects.filter(pk=first.pk).update(outcome="done", finished_at=timezone.now())
    look_for_all()
    assert titles() == ["2 sessions of Checkout were synced", "1 session of Checkout was synced"]


@pytest.mark.parametrize(("kind", "target_of"), [(Kind.SOURCE, lambda pk: str(pk)), (Kind.ATTENTION, lambda _: "")])
def test_a_source_tells_what_needs_attention(
    organisation: Organisation,
    membership: Membership,
    source: Source,
    kind: Kind,
    target_of: Callable[[int], str],
) -> None:
    subjects.watch(membership, kind, target_of(source.pk))
    Source.objects.update(status="error", error="The slot is gone.")
    noting.look(organisation)
    look_for_all()
    Source.objects.update(status="streaming", error="", seen_at=timezone.now())
    noting.look(organisation)
    look_for_all()
    assert titles() == ["Capture of shop fails: The slot is gone.", "Over: Capture of shop fails: The slot is gone."]


def test_what_two_watches_know_is_told_once(organisation: Organisation, membership: Membership, source: Source) -> None:
    subjects.watch(membership, Kind.SOURCE, str(source.pk))
    subjects.watch(membership, Kind.ATTENTION, "")
    make_source(organisation, "other", status="error", seen_at=timezone.now())
    Source.objects.filter(pk=source.pk).update(status="error")
    noting.look(organisation)
    look_for_all()
    listed = queries.happenings(membership, queries.watches_of(membership)).rows
    assert sorted((one.subject.kind, one.title[:16]) for one in listed) == [
        ("attention", "Capture of other"),
        ("source", "Capture of shop "),
    ]
    assert queries.untold(membership, 0, 5)[1] == 2


def test_who_begins_later_is_not_told_what_was_before(
    organisation: Organisation, membership: Membership, manager: User, watched: SavedQuestion, orders: Relation
) -> None:
    delete_rows(orders)
    look_for_all()
    later = Membership.objects.get(user=manager)
    subjects.watch(later, Kind.QUESTION, str(watched.pk))
    delete_rows(orders)
    look_for_all()
    mine, theirs = (queries.happenings(one, queries.watches_of(one)).rows for one in (membership, later))
    assert (len(mine), len(theirs)) == (2, 1)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (Kind.QUESTION, "7" * 200),
        (Kind.QUESTION, "x"),
        (Kind.SOURCE, "999"),
        (Kind.FLOW, "no such flow"),
        (Kind.ATTENTION, "x"),
    ],
)
def test_what_is_not_there_is_not_watched(membership: Membership, kind: Kind, target: str) -> None:
    with pytest.raises(Http404):
        subjects.watch(membership, kind, target)


def test_what_another_organisation_has_is_not_there(
    stranger: User, question: SavedQuestion, source: Source, export: UserFlowExport
) -> None:
    theirs = Membership.objects.get(user=stranger)
    for kind, target in ((Kind.QUESTION, question.pk), (Kind.SOURCE, source.pk), (Kind.FLOW, "flow-1")):
        with pytest.raises(Http404):
            subjects.watch(theirs, kind, str(target))


def test_only_so_much_is_watched(
    membership: Membership, watched: SavedQuestion, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_WATCHED", 1)
    with pytest.raises(UserError):
        subjects.watch(membership, Kind.SOURCE, str(source.pk))
    assert Watch.objects.count() == 1


def test_old_happenings_are_forgotten(watched: SavedQuestion, orders: Relation) -> None:
    delete_rows(orders)
    look_for_all()
    looking.forget_old()
    assert len(titles()) == 1
    Happening.objects.update(noticed_at=timezone.now() - dt.timedelta(days=91))
    looking.forget_old()
    assert titles() == []


@pytest.mark.django_db(transaction=True)
def test_while_one_process_looks_no_other_does(watched: SavedQuestion, orders: Relation) -> None:
    delete_rows(orders)
    with psycopg.connect(database_url(settings.REPLICA_SERVER_URL, connection.settings_dict["NAME"])) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('statetrace watch ', 0))")
        look_for_all()
        assert titles() == []
        other.execute("SELECT pg_advisory_unlock_all()")
    look_for_all()
    assert len(titles()) == 1
