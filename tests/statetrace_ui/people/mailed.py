"""What workers mail, by jobs that hold nothing in clear."""

from typing import Any

from django.core import mail
from django.core.mail import EmailMessage
from procrastinate.contrib.django.models import ProcrastinateJob

from statetrace_ui.people.tasks import mail_sealed


def queued() -> list[dict[str, Any]]:
    """Arguments of the jobs that mail something sealed."""
    return list(ProcrastinateJob.objects.filter(task_name="mail_sealed").order_by("id").values_list("args", flat=True))


def mailed() -> EmailMessage:
    """The one message, which its job sends now."""
    [arguments] = queued()
    mail_sealed(**arguments)
    [message] = mail.outbox
    return message
