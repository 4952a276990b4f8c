"""Asks for syncs: puts a run and its job into the queue, in one transaction. `tasks.py` is what the worker runs."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateWorker
from procrastinate.manager import JobManager

from replica.exports.models import SyncRun, UserFlowExport
from statetrace_ui.web.outcomes import Outcome

TASK = "sync_export"
STALLED_AFTER = 20  # seconds without a heartbeat, as in PROCRASTINATE_WORKER_DEFAULTS


def request_sync(export: UserFlowExport) -> SyncRun:
    """Return the run that will bring the export in sync: the one that waits already, else a new one."""
    with transaction.atomic():
        locked = UserFlowExport.objects.select_for_update().get(pk=export.pk)
        run, is_new = locked.runs.get_or_create(outcome=Outcome.QUEUED)
        if is_new:
            locked.status = UserFlowExport.Status.SYNCING
            locked.save(update_fields=["status"])
            defer(run)
        elif run.retry_at:  # a request by hand ends the pause before the next attempt
            run.retry_at = None
            run.save(update_fields=["retry_at"])
            defer(run, urgent=True)
    export.status = locked.status
    return run


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


def worker_is_alive() -> bool:
    """Whether any worker sent a heartbeat in the last 20 s. Without a worker, a run waits for ever."""
    lately = timezone.now() - timedelta(seconds=STALLED_AFTER)
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=lately).exists()
