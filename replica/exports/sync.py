"""Performs syncs: makes the replica's database if need be, then copies its sessions one by one and counts them."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from replica.blocks import places
from replica.databases.provisioning import ensure_replica
from replica.databases.server import connect, own_urls
from replica.exports import copy, failures, jobs, prebuild, state
from replica.exports.models import SyncRun, UserFlowExport
from statetrace_ui.web.outcomes import Outcome

logger = logging.getLogger(__name__)
ShouldStop = Callable[[], bool]
OnExported = Callable[[str], None]
RETRY_AFTER = (5, 20, 60, 300)  # seconds before the second, third, … attempt
BUSY_RETRY = 5  # seconds before the next attempt if another process is writing the flow


class Interrupted(Exception):
    """The worker was asked to stop. The next attempt goes on where this one stopped."""


def sync(export: UserFlowExport) -> SyncRun:
    """Sync in this process, without a worker. The run tells its outcome; failures are neither raised nor retried."""
    run = export.runs.create(outcome=Outcome.RUNNING)
    with_blocks: list[str] = []
    try:
        perform(run, on_exported=with_blocks.append)
    except Exception as error:
        _fail(run, error)
    for session in with_blocks:
        prebuild.build(export.organisation_id, session)
    export.refresh_from_db()
    return run


def attempt(run: SyncRun, should_stop: ShouldStop) -> None:
    """Make one attempt at the run. It ends as done or failed, or waits for its next attempt."""
    try:
        perform(run, should_stop, partial(prebuild.defer, run.export.organisation_id))
    except Interrupted:
        _postpone(run, seconds=0)
    except copy.FlowIsBusy as error:
        # A `sync` without a worker writes it, or the server has not yet noticed that a worker was killed.
        logger.info("Sync of %s is under way elsewhere", run.export)
        _wait_for_other(run, error)
    except Exception as error:
        if failures.explain(error).transient and run.attempt < len(RETRY_AFTER):
            _try_later(run, error)
        else:
            _fail(run, error)


def perform(run: SyncRun, should_stop: ShouldStop = lambda: False, on_exported: OnExported = lambda _: None) -> None:
    """Copy all sessions that differ. The run counts what is committed. Raises whatever stops the copy.

    `on_exported` is called with the id of each session that pages read from blocks, after the session is committed.
    The run's row is not written before the flow is claimed: another process may be performing the same run.
    """
    with connect(own_urls()[0]) as dashboard:
        copy.claim(dashboard, run.export.user_flow_id)  # first: a replica that is being deleted is not made anew
        _begin(run)
        replica = ensure_replica(run.export.organisation)
        if not replica.owner_url:
            raise failures.FilledByOthers("This organisation's replica is filled by somebody else: nothing to sync here.")

        def may_go_on() -> bool:
            dashboard.execute("SELECT 1")  # with this connection the claim ends
            return not should_stop()

        with connect(settings.STORE_URL) as source, connect(replica.owner_url) as target:
            _copy(run, source, target, lambda: not may_go_on(), on_exported)
    _finish(run, Outcome.DONE)


def _copy(
    run: SyncRun, source: copy.Connection, target: copy.Connection, should_stop: ShouldStop, on_exported: OnExported
) -> None:
    flow = run.export.user_flow_id
    copy.copy_description(source, target, flow)
    todo = copy.difference(source, target, flow)
    if not todo:  # a look at what is in sync by its versions: rows may have been lost or changed by hand
        todo = copy.Difference(to_write=copy.recounted(source, target, flow), to_erase=[])
    run.sessions_total = run.sessions_done + len(todo)
    run.save(update_fields=["sessions_total"])
    for session in todo.to_erase:
        copy.erase_session(target, flow, session)
        places.forget(run.export.organisation.replica.pk, session)
        _count(run, {}, should_stop)
    for session in todo.to_write:
        with failures.in_session(session):
            rows = copy.copy_session(source, target, flow, session)
        if any(map(rows.get, prebuild.TABLES)):
            on_exported(session)
        _count(run, rows, should_stop)


def _count(run: SyncRun, rows: dict[str, int], should_stop: ShouldStop) -> None:
    """Count one more committed session."""
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
    with transaction.atomic():
        run.save()
        state.settle(run.export)


def _fail(run: SyncRun, error: Exception) -> None:
    failure = failures.explain(error)
    logger.error("Sync of %s failed: %s", run.export, failure.sentence, exc_info=failures.for_log(error))
    run.error = failure.sentence
    _finish(run, Outcome.FAILED)


def _try_later(run: SyncRun, error: Exception) -> None:
    """Let the run wait after a transient failure: no error yet, but pages show its reason and the next attempt."""
    run.error = failures.explain(error).sentence
    logger.warning("Sync of %s met a transient failure and will be tried again: %s", run.export, run.error)
    run.attempt += 1
    _postpone(run, RETRY_AFTER[run.attempt - 1])


def _wait_for_other(run: SyncRun, error: copy.FlowIsBusy) -> None:
    """Let the run wait until another process has written the flow. A run that it may be performing is left alone."""
    at = timezone.now() + timedelta(seconds=BUSY_RETRY)
    waiting = SyncRun.objects.filter(pk=run.pk, outcome=Outcome.QUEUED)
    waiting.update(error=failures.explain(error).sentence, retry_at=at)
    jobs.defer(run, at=at)


def _postpone(run: SyncRun, seconds: int) -> None:
    """Let the run wait for its next attempt; delete a run that was requested meanwhile, it would do the same work."""
    with transaction.atomic():
        SyncRun.objects.filter(export=run.export_id, outcome=Outcome.QUEUED).exclude(pk=run.pk).delete()
        run.outcome = Outcome.QUEUED
        run.retry_at = timezone.now() + timedelta(seconds=seconds) if seconds else None
        run.save()
        jobs.defer(run, at=run.retry_at)
