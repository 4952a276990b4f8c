"""Counts that are no longer true are made anew, and none is lost that cannot be."""

import pytest
from django.core.management import call_command

from statetrace_ui.history.models import ActorCount, ChangeCount, Source, TableCount
from statetrace_ui.history.queries import rollups
from statetrace_ui.history.rollups import backfill
from statetrace_ui.history.rollups.recount import forget_counts
from statetrace_ui.history.store import store
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.retention import aged
from tests.statetrace_ui.history.test_store import commit, insert, note

MODELS = (ChangeCount, TableCount, ActorCount)
Counts = list[list[tuple[object, ...]]]


@pytest.fixture
def source(organisation: Organisation) -> Source:
    source = Source.objects.create(organisation=organisation, name="shop", slot_name="s", publication_name="s")
    names = note("sess", "s", session_actor_id="ada")
    store(source, [commit(n * 1_000, names, note("act", str(n), action_session_id="s"), insert(n)) for n in (1, 2, 3)])
    return source


def counts() -> Counts:
    return [sorted(model.objects.exclude(changes=0).values_list()) for model in MODELS]


def test_false_counts_are_made_anew(source: Source) -> None:
    true = counts()
    for model in MODELS:
        model.objects.update(changes=99)
    call_command("recount_history", "shop", verbosity=0)
    assert counts() == true


def test_who_ends_the_command_leaves_the_rest_to_the_job(
    organisation: Organisation, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is stored meanwhile is counted once."""
    monkeypatch.setattr(backfill, "PART", 1)
    forget_counts(source)
    store(source, [commit(4_000, note("act", "4", action_session_id="s"), insert(4))])
    backfill.count_part(source.pk)
    assert rollups.is_still_counted(organisation)
    backfill.count_older()
    counted = counts()
    call_command("recount_history", verbosity=0)
    assert counts() == counted
    assert sum(ActorCount.objects.filter(seconds=3_600).values_list("changes", flat=True)) == 4


def test_what_retention_removed_stays_counted_unless_it_may_be_lost(source: Source) -> None:
    aged.commit(source, aged.YOUNG, insert(5))
    aged.apply(source)
    counted = counts()
    with pytest.raises(SystemExit):
        call_command("recount_history", "shop", verbosity=0)
    assert counts() == counted
    call_command("recount_history", "shop", "--lose-removed", verbosity=0)
    assert sum(ChangeCount.objects.filter(seconds=86_400).values_list("changes", flat=True)) == 1
