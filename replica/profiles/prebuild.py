"""Builds the blocks of exported sessions in advance, so that their first visitor need not wait for a cold read."""

import logging
from pathlib import Path

from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

from replica.databases.connections import alias_for
from replica.profiles.eviction import forget_session
from replica.profiles.service import folder_name, profile_for
from statetrace_ui.web.models import Organisation

logger = logging.getLogger(__name__)
TASK = "build_blocks"


def build(organisation_id: int, session_id: str) -> None:
    """Build the session's blocks on this machine. A failure is only logged: the first visitor builds them then."""
    try:
        organisation = Organisation.objects.get(pk=organisation_id)
        profile_for(organisation, alias_for(organisation), session_id).blocks()
    except Exception:
        logger.warning("The blocks of session %s were not built ahead", session_id, exc_info=True)


def forget(replica_id: int, session_id: str) -> None:
    """Remove the blocks of an erased session from this machine: a copy must not outlive what it was made of."""
    forget_session(Path(settings.BLOCKS_DIR), f"replica_{replica_id}_*", folder_name(session_id))


def defer(organisation_id: int, session_id: str) -> None:
    """Queue a job that does so on a worker's machine: one at a time, and after any sync that waits."""
    arguments = {"organisation_id": organisation_id, "session_id": session_id}
    job = app.configure_task(TASK, lock=TASK, priority=-1, task_kwargs=arguments).job
    JobManager(DjangoConnector()).defer_job(job)


# Workers find it since `replica.exports.tasks`, which they look for by its name, imports this module.
app.task(name=TASK)(build)
