"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

from procrastinate.contrib.django import app

from statetrace_ui.attention import noting


@app.periodic(cron="* * * * *")
@app.task(name="look_what_needs_attention", queueing_lock="look_what_needs_attention")
def look_what_needs_attention(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Each minute."""
    noting.look_for_all()


@app.periodic(cron="53 3 * * *")
@app.task(name="forget_what_needed_attention", queueing_lock="forget_what_needed_attention")
def forget_what_needed_attention(timestamp: int) -> None:  # noqa: ARG001
    """Once a day."""
    noting.forget_old()
