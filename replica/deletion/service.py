"""Deleting for good: `request_…` remembers what is to go, `perform` takes it from replica, blocks and store in order.

Each step may be done again. A session that is gone from the replica and not yet from the store may be copied again by
nobody: the flow is claimed, as by a sync. What was carried out in the store is noted there in the same transaction, so
a deletion that was killed right after it does not take what was imported since.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from psycopg import Connection

from replica.beside.service import forget as forget_beside
from replica.blocks import places
from replica.comparisons.models import FlowBaseline
from replica.databases import announcing, legacy_tables
from replica.databases.dropping import drop_replica
from replica.databases.models import Replica
from replica.databases.server import connect, own_urls
from replica.deletion import preview
from replica.deletion.models import Deletion
from replica.deletion.preview import OF_FLOW, Preview
from replica.editing.models import SessionEdit
from replica.exports import copy, failures, flow_lock, jobs
from replica.exports.ends import replica_of, target_of
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.outcomes import UNFINISHED, RunOutcome
from replica.schema.definition import create_tables
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.models import Organisation

logger = logging.getLogger(__name__)
TASK = "perform_deletion"
BUSY_RETRY = 5  # seconds until the next look at a flow that a sync is writing
IS_DONE = "SELECT 1 FROM bookkeeping.deletions WHERE uid = %s"
NOTE = "INSERT INTO bookkeeping.deletions (uid) VALUES (%s)"
# The revision's row comes first, as in an import: who waits for it there then finds no session.
FORGET = "DELETE FROM bookkeeping.session_revisions WHERE session_id = %s"
FORGET_ANALYSES = "DELETE FROM bookkeeping.analyses WHERE session_id = %s"
Kind = Deletion.Kind


def request_session(organisation: Organisation, session_id: str, person_name: str) -> Deletion:
    """Have a session deleted. Raises UserError: 404 if the organisation has no such session, 503 if unknown."""
    return _request(organisation, preview.of_session(organisation, session_id), person_name)


def request_flow(export: UserFlowExport, person_name: str) -> Deletion:
    """Have a user flow deleted with all its sessions. Raises UserError (503)."""
    return _request(export.organisation, preview.of_flow(export), person_name)


def request_copy(export: UserFlowExport, person_name: str) -> Deletion:
    """Have the copy of a flow deleted in a target; the flow stays. Raises UserError (400) for the own replica's."""
    return _request(export.organisation, preview.of_copy(export), person_name)


def request_replica(replica: Replica, person_name: str) -> Deletion:
    """Have an organisation's replica deleted; the store keeps everything."""
    return _request(replica.organisation, preview.of_replica(replica), person_name)


def _request(organisation: Organisation, seen: Preview, person_name: str) -> Deletion:
    """Remember it, and queue the job that performs it. What is on its way already is not asked for twice."""
    wanted = {"name": seen.name[:255], "user_flow_id": seen.user_flow_id, "counts": seen.counts}
    known = {"organisation": organisation, "kind": seen.kind, "subject": seen.subject, "finished_at": None}
    try:
        with transaction.atomic():
            deletion = Deletion.objects.create(**known, **wanted, person_name=person_name)
            record(Event.DELETION_REQUESTED, f"{seen.kind.label} {seen.subject}", organisation=organisation)
            defer(deletion)
            _cancel_syncs(deletion)
    except IntegrityError:
        return Deletion.objects.get(**known)
    return deletion


def _cancel_syncs(deletion: Deletion) -> None:
    """End the syncs that would copy what goes. Beside one session others are copied, so there it waits."""
    if deletion.kind == Kind.FLOW:
        for run in SyncRun.objects.filter(export__user_flow_id=deletion.subject, outcome__in=UNFINISHED):
            jobs.cancel(run, deletion.person_name)


def defer(deletion: Deletion, at: datetime | None = None) -> None:
    """Queue a job that makes an attempt, now or at a time."""
    arguments = {"deletion_id": deletion.pk}
    job = app.configure_task(TASK, lock=f"deletion-{deletion.pk}", schedule_at=at, task_kwargs=arguments).job
    JobManager(DjangoConnector()).defer_job(job)


def perform(deletion: Deletion) -> None:
    """Make an attempt. One that fails leaves its reason, and is followed by the next one within a minute."""
    try:
        if deletion.kind == Kind.REPLICA:
            _delete_replica(deletion)
        elif deletion.kind == Kind.COPY:
            _delete_copy(deletion)
        else:
            _delete_sessions(deletion)
    except copy.FlowIsBusy as error:  # a sync is at work, which takes a while
        deletion.error = failures.explain(error).sentence
        deletion.save(update_fields=["error"])
        defer(deletion, at=timezone.now() + timedelta(seconds=BUSY_RETRY))
    except Exception as error:
        deletion.error = failures.explain(error).sentence
        deletion.save(update_fields=["error"])
        logger.warning("%s is not deleted yet: %s", deletion, deletion.error, exc_info=failures.for_log(error))


def _delete_sessions(deletion: Deletion) -> None:
    flow = deletion.user_flow_id
    with _claimed([flow]), psycopg.connect(settings.STORE_URL, autocommit=True) as store:
        create_tables(store)
        if not store.execute(IS_DONE, [deletion.uid]).fetchone():
            _erase_copies(deletion, _sessions(store, deletion))
            _erase_originals(store, deletion)
        _finish(deletion)


