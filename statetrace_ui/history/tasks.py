"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

from procrastinate.contrib.django import app

from statetrace_ui.history import partitions


@app.periodic(cron="23 * * * *")
@app.task(name="seal_partitions", queueing_lock="seal_partitions")
def seal_partitions(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Put partitions in order that ids have passed since the last time."""
    partitions.seal_full()
