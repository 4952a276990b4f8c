"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

from procrastinate.contrib.django import app

from statetrace_ui.capture import masking_runs
from statetrace_ui.capture.models import MaskingRun


@app.task(name=masking_runs.TASK)
def mask_history(run_id: int) -> None:
    """Perform the run, from where a killed worker left it."""
    run = MaskingRun.objects.select_related("source").filter(pk=run_id).first()
    if run and run.unfinished:
        masking_runs.perform(run)
