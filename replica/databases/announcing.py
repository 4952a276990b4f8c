"""Tells workers that a replica may hold something else by now. What they then do stands above this room."""

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager

TASK = "follow_replica"


def announce(organisation_id: int) -> None:
    """Queue a job that looks at the organisation's replica, as part of the caller's transaction.

    One that waits already will see the change, too. Two of one replica never run at the same time.
    """
    name = f"{TASK}-{organisation_id}"
    arguments = {"organisation_id": organisation_id}
    job = app.configure_task(TASK, lock=name, queueing_lock=name, task_kwargs=arguments).job
    try:
        with transaction.atomic():
            JobManager(DjangoConnector()).defer_job(job)
    except AlreadyEnqueued:
        return
