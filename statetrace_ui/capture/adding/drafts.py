"""Drafts of sources: begun, given another address, checked by a worker, and forgotten."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

from statetrace_ui.accounts import throttle
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.capture.adding.entered import Entered
from statetrace_ui.capture.adding.models import CHECK_SECONDS, KEPT, SourceDraft
from statetrace_ui.capture.adding.survey import survey
from statetrace_ui.capture.failures import described
from statetrace_ui.capture.lifecycle import new_names
from statetrace_ui.capture.locks import SourceLocks
from statetrace_ui.capture.source_url import check_url
from statetrace_ui.capture.twins import AlreadySource, twin_at
from statetrace_ui.history.models import Source
from statetrace_ui.wal import catalog, preflight
from statetrace_ui.wal.connection import Connection, SourceError, answers_within, connect, readable_errors
from statetrace_ui.wal.findings import Finding, Topic
from statetrace_ui.wal.server import server_state
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.outcomes import Outcome

TASK = "check_source_draft"
NOT_TOLD = "not told"


def drafts_of(organisation: Organisation) -> QuerySet[SourceDraft]:
    return SourceDraft.objects.filter(organisation=organisation).defer("url", "survey").order_by("name")


def begin(organisation: Organisation, name: str, entered: Entered, person: User) -> SourceDraft:
    """A new draft, which a worker checks. Raises UserError: the name is taken, or it is too early."""
    if Source.objects.filter(organisation=organisation, name=name).exists():
        raise UserError("There is a source of this name already.", "Choose another name, or open that source.")
    count_attempt(organisation, person)
    draft = SourceDraft(organisation=organisation, name=name, person_id=person.pk, person_name=person.get_username())
    try:
        with transaction.atomic():
            _ask(draft, entered)
    except IntegrityError:
        raise UserError(
            "A source of this name is being added already.", "Continue there: it is listed under Sources."
        ) from None
    return draft


def readdress(draft: SourceDraft, entered: Entered, person: User) -> None:
    """Give the draft another address, and have it checked. Raises UserError if it is too early."""
    count_attempt(draft.organisation, person)
    draft.person_id, draft.person_name = person.pk, person.get_username()
    with transaction.atomic():
        _ask(draft, entered)


def check_again(draft: SourceDraft, person: User) -> None:
    """Raises UserError if it is too early."""
    readdress(draft, Entered(draft.url, draft.place), person)


def remove(draft: SourceDraft) -> None:
    """Nothing of it is at the audited database: a check changes nothing there."""
    draft.delete()


def forget_old() -> int:
    """Forget drafts, and the passwords in them, that nobody has touched for long."""
    return SourceDraft.objects.filter(asked_at__lt=timezone.now() - KEPT).delete()[0]


def count_attempt(organisation: Organisation, person: User) -> None:
    """Whoever tries address after address must wait longer and longer: this is no way to look for open ports."""
    try:
        throttle.count(throttle.database_tests(person.pk, organisation.pk))
    except throttle.MustWait as wait:
        raise UserError(
            "Too many connections were tried that did not work.", f"Try again in {wait.seconds} s.", status=429
        ) from None


def _ask(draft: SourceDraft, entered: Entered) -> None:
    draft.url, draft.place = entered.url, entered.place
    draft.outcome, draft.asked_at = Outcome.QUEUED, timezone.now()
    draft.save()
    record(Event.SOURCE_TESTED, f"{draft}: {draft.place}", organisation=draft.organisation)
    job = app.configure_task(TASK, task_kwargs={"draft_id": draft.pk, "asked_at": draft.asked_at.isoformat()}).job
    JobManager(DjangoConnector()).defer_job(job)


def check(draft_id: int, asked_at: str) -> None:
    """Look at the draft's database, and keep what was found, unless it was asked anew meanwhile."""
    asked = SourceDraft.objects.filter(pk=draft_id, asked_at=datetime.fromisoformat(asked_at))
    draft = asked.first()
    if draft is None or not asked.update(outcome=Outcome.RUNNING):
        return
    found: dict[str, object] = {"survey": {}, "system_identifier": "", "database": ""}
    try:
        with answers_within(CHECK_SECONDS):
            found |= _look(draft)
    except SourceError as error:
        found["findings"] = [_kept(Finding(str(error)))]
    except Exception as error:
        found["findings"] = [_kept(Finding(described(error)))]
    if found["system_identifier"]:
        throttle.succeeded(throttle.database_tests(draft.person_id, draft.organisation_id))
    asked.update(outcome=Outcome.DONE, checked_at=timezone.now(), **found)


def _look(draft: SourceDraft) -> dict[str, object]:
    """Raises SourceError if the server is not reached, or does not let the role in."""
    locks = SourceLocks()
    try:
        check_url(draft.url, locks)
    finally:
        locks.close()
    system_identifier = _identity(draft.url)
    with connect(draft.url) as connection, readable_errors("The database cannot be checked"):
        names = new_names()
        findings = preflight.check(connection, names["slot_name"], names["publication_name"])
        tables = [table for table in catalog.tables(connection, names["publication_name"]) if table.readable]
        seen = survey(connection, tables)
        findings += _known(draft, connection, system_identifier)
        database = connection.info.dbname
    return {
        "findings": [_kept(one) for one in findings],
        "database": database,
        "system_identifier": system_identifier,
        "survey": seen.as_json(),
    }


def _identity(url: str) -> str:
    """A role that may not replicate cannot ask for it; the preflight finds that."""
    try:
        return server_state(url).system_identifier
    except SourceError:
        return NOT_TOLD


def _known(draft: SourceDraft, connection: Connection, system_identifier: str) -> list[Finding]:
    if system_identifier == NOT_TOLD:
        return [Finding("This is told to roles that may replicate alone.", False, Topic.NEW)]
    twin = twin_at(connection, draft.organisation, system_identifier)
    return [Finding(AlreadySource(twin).sentence, True, Topic.NEW)] if twin else []


def _kept(finding: Finding) -> list[object]:
    return [finding.sentence, finding.fatal, finding.topic.name, finding.statement]
