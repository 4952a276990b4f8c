"""One sync from beginning to end: the database made if need be, then session by session, counted when committed."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from replica.databases.provisioning import connect, ensure_replica
from replica.exports import copy, failures, jobs, state
from replica.exports.models import SyncRun, UserFlowExport
from replica.profiles import prebuild

logger = logging.getLogger(__name__)
Outcome = SyncRun.Outcome
ShouldStop = Callable[[], bool]
Exported = Callable[[str], None]
RETRY_AFTER = (5, 20, 60, 300)  # seconds before the second, third, … attempt

BUSY_AGAIN = 5  # seconds until a look whether the flow is still claimed by somebody else


class Interrupted(Exception):
    """The worker is asked to stop; the run goes on where it is when another worker takes it up."""


def sync(export: UserFlowExport) -> SyncRun:
    """Sync now and here, without a worker. The outcome is in the run; failures are not raised and not retried."""
    run = export.runs.create(outcome=Outcome.RUNNING)
    with_calls: list[str] = []
    try:
        perform(run, exported=with_calls.append)
    except Exception as error:
        _fail(run, error)
    for session in with_calls:
        prebuild.build(export.organisation_id, session)
    export.refresh_from_db()
    return run


def attempt(run: SyncRun, should_stop: ShouldStop) -> None:
    """One attempt of a worker: the run ends done or failed, or waits for its next attempt."""
    try:
        perform(run, should_stop, partial(jobs.defer_build, run.export.organisation_id))
    except Interrupted:
        _postpone(run, seconds=0)
    except copy.FlowIsBusy:
        # By a `sync` without a worker, or by a killed worker whose session the server has not missed yet.
        logger.info("Sync of %s is under way elsewhere", run.export)
        jobs.defer(run, at=timezone.now() + timedelta(seconds=BUSY_AGAIN))
    except Exception as error:
        if failures.explain(error).passing and run.attempt < len(RETRY_AFTER):
            _try_later(run, error)
        else:
            _fail(run, error)


def perform(run: SyncRun, should_stop: ShouldStop = lambda: False, exported: Exported = lambda _: None) -> None:
    """Copy what differs; the run counts what is committed. Raises whatever stops it.

    `exported` is told the id of each session with function calls, once it is committed.

    Nothing is written about the run before the flow is claimed, so that whoever performs it already is not disturbed.
    """
    replica = ensure_replica(run.export.organisation)
    if not replica.owner_url:
        raise failures.FilledByOthers("This organisation's replica is filled by somebody else: nothing to sync here.")
    with connect(settings.STORE_URL) as source, connect(replica.owner_url) as target:
        copy.claim(target, run.export.user_flow_id)
        _begin(run)
        _copy(run, source, target, should_stop, exported)
    _finish(run, Outcome.DONE)


def _copy(
    run: SyncRun, source: copy.Connection, target: copy.Connection, should_stop: ShouldStop, exported: Exported
) -> None:
    flow = run.export.user_flow_id
    copy.copy_description(source, target, flow)
    todo = copy.changes(source, target, flow)
    run.sessions_total = run.sessions_done + len(todo)
    run.save(update_fields=["sessions_total"])
    for session in todo.vanished:
        copy.erase_session(target, flow, session)
        _count(run, {}, should_stop)
    for session in todo.changed:
        rows = copy.copy_session(source, target, flow, session)
        if rows.get("function_call_metadata"):
            exported(session)
        _count(run, rows, should_stop)


def _count(run: SyncRun, rows: dict[str, int], should_stop: ShouldStop) -> None:
    """One session more is committed."""
    run.sessions_done += 1
    for table, count in rows.items():
        run.rows_by_table[table] = run.rows_by_table.get(table, 0) + count
    run.save(update_fields=["sessions_done", "rows_by_table"])
    if should_stop():
        raise Interrupted


def _begin(run: SyncRun) -> None:
    run.outcome, run.retry_at, run.error = Outcome.RUNNING, None, ""
    run.started_at = run.started_at or timezone.now()
    with transaction.atomic():
        run.save()
        UserFlowExport.objects.filter(pk=run.export_id).update(status=UserFlowExport.Status.SYNCING)


def _finish(run: SyncRun, outcome: Outcome) -> None:
    run.outcome, run.finished_at = outcome, timezone.now()
    run.save()
    state.settle(run.export)


def _fail(run: SyncRun, error: Exception) -> None:
    # A connection's error names host and role but never the password.
    logger.error("Sync of %s failed", run.export, exc_info=error)
    run.error = failures.explain(error).sentence
    _finish(run, Outcome.FAILED)


def _try_later(run: SyncRun, error: Exception) -> None:
    """A passing failure: no error yet, but the page says what holds the run up and when it goes on."""
    logger.warning("Sync of %s met a passing failure and will be tried again: %s", run.export, error)
    run.error = failures.explain(error).sentence
    run.attempt += 1
    _postpone(run, RETRY_AFTER[run.attempt - 1])


def _postpone(run: SyncRun, seconds: int) -> None:
    """Let the run wait for its next attempt. One that was asked for meanwhile would do the same work: it goes."""
    with transaction.atomic():
        SyncRun.objects.filter(export=run.export_id, outcome=Outcome.QUEUED).exclude(pk=run.pk).delete()
        run.outcome = Outcome.QUEUED
        run.retry_at = timezone.now() + timedelta(seconds=seconds) if seconds else None
        run.save()
        jobs.defer(run, at=run.retry_at)
