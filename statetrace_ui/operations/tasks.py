"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

import logging

from procrastinate.contrib.django import app

from statetrace_ui.operations.disk.measuring import measure

logger = logging.getLogger(__name__)


@app.periodic(cron="7 * * * *")
@app.task(name="measure_disk", queueing_lock="measure_disk")
def measure_disk(timestamp: int) -> None:
    """Each hour, measure what takes how much disk."""
    if measure():
        logger.info("Disk was measured at %s.", timestamp)
