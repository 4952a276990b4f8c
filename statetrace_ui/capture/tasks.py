"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

import logging

from procrastinate.contrib.django import app

from statetrace_ui.capture import masking_runs, retained
from statetrace_ui.capture.adding import drafts
from statetrace_ui.capture.changing import service as changing
from statetrace_ui.capture.models import MaskingRun, Verification
from statetrace_ui.capture.verification import runs
from statetrace_ui.capture.verification.verifier import TableResult
from statetrace_ui.wal.connection import SourceError

logger = logging.getLogger(__name__)


@app.task(name=masking_runs.TASK)
def mask_history(run_id: int) -> None:
    """Perform the run, from where a killed worker left it."""
    run = MaskingRun.objects.select_related("source").filter(pk=run_id).first()
    if run and run.unfinished:
        masking_runs.perform(run)


@app.task(name=runs.TASK)
def verify_history(run_id: int) -> None:
    """Perform the run, from its beginning if a worker was killed that had begun it."""
    run = Verification.objects.select_related("source").filter(pk=run_id).first()
    if run is None or not run.unfinished:
        return
    try:
        with runs.sole(run.source):
            for result in runs.perform(run):
                if isinstance(result, TableResult) and result.found:
                    logger.warning("Source %s: history differs from %s.%s", run.source, *result.table)
    except SourceError as error:
        runs.fail(run, error)
        logger.warning("Source %s was not verified: %s", run.source, error.sentence)


@app.periodic(cron="*/10 * * * *")
@app.task(name="verify_due_sources", queueing_lock="verify_due_sources")
def verify_due_sources(timestamp: int) -> None:
    """Every ten minutes, end runs that were lost, and begin those that the schedule asks for."""
    runs.fail_lost()
    for source in runs.due():
        runs.request(source)
        logger.info("Source %s is verified on schedule, at %s", source, timestamp)


@app.task(name=drafts.TASK)
def check_source_draft(draft_id: int, asked_at: str) -> None:
    """Look whether the database of a draft can be captured."""
    drafts.check(draft_id, asked_at)


@app.periodic(cron="40 3 * * *")
@app.task(name="forget_source_drafts", queueing_lock="forget_source_drafts")
def forget_source_drafts(timestamp: int) -> None:
    """Every night, forget what somebody began to add and left: it holds a password."""
    if forgotten := drafts.forget_old():
        logger.info("%d drafts of sources were forgotten at %s.", forgotten, timestamp)


@app.task(name=changing.TASK)
def change_source(task_id: int) -> None:
    """Give a source another address, or remove it."""
    changing.perform(task_id)


@app.periodic(cron="* * * * *")
@app.task(name="go_on_with_source_tasks", queueing_lock="go_on_with_source_tasks")
def go_on_with_source_tasks(timestamp: int) -> None:
    """Each minute, go on with what a killed worker has left."""
    if overdue := changing.defer_overdue():
        logger.info("%d tasks of sources were unfinished at %s.", overdue, timestamp)


@app.periodic(cron="*/5 * * * *")
@app.task(name="measure_retained_log", queueing_lock="measure_retained_log")
def measure_retained_log(timestamp: int) -> None:
    """Every five minutes, ask what servers keep for sources that are paused or fail: no worker measures that."""
    answered = retained.measure_resting()
    logger.debug("%d resting sources were measured at %s.", answered, timestamp)
