"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

from django.conf import settings
from procrastinate.contrib.django import app

from statetrace_ui.history.chain.heads import head_lines, mail_heads
from statetrace_ui.history.models import Source


@app.periodic(cron="41 4 * * *")
@app.task(name="mail_chain_heads", queueing_lock="mail_chain_heads")
def mail_chain_heads(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Once a day, if somebody is to get them."""
    if settings.CHAIN_HEADS_MAIL:
        mail_heads(list(head_lines(Source.objects.select_related("organisation"))), settings.CHAIN_HEADS_MAIL)
