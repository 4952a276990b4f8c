"""Asking for a sync: the run's row and the job that will do it are written in one transaction of the dashboard."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateWorker
from procrastinate.manager import JobManager

from replica.exports.models import SyncRun, UserFlowExport

TASK = "sync_export"
BUILD = "build_blocks"
STALLED_AFTER = 20  # seconds without a heartbeat, as in PROCRASTINATE_WORKER_DEFAULTS


def request_sync(export: UserFlowExport) -> SyncRun:
    """The run that will bring the export in sync: the one that waits already, else a new one."""
    with transaction.atomic():
        locked = UserFlowExport.objects.select_for_update().get(pk=export.pk)
        run, is_new = locked.runs.get_or_create(outcome=SyncRun.Outcome.QUEUED)
        if is_new:
            locked.status = UserFlowExport.Status.SYNCING
            locked.save(update_fields=["status"])
            defer(run)
        elif run.retry_at:  # it waits for its next attempt: asked for, it need not
            run.retry_at = None
            run.save(update_fields=["retry_at"])
            defer(run, urgent=True)
    export.status = locked.status
    return run


def defer(run: SyncRun, at: datetime | None = None, urgent: bool = False) -> None:
    """Queue a job that performs the run, now or `at` a time; one export's jobs never run at the same time.

    The insert goes through Django's connection, also inside a worker, and so is part of the caller's transaction.
    An urgent job passes by one that waits for its time, which would hold it back otherwise.
    """
    job = app.configure_task(
        TASK,
        lock=f"export-{run.export_id}",
        schedule_at=at,
        priority=int(urgent),
        task_kwargs={"run_id": run.pk},
    ).job
    JobManager(DjangoConnector()).defer_job(job)


def defer_build(organisation_id: int, session_id: str) -> None:
    """Queue a job that builds the blocks of an exported session: one at a time, and after any sync that waits."""
    arguments = {"organisation_id": organisation_id, "session_id": session_id}
    job = app.configure_task(BUILD, lock=BUILD, priority=-1, task_kwargs=arguments).job
    JobManager(DjangoConnector()).defer_job(job)


def worker_is_alive() -> bool:
    """Whether any worker has given a sign of life lately: without one a run waits for ever."""
    lately = timezone.now() - timedelta(seconds=STALLED_AFTER)
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=lately).exists()
