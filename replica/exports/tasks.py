"""What the worker runs (`manage.py procrastinate worker` finds this module by its name)."""

import logging

from asgiref.sync import sync_to_async
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from replica.exports.jobs import BUILD, STALLED_AFTER, TASK, defer
from replica.exports.models import SyncRun
from replica.exports.state import UNFINISHED
from replica.exports.sync import attempt
from replica.profiles import prebuild

logger = logging.getLogger(__name__)


@app.task(name=TASK, pass_context=True)
def sync_export(context: JobContext, run_id: int) -> None:
    """Perform the run unless that is done already or its time has not come.

    The job's lock lets one job of an export run at a time: a run that is found running was left by a killed worker.
    """
    run = SyncRun.objects.select_related("export__organisation").filter(pk=run_id, outcome__in=UNFINISHED).first()
    if run and not (run.retry_at and run.retry_at > timezone.now()):
        attempt(run, should_stop=context.should_abort)


@app.task(name=BUILD)
def build_blocks(organisation_id: int, session_id: str) -> None:
    """Build the blocks of an exported session for the pages that this machine serves."""
    prebuild.build(organisation_id, session_id)


@app.periodic(cron="* * * * * */30")
@app.task(name="rescue_syncs", queueing_lock="rescue_syncs")
async def rescue_syncs(timestamp: int) -> None:
    """Twice a minute: take up what a killed worker left."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        logger.warning("Job %s was left by a killed worker at %s and is queued again", job.id, timestamp)
        await app.job_manager.retry_job(job)
    await sync_to_async(defer_forgotten)()


def defer_forgotten() -> None:
    """Queue a job for every run that is unfinished but has none, as when the dashboard's database went away in it."""
    live = ProcrastinateJob.objects.filter(task_name=TASK, status__in=["todo", "doing"])
    with_job = set(live.values_list("args__run_id", flat=True))
    for run in SyncRun.objects.filter(outcome__in=UNFINISHED).exclude(pk__in=with_job):
        defer(run)
