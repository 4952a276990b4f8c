"""Asks for syncs and for their end. A run and its job are queued in one transaction; `tasks.py` is what workers run."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateWorker
from procrastinate.manager import JobManager

from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.outcomes import UNFINISHED, RunOutcome

TASK = "sync_export"
SETTLING = "settle_export"
SETTLE_AFTER = (5, 20, 60, 300, 900)  # seconds before each look; after them the hourly one remains
STALLED_AFTER = 20  # seconds without a heartbeat, as in PROCRASTINATE_WORKER_DEFAULTS


def request_sync(export: UserFlowExport, sessions: Sequence[str] | None = None) -> SyncRun:
    """Return the run that will bring the export in sync: the one that waits already, else a new one.

    sessions: copy these alone, whatever the target holds of them; what has to leave the target leaves it, too.
    """
    with transaction.atomic():
        locked = UserFlowExport.every.select_for_update().get(pk=export.pk)
        wanted = None if sessions is None else list(sessions)
        run, is_new = locked.runs.get_or_create(outcome=RunOutcome.QUEUED, defaults={"sessions": wanted})
        if is_new:
            locked.status = UserFlowExport.Status.SYNCING
            locked.save(update_fields=["status"])
            defer(run)
        else:
            _join(run, wanted)
    export.status = locked.status
    return run


def _join(run: SyncRun, sessions: list[str] | None) -> None:
    """Let a run that waits do this, too, and at once: a request ends the pause before the next attempt."""
    if (wider := joined(run.sessions, sessions)) != run.sessions:
        run.sessions = wider
        run.save(update_fields=["sessions"])
    if run.retry_at:
        run.retry_at = None
        run.save(update_fields=["retry_at"])
        defer(run, urgent=True)


def joined(some: list[str] | None, others: list[str] | None) -> list[str] | None:
    """The sessions of two runs; None stands for all that differ."""
    return None if some is None or others is None else list(dict.fromkeys([*some, *others]))


def cancel(run: SyncRun, person_name: str) -> None:
    """End the run: one that waits at once, one that is performed within seconds. What it has committed stays."""
    with transaction.atomic():
        locked = SyncRun.objects.select_for_update().filter(pk=run.pk, outcome__in=UNFINISHED).first()
        if locked is None:
            return
        locked.cancelled_by = person_name
        if locked.outcome == RunOutcome.QUEUED:
            locked.outcome, locked.finished_at, locked.retry_at = RunOutcome.CANCELLED, timezone.now(), None
        locked.save(update_fields=["cancelled_by", "outcome", "finished_at", "retry_at"])


def defer(run: SyncRun, at: datetime | None = None, urgent: bool = False) -> None:
    """Queue a job that performs the run, now or `at` a time. Two jobs of one export never run at the same time.

    The insert uses Django's connection, inside a worker too, so it is part of the caller's transaction.
    An urgent job overtakes a job of the same export that waits for its time.
    """
    job = app.configure_task(
        TASK,
        lock=f"export-{run.export_id}",
        schedule_at=at,
        priority=int(urgent),
        task_kwargs={"run_id": run.pk},
    ).job
    JobManager(DjangoConnector()).defer_job(job)


def settle_later(export: UserFlowExport, looks: int = 0) -> None:
    """Queue a job that stores the true status, which is not known now; after so many looks in vain."""
    if looks == len(SETTLE_AFTER):
        return
    at = timezone.now() + timedelta(seconds=SETTLE_AFTER[looks])
    job = app.configure_task(SETTLING, schedule_at=at, task_kwargs={"export_id": export.pk, "looks": looks}).job
    JobManager(DjangoConnector()).defer_job(job)


def worker_is_alive() -> bool:
    """Whether any worker sent a heartbeat in the last 20 s. Without a worker, a run waits for ever."""
    lately = timezone.now() - timedelta(seconds=STALLED_AFTER)
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=lately).exists()
