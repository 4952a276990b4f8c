"""Performs syncs: makes the replica's database if need be, then copies its sessions one by one and counts them."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from replica.blocks import places
from replica.databases import announcing, legacy_tables
from replica.databases.server import connect, own_urls
from replica.exports import copy, failures, jobs, notifications, prebuild, state
from replica.exports.ends import replica_of, source_of
from replica.exports.making import made_target_of
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.options import Options, options_of
from replica.exports.outcomes import RunOutcome
from replica.exports.progress import Cancelled, Progress, watched
from replica.exports.verification import check_counts

logger = logging.getLogger(__name__)
ShouldStop = Callable[[], bool]
OnExported = Callable[[str], None]
RETRY_AFTER = (5, 20, 60, 300)  # seconds before the second, third, … attempt
LATEST = 10  # sessions that a run names
BUSY_RETRY = 5  # seconds before the next attempt if another process is writing the flow


class Interrupted(Exception):
    """The worker was asked to stop. The next attempt goes on where this one stopped."""


def sync(export: UserFlowExport) -> SyncRun:
    """Sync in this process, without a worker. The run tells its outcome; failures are neither raised nor retried."""
    run = export.runs.create(outcome=RunOutcome.RUNNING)
    with_blocks: list[str] = []
    try:
        perform(run, on_exported=with_blocks.append)
    except Cancelled:
        _finish(run, RunOutcome.CANCELLED)
    except Exception as error:
        _fail(run, error)
    if replica := replica_of(export):
        for session in with_blocks:
            prebuild.build(replica.organisation_id, session)
    export.refresh_from_db()
    return run


def attempt(run: SyncRun, should_stop: ShouldStop) -> None:
    """Make one attempt at the run. It ends as done, failed or cancelled, or waits for its next attempt."""
    try:
        perform(run, should_stop, partial(_defer_blocks, run.export))
    except Interrupted:
        _postpone(run, seconds=0)
    except Cancelled:
        logger.info("Sync of %s was cancelled", run.export)
        _finish(run, RunOutcome.CANCELLED)
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
    """Copy the sessions that differ. The run counts what is committed. Raises whatever stops the copy.

    `on_exported` is called with the id of each session that pages read from blocks, after the session is committed.
    The run's row is not written before the flow is claimed: another process may be performing the same run.
    """
    with connect(own_urls()[0]) as dashboard:
        copy.claim(dashboard, run.export.user_flow_id)  # first: a replica that is being deleted is not made anew
        _begin(run)

        def may_go_on() -> None:
            dashboard.execute("SELECT 1")  # with this connection the claim ends
            if should_stop():
                raise Interrupted

        with source_of(run.export) as source, made_target_of(run.export) as target:
            with watched(run, (source, target)) as progress:
                copied = _copy(run, source, target, progress, may_go_on, on_exported)
            if replica := replica_of(run.export):
                legacy_tables.update(target, run.export.user_flow_id, run.export.name, replica.legacy_tables)
            check_counts(run.export, source, target, copied, options_of(run.export))
    _finish(run, RunOutcome.DONE)


def _copy(
    run: SyncRun,
    source: copy.Connection,
    target: copy.Connection,
    progress: Progress,
    may_go_on: Callable[[], None],
    on_exported: OnExported,
) -> list[str]:
    """Returns the sessions that were copied."""
    export, options = run.export, options_of(run.export)
    copy.copy_description(source, target, export.user_flow_id)
    todo = _todo(run, source, target, options)
    run.sessions_total = run.sessions_done + len(todo)
    run.rows_total = run.rows + sum(copy.count_rows(source, todo.to_write, options.tables).values())
    run.save(update_fields=["sessions_total", "rows_total"])
    replica = replica_of(export)
    for session in todo.to_erase:
        copy.erase_session(target, export.user_flow_id, session)
        if replica:
            places.forget(replica.pk, session)
        _count(run, session, {}, progress)
        may_go_on()
    guarded = bool(export.target_id or export.mirror_id)
    for session in todo.to_write:
        progress.begin(session)
        with failures.in_session(session):
            rows = copy.copy_session(
                source, target, export.user_flow_id, session, options.tables, progress.on_bytes, guarded
            )
        if replica and any(map(rows.get, prebuild.TABLES)):
            on_exported(session)
        _count(run, session, rows, progress)
        may_go_on()
    return todo.to_write


def _todo(run: SyncRun, source: copy.Connection, target: copy.Connection, options: Options) -> copy.Difference:
    """What differs by version. If nothing does, rows may still have been lost or changed by hand: what counts tell."""
    flow = run.export.user_flow_id
    todo = copy.difference(source, target, flow, options)
    if run.sessions is not None:
        wanted = [one for one in run.sessions if one in copy.wanted_versions(source, flow, options)]
        return copy.Difference(to_write=wanted, to_erase=todo.to_erase)
    if todo:
        return todo
    sessions = list(copy.wanted_versions(source, flow, options))
    ours, theirs = (set(copy.count_rows(end, sessions, options.tables).items()) for end in (source, target))
    return copy.Difference(to_write=sorted({session for (session, _), _ in ours ^ theirs}), to_erase=[])


def _count(run: SyncRun, session: str, rows: dict[str, int], progress: Progress) -> None:
    """Count one more committed session."""
    run.sessions_done += 1
    run.bytes += progress.bytes
    for table, count in rows.items():
        run.rows_by_table[table] = run.rows_by_table.get(table, 0) + count
    told = {"session": session, "rows": sum(rows.values()), "bytes": progress.bytes}
    run.latest = [told, *run.latest[: LATEST - 1]]
    run.save(update_fields=["sessions_done", "rows_by_table", "bytes", "latest"])
    progress.done()


def _defer_blocks(export: UserFlowExport, session: str) -> None:
    if replica := replica_of(export):
        prebuild.defer(replica.organisation_id, session)


def _begin(run: SyncRun) -> None:
    run.outcome, run.retry_at, run.error = RunOutcome.RUNNING, None, ""
    run.started_at = run.started_at or timezone.now()
    with transaction.atomic():
        run.save(update_fields=["outcome", "retry_at", "error", "started_at"])  # not who has cancelled it meanwhile
        UserFlowExport.every.filter(pk=run.export_id).update(status=UserFlowExport.Status.SYNCING)


def _finish(run: SyncRun, outcome: RunOutcome) -> None:
    run.outcome, run.finished_at, run.current = outcome, timezone.now(), {}
    with transaction.atomic():
        run.save(update_fields=["outcome", "finished_at", "current", "error"])
        if not state.settle(run.export):
            jobs.settle_later(run.export)
        if replica := replica_of(run.export):
            announcing.announce(replica.organisation_id)
        notifications.tell(run)


def _fail(run: SyncRun, error: Exception) -> None:
    failure = failures.explain(error)
    logger.error("Sync of %s failed: %s", run.export, failure.sentence, exc_info=failures.for_log(error))
    run.error = failure.sentence
    _finish(run, RunOutcome.FAILED)


def _try_later(run: SyncRun, error: Exception) -> None:
    """Let the run wait after a transient failure: no error yet, but pages show its reason and the next attempt."""
    run.error = failures.explain(error).sentence
    logger.warning("Sync of %s met a transient failure and will be tried again: %s", run.export, run.error)
    run.attempt += 1
    _postpone(run, RETRY_AFTER[run.attempt - 1])


def _wait_for_other(run: SyncRun, error: copy.FlowIsBusy) -> None:
    """Let the run wait until another process has written the flow. A run that it may be performing is left alone."""
    at = timezone.now() + timedelta(seconds=BUSY_RETRY)
    waiting = SyncRun.objects.filter(pk=run.pk, outcome=RunOutcome.QUEUED)
    waiting.update(error=failures.explain(error).sentence, retry_at=at)
    jobs.defer(run, at=at)


def _postpone(run: SyncRun, seconds: int) -> None:
    """Let the run wait for its next attempt. A run that was requested meanwhile becomes part of it."""
    with transaction.atomic():
        requested = SyncRun.objects.filter(export=run.export_id, outcome=RunOutcome.QUEUED).exclude(pk=run.pk)
        for other in requested:
            run.sessions = jobs.joined(run.sessions, other.sessions)
        requested.delete()
        run.outcome, run.current = RunOutcome.QUEUED, {}
        run.retry_at = timezone.now() + timedelta(seconds=seconds) if seconds else None
        run.save(update_fields=["outcome", "current", "retry_at", "sessions", "attempt", "error"])
        jobs.defer(run, at=run.retry_at)