def _sessions(connection: Connection[Any], deletion: Deletion) -> list[str]:
    if deletion.kind == Kind.SESSION:
        return [deletion.subject]
    return [session.strip() for (session,) in connection.execute(OF_FLOW.encode(), {"subject": deletion.user_flow_id})]


def _erase_copies(deletion: Deletion, sessions: list[str]) -> None:
    """Take the sessions from each place that the flow is copied to."""
    for export in UserFlowExport.every.filter(user_flow_id=deletion.user_flow_id).order_by("pk"):
        _erase_copy(export, deletion, sessions)


def _erase_copy(export: UserFlowExport, deletion: Deletion, sessions: list[str]) -> None:
    """Take the sessions from the export's target, and their blocks from this machine."""
    target, replica = target_of(export), replica_of(export)
    if target is None:
        return
    with target:
        for session in {*sessions, *_sessions(target, deletion)}:
            copy.erase_session(target, deletion.user_flow_id, session)
            if replica:
                legacy_tables.erase_session(target, deletion.user_flow_id, session)
                places.forget(replica.pk, session)
        if deletion.kind != Kind.SESSION:
            target.execute("DELETE FROM user_flow WHERE user_flow_id = %s", [deletion.user_flow_id])
            if replica:
                with target.transaction():
                    legacy_tables.drop(target, deletion.user_flow_id)
    if replica:
        announcing.announce(replica.organisation_id)


def _delete_copy(deletion: Deletion) -> None:
    export = UserFlowExport.every.filter(pk=int(deletion.subject)).exclude(target=None).first()
    with _claimed([deletion.user_flow_id]):
        if export:
            _erase_copy(export, deletion, [])
            export.delete()
        _finish(deletion)


def _erase_originals(store: Connection[Any], deletion: Deletion) -> None:
    """Take the sessions from the store, each in a transaction of its own; the last one also notes that it is done."""
    if deletion.kind == Kind.FLOW:
        for session in _sessions(store, deletion):
            with store.transaction():
                _erase_original(store, session)
    with store.transaction():
        if deletion.kind == Kind.FLOW:
            flow_lock.hold_alone(store, deletion.organisation_id, deletion.name)  # until here it may have grown
        for session in _sessions(store, deletion):
            _erase_original(store, session)
        if deletion.kind == Kind.FLOW:
            store.execute("DELETE FROM user_flow WHERE user_flow_id = %s", [deletion.subject])
        store.execute(NOTE, [deletion.uid])
        _forget_in_dashboard(deletion)


def _erase_original(store: Connection[Any], session: str) -> None:
    store.execute(FORGET, [session])
    copy.erase_rows(store, session)
    store.execute(FORGET_ANALYSES, [session])
    forget_beside(session)
    SessionEdit.objects.filter(session_id=session).delete()  # else a later import of it would count as edited


def _forget_in_dashboard(deletion: Deletion) -> None:
    """What the dashboard's own database says of it. It is done once more if the store's transaction then fails."""
    baselines = FlowBaseline.objects.filter(organisation=deletion.organisation_id, user_flow_id=deletion.user_flow_id)
    if deletion.kind == Kind.FLOW:
        baselines.delete()
        UserFlowExport.every.filter(user_flow_id=deletion.user_flow_id).delete()
        return
    for baseline in baselines:
        baseline.session_ids = [session for session in baseline.session_ids if session != deletion.subject]
        baseline.save(update_fields=["session_ids"])


def _delete_replica(deletion: Deletion) -> None:
    own = Q(organisation=deletion.organisation_id, target=None)
    exports = UserFlowExport.every.filter(own | Q(target__recipient=deletion.organisation_id))
    replica = Replica.objects.filter(organisation=deletion.organisation_id, database=deletion.subject).first()
    with _claimed(sorted(set(exports.values_list("user_flow_id", flat=True)))):
        if replica:
            if replica.owner_url:
                drop_replica(replica)
            places.forget_all(replica.pk)
        with transaction.atomic():
            # Else the next import would make it anew.
            exports.update(autosync=False, status=UserFlowExport.Status.INACTIVE)
            SyncRun.objects.filter(export__in=exports, outcome=RunOutcome.QUEUED).delete()
            if replica:
                replica.delete()
            _finish(deletion)


def _finish(deletion: Deletion) -> None:
    deletion.finished_at, deletion.error = timezone.now(), ""
    with transaction.atomic():
        deletion.save(update_fields=["finished_at", "error"])
        announcing.announce(deletion.organisation_id)  # it may have taken sessions of a baseline
        subject = f"{deletion.get_kind_display()} {deletion.subject}"
        record(Event.DELETED, subject, organisation=deletion.organisation, name=deletion.person_name)


@contextmanager
def _claimed(flows: Iterable[str]) -> Iterator[None]:
    """Be the only writer of the flows. Raises copy.FlowIsBusy while a sync is at work on one of them."""
    with ExitStack() as stack:
        dashboard = stack.enter_context(connect(own_urls()[0]))
        for flow in flows:
            copy.claim(dashboard, flow)
        yield
