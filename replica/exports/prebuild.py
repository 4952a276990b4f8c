"""Builds the blocks of exported sessions in advance, so that their first visitor need not wait for a cold read."""

import logging

from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

from replica.blocks import places
from replica.databases.connections import alias_for
from replica.databases.models import Replica
from replica.profiles.service import NoCalls, profile_for
from replica.schema.models import SessionMetadata
from replica.series.service import series_of
from statetrace_ui.web.models import Organisation

logger = logging.getLogger(__name__)
TASK = "build_blocks"
TABLES = ("function_call_metadata", "session_timeseries_data")  # sessions with rows in these have blocks


def build(organisation_id: int, session_id: str) -> None:
    """Build the session's blocks on this machine. A failure is only logged: the first visitor builds them then."""
    failure: Exception | None = None
    try:
        _build(Organisation.objects.get(pk=organisation_id), session_id)
    except Exception as error:
        failure = error
    if _is_gone(organisation_id, session_id):
        logger.debug("Session %s was removed while its blocks were to be built", session_id)
    elif failure:
        logger.warning("The blocks of session %s were not built ahead", session_id, exc_info=failure)


def _is_gone(organisation_id: int, session_id: str) -> bool:
    """Whether the replica has it no more; blocks that were finished after it was removed then go, too."""
    replica = Replica.objects.filter(organisation=organisation_id).first()
    if replica is None:
        return True
    try:
        alias = alias_for(replica.organisation)
        is_there = SessionMetadata.objects.using(alias).filter(session_id=session_id).exists()
    except Exception:
        return False
    if not is_there:
        places.forget(replica.pk, session_id)
    return not is_there


def _build(organisation: Organisation, session_id: str) -> None:
    alias = alias_for(organisation)
    series_of(alias, organisation.replica.reading_url, session_id)
    _build_calls(organisation, alias, session_id)


def _build_calls(organisation: Organisation, alias: str, session_id: str) -> None:
    try:
        profile_for(organisation, alias, session_id).blocks()
    except NoCalls:
        logger.debug("Session %s has no calls", session_id)


def defer(organisation_id: int, session_id: str) -> None:
    """Queue a job that does so on a worker's machine: one at a time, and after any sync that waits."""
    arguments = {"organisation_id": organisation_id, "session_id": session_id}
    job = app.configure_task(TASK, lock=TASK, priority=-1, task_kwargs=arguments).job
    JobManager(DjangoConnector()).defer_job(job)


# Workers find it since `replica.exports.tasks`, which they look for by its name, imports this module.
app.task(name=TASK)(build)
