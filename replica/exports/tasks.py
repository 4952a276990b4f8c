"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

import logging
from itertools import groupby

import psycopg
from asgiref.sync import sync_to_async
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from replica.databases import credentials, holders
from replica.databases.models import Replica
from replica.exports import state, verification
from replica.exports.jobs import SETTLING, STALLED_AFTER, TASK, defer, request_sync, settle_later
from replica.exports.models import SyncRun, UserFlowExport, Verification
from replica.exports.outcomes import UNFINISHED
from replica.exports.sync import attempt
from statetrace_ui.web.errors import UserError

logger = logging.getLogger(__name__)


@app.task(name=TASK, pass_context=True)
def sync_export(context: JobContext, run_id: int) -> None:
    """Perform the run, unless it is finished or its next attempt is not due yet.

    The job's lock lets one job of an export run at a time, so a run that is marked as running was left by a killed
    worker.
    """
    run = SyncRun.objects.select_related("export__organisation").filter(pk=run_id, outcome__in=UNFINISHED).first()
    if run and not (run.retry_at and run.retry_at > timezone.now()):
        attempt(run, should_stop=context.should_abort)


@app.task(name=SETTLING)
def settle_export(export_id: int, looks: int) -> None:
    """Store the status of an export whose target did not answer as its sync ended; look again if it still does not."""
    export = UserFlowExport.every.filter(pk=export_id).first()
    if export and not state.settle(export):
        settle_later(export, looks + 1)


@app.task(name=verification.TASK)
def verify_export(verification_id: int) -> None:
    """Compare contents; one that a killed worker left begins anew."""
    wanted = Verification.objects.select_related("export__organisation").filter(pk=verification_id)
    if found := wanted.filter(outcome__in=UNFINISHED).first():
        verification.perform(found)


@app.periodic(cron="* * * * *")
@app.task(name="follow_mirrors", queueing_lock="follow_mirrors")
def follow_mirrors(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Each minute, look whether mirrors have other sessions: nobody tells when somebody else has filled them."""
    flows = UserFlowExport.every.exclude(mirror=None).order_by("organisation_id")
    for _, of_one in groupby(flows, key=lambda export: export.organisation_id):
        state.begin_waiting(of_one)


@app.periodic(cron="7 * * * *")
@app.task(name="keep_limits", queueing_lock="keep_limits")
def keep_limits(timestamp: int) -> None:  # noqa: ARG001
    """Each hour, take from the copies what their limits do not keep any more; nothing else is copied for that.

    What is stored of their statuses is made true again, too: where a target was killed as its sync ended, it is not.
    """
    for export in UserFlowExport.every.select_related("target", "mirror", "organisation"):
        if state.has_left_over(export):
            request_sync(export, sessions=[])
        state.settle(export)


@app.periodic(cron="* * * * * */30")
@app.task(name="rescue_syncs", queueing_lock="rescue_syncs")
async def rescue_syncs(timestamp: int) -> None:
    """Twice a minute, take over the jobs of killed workers."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        logger.warning("Job %s was left by a killed worker at %s and is queued again", job.id, timestamp)
        await app.job_manager.retry_job(job)
    await sync_to_async(defer_forgotten)()


@app.periodic(cron="* * * * *")
@app.task(name="end_long_statements", queueing_lock="end_long_statements")
def end_long_statements(timestamp: int) -> None:
    """Each minute, end what roles run beyond their limit, and roles whose time is over after a rotation."""
    for replica in Replica.objects.exclude(owner_url="").exclude(provisioned_at=None):
        try:
            ended = holders.end_long_statements(replica)
            credentials.revoke_if_over(replica)
        except (psycopg.Error, UserError):
            continue  # its next sync says that the server does not answer
        if ended:
            logger.warning("Ended %s long transactions in %s at %s", ended, replica.database, timestamp)


def defer_forgotten() -> None:
    """Queue a job for what is unfinished and has none, as after a loss of the dashboard's database connection."""
    live = ProcrastinateJob.objects.filter(task_name=TASK, status__in=["todo", "doing"])
    with_job = set(live.values_list("args__run_id", flat=True))
    verified = ProcrastinateJob.objects.filter(task_name=verification.TASK, status__in=["todo", "doing"])
    with_verification = set(verified.values_list("args__verification_id", flat=True))
    for one in Verification.objects.filter(outcome__in=UNFINISHED, by_content=True).exclude(pk__in=with_verification):
        verification.defer(one)
    for run in SyncRun.objects.filter(outcome__in=UNFINISHED).exclude(pk__in=with_job):
        defer(run)
