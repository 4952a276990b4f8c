"""What was removed from a source's history: its rules and runs of retention, and its erasures."""

from collections.abc import Iterable

from django.shortcuts import get_object_or_404

from statetrace_ui.history.erasure.marks import erasure_of
from statetrace_ui.history.models import Change, Erasure, RetentionRule, RetentionRun, Source
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import Page, newest_first

MOST_RULES = 200


def retention_rules(source: Source) -> list[RetentionRule]:
    return list(RetentionRule.objects.filter(source=source).order_by("table_name", "schema_name")[:MOST_RULES])


def retention_runs(source: Source, cursor: str = "") -> Page[RetentionRun]:
    """Newest first, by the index `retention_run_newest`."""
    return newest_first(RetentionRun.objects.filter(source=source), ("id",), cursor)


def erasures(source: Source, cursor: str = "") -> Page[Erasure]:
    """Newest first, by the index `erasure_newest`; without what they look for."""
    return newest_first(Erasure.objects.filter(source=source).defer("wanted", "secret"), ("id",), cursor)


def get_erasure_for(organisation: Organisation, pk: int) -> Erasure:
    return get_object_or_404(Erasure.objects.select_related("source"), source__organisation=organisation, pk=pk)


def erasures_of(changes: Iterable[Change]) -> dict[int, Erasure]:
    """{id: erasure} of those that took values of these changes."""
    by_source = {(change.source_id, number) for change in changes if (number := erasure_of(change.cut))}
    numbers = {number for _, number in by_source}
    if not numbers:
        return {}
    found = Erasure.objects.filter(pk__in=numbers, source__in={source for source, _ in by_source})
    return {erasure.pk: erasure for erasure in found.defer("wanted", "secret")}


def run_of_checkpoint(change: Change) -> RetentionRun | None:
    """The run that kept this state; None of any other change."""
    if change.transaction.kind != "checkpoint":
        return None
    runs = RetentionRun.objects.filter(source=change.source_id, limits__has_key="checkpoints")
    kept = {number: run for run in runs.order_by("-id")[:MOST_RULES] for number in run.limits["checkpoints"].values()}
    return kept.get(change.transaction_id)
