"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

from django.utils import timezone
from procrastinate.contrib.django import app

from replica.databases.announcing import TASK, announce
from replica.flow_trends import service
from statetrace_ui.web.models import Organisation


@app.task(name=TASK)
def follow_replica(organisation_id: int) -> None:
    """Read what an organisation's user flows do, after something has changed them or may have."""
    if organisation := Organisation.objects.filter(pk=organisation_id).first():
        service.refresh(organisation)


@app.periodic(cron="* * * * *")
@app.task(name="follow_replicas", queueing_lock="follow_replicas")
def follow_replicas(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Each minute, have those read that are due. Each is a job of its own, so a silent one holds up no other."""
    for replica in service.due(timezone.now()):
        announce(replica.organisation_id)
