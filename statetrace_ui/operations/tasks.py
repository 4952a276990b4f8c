"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

import logging

from procrastinate.contrib.django import app

from statetrace_ui.operations.disk.measuring import is_due, measure

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="measure_disk", queueing_lock="measure_disk")
def measure_disk(timestamp: int) -> None:
    """Each hour, and soon after a worker's start or a new source, measure what takes how much disk."""
    if is_due() and measure():
        logger.info("Disk was measured at %s.", timestamp)
