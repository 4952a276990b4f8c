"""Runs that remove what is over: by a command at once, each night and from the page by a job of `tasks.py`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

from statetrace_ui.accounts import security_log
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history import partitions
from statetrace_ui.history.models import RetentionRun, Source
from statetrace_ui.history.partitions import Leaf
from statetrace_ui.history.removals import batch
from statetrace_ui.history.retention import leaves, leftovers, rules, unkeyed
from statetrace_ui.history.retention.checkpoints import Checkpoints
from statetrace_ui.history.retention.rules import Limit
from statetrace_ui.history.retention.sweep import Sweep, Swept
from statetrace_ui.web.locks import alone
from statetrace_ui.web.outcomes import UNFINISHED, Outcome

TASK = "apply_retention"
Report = Callable[[str], object]
# Of tables that have something to be removed.
NOTE_BEGINNINGS = """
UPDATE history_table AS t SET removed_before = limits.first_kept
FROM unnest(%s::int[], %s::bigint[]) AS limits (table_id, first_kept)
WHERE t.source_id = %s AND t.id = limits.table_id AND limits.first_kept > t.removed_before AND EXISTS (
    SELECT FROM history_change c WHERE c.source_id = t.source_id AND c.table_id = t.id AND c.id < limits.first_kept
       AND c.id >= t.removed_before)
"""


def start(source: Source, asked_by: str) -> RetentionRun:
    """A new run, or the source's unfinished one: only one at a time. asked_by: a person's or a command's name."""
    unfinished = RetentionRun.objects.filter(source=source, outcome__in=UNFINISHED)
    try:
        with transaction.atomic():
            return unfinished.first() or RetentionRun.objects.create(source=source, requested_by=asked_by)
    except IntegrityError:  # somebody else was first
        return unfinished.get()


def request(source: Source, asked_by: str) -> RetentionRun:
    """Start a run as a job. If it is under way already, nothing more happens."""
    with transaction.atomic():
        run = start(source, asked_by)
        job = app.configure_task(TASK, lock=f"retention-{source.pk}", task_kwargs={"run_id": run.pk}).job
        JobManager(DjangoConnector()).defer_job(job)
    return run


def perform(run: RetentionRun, report: Report = lambda _: None) -> None:
    """Remove all that was over when the run began, from where the run is. It can be killed at any time.

    Nothing happens if somebody else performs it just now.
    """
    with alone("retention", run.pk) as mine:
        run.refresh_from_db()
        if mine and run.unfinished:
            _perform(run, report)


def _perform(run: RetentionRun, report: Report) -> None:
    run.outcome, run.error = Outcome.RUNNING, ""
    run.save(update_fields=["outcome", "error"])
    try:
        if not run.limits:
            _begin(run)
        for number, (name, step) in enumerate(STEPS.items()):
            if number < list(STEPS).index(run.step):
                continue
            if name != run.step:
                run.step, run.last_id = name, 0
                run.save(update_fields=["step", "last_id"])
            report(step.__doc__ or name)
            step(run)
        _finish(run)
    except Exception as error:
        run.outcome, run.finished_at = Outcome.FAILED, timezone.now()
        run.error = f"It failed ({type(error).__name__}); the log of the worker says where. The next run begins anew."
        run.save(update_fields=["outcome", "error", "finished_at"])
        raise


def _begin(run: RetentionRun) -> None:
    """Note what is over now, and which rows without a key live on: neither changes while the run goes on."""
    now = timezone.now()
    with transaction.atomic():
        unkeyed.forget(run.source_id)  # what a run that failed had noted
        limits = [unkeyed.limited(run.source_id, limit) for limit in rules.limits(run.source, now)]
        before = rules.before_all(run.source, now)
        tables = [limit.as_json() for limit in limits]
        run.limits = {"tables": tables, "before": before and before.isoformat(), "checkpoints": {}}
        run.step = next(iter(STEPS))
        run.save(update_fields=["limits", "step"])
        _note_beginnings(run.source_id, limits)


