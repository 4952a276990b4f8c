"""Connecting and disconnecting audited databases, beside a worker that may be running."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from statetrace_ui.capture import lifecycle
from statetrace_ui.capture.lifecycle import Report
from statetrace_ui.capture.locks import SourceLocks
from statetrace_ui.history.models import Source
from statetrace_ui.wal import publication
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.web.models import Organisation

LET_GO_SECONDS = 10


def connect_source(name: str, url: str, organisation: Organisation, report: Report) -> None:
    """Make the source and take its baseline; one whose slot was lost gets a new slot and a new baseline.

    Raises SourceError; then a source that was new is gone again, and one that was there says what failed.
    """
    existing = Source.objects.filter(organisation=organisation, name=name).first()
    with _locks() as locks:
        source = _take_over(existing, url, locks) if existing else _create(name, url, organisation, locks)
        try:
            lifecycle.prepare(source, report)
        except BaseException as error:
            if existing:
                Source.objects.filter(pk=source.pk).update(status=Source.Status.ERROR, error=str(error))
            else:
                source.delete()
            raise


def disconnect(name: str, organisation: Organisation) -> None:
    """Remove what was created at the audited database, and the URL: what is left is history. Raises SourceError."""
    source = Source.objects.filter(organisation=organisation, name=name).first()
    if source is None or not source.url:
        raise SourceError(f"{organisation} has no connected source {name}.")
    with _locks() as locks:
        _stop(source, locks)
        publication.remove_all(source.url, source.slot_name, source.publication_name)
        source.url, source.error, source.lag_bytes = "", "", None
        source.save(update_fields=["url", "error", "lag_bytes"])


@contextmanager
def _locks() -> Iterator[SourceLocks]:
    locks = SourceLocks()
    try:
        yield locks
    finally:
        locks.close()


def _create(name: str, url: str, organisation: Organisation, locks: SourceLocks) -> Source:
    """Locked before a running worker can see it."""
    with transaction.atomic():
        source = Source.objects.create(organisation=organisation, name=name, url=url, **lifecycle.new_names())
        locks.take(source.pk)
    return source


def _take_over(source: Source, url: str, locks: SourceLocks) -> Source:
    if not source.url or source.status == Source.Status.STREAMING:
        raise SourceError(f"There is a source {source.name} already, and nothing is wrong with it. Take another name.")
    _stop(source, locks)
    source.url = url
    source.save(update_fields=["url"])
    return source


def _stop(source: Source, locks: SourceLocks) -> None:
    """A worker that has the source lets go of it within a few seconds. Raises SourceError when it does not."""
    Source.objects.filter(pk=source.pk).update(status=Source.Status.STOPPED)
    deadline = time.monotonic() + LET_GO_SECONDS
    while not locks.take(source.pk):
        if time.monotonic() > deadline:
            raise SourceError(f"A capture worker does not let go of {source.name}. Stop it, and run this again.")
        time.sleep(0.2)
