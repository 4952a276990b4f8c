"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

from procrastinate.contrib.django import app

from statetrace_ui.watch import looking, telling


@app.periodic(cron="* * * * *")
@app.task(name="look_at_what_is_watched", queueing_lock="look_at_what_is_watched")
def look_at_what_is_watched(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Each minute: find what has happened, then tell it."""
    looking.look_for_all()
    telling.tell_all()


@app.periodic(cron="17 3 * * *")
@app.task(name="forget_old_happenings", queueing_lock="forget_old_happenings")
def forget_old_happenings(timestamp: int) -> None:  # noqa: ARG001
    """Once a day."""
    looking.forget_old()