def _note_beginnings(source_id: int, limits: Sequence[Limit]) -> None:
    """Note from where on the states of tables will be known, before anything of them is removed."""
    tables, firsts = [limit.table_id for limit in limits], [limit.first_kept for limit in limits]
    with connection.cursor() as cursor:
        cursor.execute(NOTE_BEGINNINGS, [tables, firsts, source_id])


def _finish(run: RetentionRun) -> None:
    with transaction.atomic():
        unkeyed.forget(run.source_id)
        run.outcome, run.finished_at = Outcome.DONE, timezone.now()
        run.save(update_fields=["outcome", "finished_at"])
        if run.removed_anything:
            organisation = run.source.organisation
            subject = f"{run.source}: {run.changes:,} changes, {run.transactions:,} transactions removed"
            security_log.record(Event.RETENTION_APPLIED, subject, organisation=organisation, name=run.requested_by)


def _sweep(run: RetentionRun) -> Sweep:
    limits = [Limit.from_json(limit) for limit in run.limits["tables"]]
    return Sweep(run.source_id, limits, Checkpoints(run, limits))


def _complete(run: RetentionRun) -> None:
    """Keeping the last states of rows whose last change did not send all of them"""
    _walk(run, _sweep(run).complete)


def _remove(run: RetentionRun) -> None:
    """Removing changes"""
    if not connection.in_atomic_block:
        partitions.seal_full()
    sweep = _sweep(run)
    for end, leaf in leaves.parts(run.source_id, sweep.limits, run.last_id):
        begin = run.last_id
        _walk(run, partial(sweep.remove, before=end, keep_rest=leaf is not None))
        if leaf and not _drop(run, sweep, leaf):  # somebody reads it at length
            run.last_id = begin
            _walk(run, partial(sweep.remove, before=end))
        run.last_id = end - 1
        run.save(update_fields=["last_id"])


def _drop(run: RetentionRun, sweep: Sweep, leaf: Leaf) -> bool:
    with batch(run.source_id):
        rows = leaves.drop(leaf, run.source_id, sweep.limits)
        if rows is not None:
            run.partitions += 1
            run.changes += rows
            run.save(update_fields=["partitions", "changes"])
    return rows is not None


def _walk(run: RetentionRun, step: Callable[[int], Swept]) -> None:
    """One batch after the other. The place is noted with the rows, so that a killed run counts none twice."""
    going_on = True
    while going_on:
        with batch(run.source_id):
            swept = step(run.last_id)
            run.changes += swept.removed
            run.checkpoints += swept.kept
            going_on = swept.last_id is not None
            run.last_id = swept.last_id if swept.last_id is not None else run.last_id
            run.save(update_fields=["changes", "checkpoints", "last_id"])


def _remove_leftovers(run: RetentionRun, remove: Callable[[int, datetime, int], leftovers.Removed]) -> None:
    """What follows the rule for all tables."""
    before = run.limits["before"]
    going_on = before is not None
    while going_on:
        with batch(run.source_id):
            removed = remove(run.source_id, datetime.fromisoformat(before), run.last_id)
            run.transactions += removed.transactions
            run.actions += removed.actions
            run.sessions += removed.sessions
            run.annotations += removed.annotations
            going_on = removed.last_id is not None
            run.last_id = removed.last_id or 0
            run.save(update_fields=["transactions", "actions", "sessions", "annotations", "last_id"])


def _remove_transactions(run: RetentionRun) -> None:
    """Removing transactions and their actions"""
    _remove_leftovers(run, leftovers.remove_transactions)


def _remove_sessions(run: RetentionRun) -> None:
    """Removing sessions"""
    _remove_leftovers(run, leftovers.remove_sessions)


def _remove_annotations(run: RetentionRun) -> None:
    """Removing annotations that were not understood"""
    _remove_leftovers(run, leftovers.remove_annotations)


STEPS: dict[str, Callable[[RetentionRun], None]] = {
    "complete": _complete,
    "remove": _remove,
    "transactions": _remove_transactions,
    "sessions": _remove_sessions,
    "annotations": _remove_annotations,
}
