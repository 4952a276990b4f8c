"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from statetrace_ui.deliveries import attempts, sending
from statetrace_ui.deliveries.models import Delivery

KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 10_000


@app.task(name=sending.TASK)
def deliver(endpoint_id: int) -> None:
    """Send what is due to an endpoint, or to mailboxes."""
    attempts.deliver(endpoint_id)


@app.periodic(cron="* * * * *")
@app.task(name="deliver_due", queueing_lock="deliver_due")
def deliver_due(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Each minute, see to what is due again, and to what a killed worker left; a job for each endpoint."""
    for endpoint_id in attempts.due_endpoints():
        sending.defer(endpoint_id)


@app.periodic(cron="29 3 * * *")
@app.task(name="forget_old_deliveries", queueing_lock="forget_old_deliveries")
def forget_old_deliveries(timestamp: int) -> None:  # noqa: ARG001
    """Once a day, also what still waits for an endpoint that is paused."""
    before, removed = timezone.now() - KEPT, FORGOTTEN_AT_ONCE
    while removed >= FORGOTTEN_AT_ONCE:
        old = Delivery.objects.filter(created_at__lt=before).order_by("created_at").values("pk")[:FORGOTTEN_AT_ONCE]
        removed, _ = Delivery.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
