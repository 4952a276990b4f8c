"""Connects and disconnects audited databases. A worker may be running meanwhile and may own the source."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction

from statetrace_ui.capture import lifecycle
from statetrace_ui.capture.locks import SourceLocks
from statetrace_ui.capture.reporting import record_failure
from statetrace_ui.capture.rule_book import RuleChange, change_rules
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import RulesChanged
from statetrace_ui.wal import publication
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.wal.snapshot import Report
from statetrace_ui.web.models import Organisation

RELEASE_SECONDS = 10


def connect_source(
    name: str, url: str, organisation: Organisation, report: Report, rules: Sequence[RuleChange] = ()
) -> None:
    """Add the source and take its baseline. A source whose slot was lost gets a new slot and a new baseline.

    rules: they hold before anything is read. Raises SourceError; UserError for a rule that cannot be. After a failure a
    new source is deleted again, and an existing one shows the error.
    """
    existing = Source.objects.filter(organisation=organisation, name=name).first()
    with _locks() as locks:
        source = _take_over(existing, url, locks) if existing else _create(name, url, organisation, locks)
        try:
            change_rules(source, rules)
            _prepare(source, report)
        except BaseException as error:
            if existing:
                record_failure(Source.objects.filter(pk=source.pk), error)
            else:
                source.delete()
            raise


def _prepare(source: Source, report: Report) -> None:
    """Rules that somebody changes meanwhile hold from the beginning: the baseline is then taken again."""
    while True:
        try:
            return lifecycle.prepare(source, report)
        except RulesChanged as change:
            report(f"{change} The tables are read again.")
            source.refresh_from_db()


def disconnect(name: str, organisation: Organisation) -> None:
    """Drop slot and publication at the audited database, and delete the URL here. The history stays.

    Raises SourceError.
    """
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
    """Add the source and lock it before a running worker can see it."""
    with transaction.atomic():
        source = Source.objects.create(organisation=organisation, name=name, url=url, **lifecycle.new_names())
        locks.take(source.pk)
    return source


def _take_over(source: Source, url: str, locks: SourceLocks) -> Source:
    if not source.url or source.status == Source.Status.STREAMING:
        raise SourceError(f"A source {source.name} exists already and is in order. Choose another name.")
    _stop(source, locks)
    source.url = url
    source.save(update_fields=["url"])
    return source


def _stop(source: Source, locks: SourceLocks) -> None:
    """Stop the source and lock it. A running worker releases it within seconds; raises SourceError if it does not."""
    Source.objects.filter(pk=source.pk).update(status=Source.Status.STOPPED)
    deadline = time.monotonic() + RELEASE_SECONDS
    while not locks.take(source.pk):
        if time.monotonic() > deadline:
            raise SourceError(
                f"A capture worker still holds {source.name}. Stop the worker, then run this command again."
            )
        time.sleep(0.2)
