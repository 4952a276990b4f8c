"""What a worker does with a source for somebody: gives it another address, or removes it. `capture/tasks.py` runs it.

The wish is a row that is written first. A worker that is killed midway leaves it unfinished, and another goes on.
"""

from datetime import timedelta
from functools import partial

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.capture import sources
from statetrace_ui.capture.adding.drafts import count_attempt
from statetrace_ui.capture.adding.entered import Entered
from statetrace_ui.capture.changing import removal
from statetrace_ui.capture.failures import described
from statetrace_ui.capture.models import SourceTask
from statetrace_ui.capture.reporting import told
from statetrace_ui.history.models import Source
from statetrace_ui.wal.connection import SourceError, answers_within
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.locks import alone
from statetrace_ui.web.outcomes import UNFINISHED, Outcome

TASK = "change_source"
ANSWER_SECONDS = 60
OVERDUE = timedelta(minutes=1)


def request_address(source: Source, entered: Entered, *, moved: bool, person: User) -> SourceTask:
    """Have the source go on at another address. Raises UserError: something is under way, or it is too early."""
    if entered.url == source.url and not moved:
        raise UserError("This is the present address.", "Nothing was changed.")
    count_attempt(source.organisation, person)
    record(Event.SOURCE_TESTED, f"{source}: {entered.place}", organisation=source.organisation)
    return _request(source, person, kind=SourceTask.Kind.READDRESS, url=entered.url, insists=moved)


def request_removal(source: Source, *, deletes_history: bool, gone: bool, person: User) -> SourceTask:
    """Have the source removed. Raises UserError if something is under way."""
    what = "removal with its history" if deletes_history else "removal, its history stays"
    record(Event.SOURCE_CHANGED, f"{source}: {what}, asked for", organisation=source.organisation)
    return _request(source, person, kind=SourceTask.Kind.REMOVE, deletes_history=deletes_history, insists=gone)


def _request(source: Source, person: User, **wish: object) -> SourceTask:
    names = {"source_name": source.name, "person_name": person.get_username()}
    try:
        with transaction.atomic():
            task = SourceTask.objects.create(organisation=source.organisation, source=source, **names, **wish)
            _defer(task)
    except IntegrityError:
        raise UserError(f"Something is under way with {source} already.", "Wait until it has ended.") from None
    return task


def _defer(task: SourceTask) -> None:
    lock = f"source-task-{task.pk}"
    job = app.configure_task(TASK, queueing_lock=lock, task_kwargs={"task_id": task.pk}).job
    JobManager(DjangoConnector()).defer_job(job)


def defer_overdue() -> int:
    """Have tasks gone on with whose worker was killed; how many. One that is under way is left alone."""
    overdue = SourceTask.objects.filter(outcome__in=UNFINISHED, asked_at__lt=timezone.now() - OVERDUE)
    for task in overdue:
        try:
            with transaction.atomic():
                _defer(task)
        except AlreadyEnqueued:
            continue
    return len(overdue)


def perform(task_id: int) -> None:
    """Do what the task says, unless somebody else does so just now. It may be killed at any time, and begun anew."""
    with alone("source task", task_id) as mine:
        task = SourceTask.objects.select_related("organisation", "source").filter(pk=task_id).first()
        if not mine or task is None or not task.unfinished:
            return
        SourceTask.objects.filter(pk=task_id).update(outcome=Outcome.RUNNING)
        status = task.source.status if task.source else ""
        try:
            _perform(task)
        except Exception as error:
            _fail(task, status, error)
        else:
            _note(task)
            _end(task, outcome=Outcome.DONE)


def _perform(task: SourceTask) -> None:
    """Raises SourceError."""
    source = task.source
    if source is None:
        return  # all of it was done when its worker was killed
    with answers_within(ANSWER_SECONDS):
        if task.kind == SourceTask.Kind.READDRESS:
            sources.readdress(source, task.url, moved=task.insists)
            return
        removal.remove(source, deletes_history=task.deletes_history, gone=task.insists, count=partial(_count, task))


def _count(task: SourceTask, rows: int) -> None:
    SourceTask.objects.filter(pk=task.pk).update(rows=F("rows") + rows)


def _note(task: SourceTask) -> None:
    removed = task.kind == SourceTask.Kind.REMOVE
    words = ", with its history" if task.deletes_history else "" if removed else ": address changed"
    event = Event.SOURCE_REMOVED if removed else Event.SOURCE_CHANGED
    record(event, f"{task.source_name}{words}", organisation=task.organisation, name=task.person_name)


def _fail(task: SourceTask, status: str, error: Exception) -> None:
    """Say why, and let the source go on as it did: it is stopped while something is tried."""
    sentence, detail = _told(error)
    stopped = Source.objects.filter(tasks=task, status=Source.Status.STOPPED).exclude(url="")
    Source.objects.filter(pk__in=stopped.values("pk")).update(status=status)
    _end(task, outcome=Outcome.FAILED, error=sentence, error_detail=detail)


def _told(error: Exception) -> tuple[str, str]:
    if isinstance(error, UserError):
        return error.sentence, ""
    return told(error) if isinstance(error, SourceError) else (described(error), "")


def _end(task: SourceTask, **values: object) -> None:
    """The address is forgotten: it holds a password, and the source has it now or never."""
    SourceTask.objects.filter(pk=task.pk).update(url="", finished_at=timezone.now(), **values)
