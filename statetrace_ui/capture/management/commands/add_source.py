"""`manage.py add_source NAME URL`: connect an audited database."""

import sys
import time
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from statetrace_ui.capture import lifecycle
from statetrace_ui.capture.lifecycle import PreflightFailed, Report
from statetrace_ui.capture.source_database import CaptureError
from statetrace_ui.capture.supervisor import SourceLocks
from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation

LET_GO_SECONDS = 10


class Command(BaseCommand):
    help = (
        "Connects an audited PostgreSQL database: preflight, publication, replication slot, baseline of every table."
        " Run again with the same name after its slot was lost: history stays, a new baseline is taken."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what people call the application")
        parser.add_argument("url", help="postgresql://user:password@host:5432/database of a role with REPLICATION")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")

    def handle(self, *_: Any, name: str, url: str, organisation: str, **__: Any) -> None:
        try:
            self._add(name, url, _organisation(organisation))
        except PreflightFailed as error:
            self._fail(error.findings)
        except CaptureError as error:
            self._fail([str(error)])

    def _add(self, name: str, url: str, organisation: Organisation) -> None:
        locks = SourceLocks()
        try:
            prepare_new(name, url, organisation, locks, self.stdout.write)
        finally:
            locks.close()
        self.stdout.write(self.style.SUCCESS(f"{name} is connected; `manage.py run_capture` follows its changes."))

    def _fail(self, sentences: list[str]) -> NoReturn:
        for sentence in sentences:
            self.stderr.write(sentence)
        sys.exit(2)


def prepare_new(name: str, url: str, organisation: Organisation, locks: SourceLocks, report: Report) -> None:
    """Raises CaptureError; then a source that was new is gone again, and one that was there says what failed."""
    existing = Source.objects.filter(organisation=organisation, name=name).first()
    source = _take_over(existing, url, locks) if existing else _create(name, url, organisation, locks)
    try:
        lifecycle.prepare(source, report)
    except BaseException as error:
        if existing:
            Source.objects.filter(pk=source.pk).update(status=Source.Status.ERROR, error=str(error))
        else:
            source.delete()
        raise


def _create(name: str, url: str, organisation: Organisation, locks: SourceLocks) -> Source:
    """Locked before a running worker can see it."""
    with transaction.atomic():
        source = Source.objects.create(organisation=organisation, name=name, url=url, **lifecycle.new_names())
        locks.take(source.pk)
    return source


def _take_over(source: Source, url: str, locks: SourceLocks) -> Source:
    """A source whose slot was lost: the worker that still tries it lets go of it first."""
    if not source.url or source.status == Source.Status.STREAMING:
        raise CaptureError(f"There is a source {source.name} already, and nothing is wrong with it. Take another name.")
    Source.objects.filter(pk=source.pk).update(status=Source.Status.STOPPED)
    deadline = time.monotonic() + LET_GO_SECONDS
    while not locks.take(source.pk):
        if time.monotonic() > deadline:
            raise CaptureError(f"A capture worker does not let go of {source.name}. Stop it, and run this again.")
        time.sleep(0.2)
    source.url = url
    source.save(update_fields=["url"])
    return source


def _organisation(slug: str) -> Organisation:
    """Raises CaptureError."""
    found = list(Organisation.objects.filter(slug=slug) if slug else Organisation.objects.all()[:2])
    if len(found) == 1:
        return found[0]
    known = ", ".join(Organisation.objects.values_list("slug", flat=True)) or "none yet; add one in the admin site"
    raise CaptureError(f"Say which organisation audits this database, with --organisation SLUG. There are: {known}.")
