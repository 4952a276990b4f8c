"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from replica.deletion.models import Deletion
from replica.deletion.service import TASK, defer, perform


@app.task(name=TASK)
def perform_deletion(deletion_id: int) -> None:
    """Make an attempt; of a deletion that is finished nothing is left to do."""
    deletion = Deletion.objects.select_related("organisation").filter(pk=deletion_id, finished_at=None).first()
    if deletion:
        perform(deletion)


@app.periodic(cron="* * * * *")
@app.task(name="resume_deletions", queueing_lock="resume_deletions")
def resume_deletions(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Each minute, go on with what a killed worker left and with what met a failure."""
    live = ProcrastinateJob.objects.filter(task_name=TASK, status__in=["todo", "doing"])
    with_job = set(live.values_list("args__deletion_id", flat=True))
    for deletion in Deletion.objects.filter(finished_at=None).exclude(pk__in=with_job):
        defer(deletion)
