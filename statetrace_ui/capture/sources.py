"""Connects and disconnects audited databases. A worker may be running meanwhile and may own the source."""

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from django.db import transaction

from statetrace_ui.capture import annotation_choice, lifecycle
from statetrace_ui.capture.gaps import ChangesMissed, known_until
from statetrace_ui.capture.locks import SourceLocks
from statetrace_ui.capture.processes import end_former
from statetrace_ui.capture.reporting import record_failure
from statetrace_ui.capture.rule_book import RuleChange, change_rules
from statetrace_ui.capture.source_url import check_url
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import RulesChanged
from statetrace_ui.wal import publication
from statetrace_ui.wal.catalog import tables
from statetrace_ui.wal.connection import SourceError, connect, readable_errors
from statetrace_ui.wal.snapshot import Report
from statetrace_ui.web.models import Organisation

RELEASE_SECONDS = 10


def connect_source(
    name: str,
    url: str,
    organisation: Organisation,
    report: Report,
    annotations: str = "",
    rules: Sequence[RuleChange] = (),
) -> None:
    """Add the source and take its baseline.

    A source whose slot still sends everything under this URL only gets the URL: nothing is missed. One that was
    disconnected, or whose slot was lost, gets a new slot and a new baseline, and its history goes on.

    annotations: the annotation table, `schema.table`; '' to take the one that is there.
    rules: they hold before anything is read.
    Raises SourceError; UserError for a rule that cannot be. After a failure a new source is deleted again, and an
    existing one shows the error.
    """
    existing = Source.objects.filter(organisation=organisation, name=name).first()
    with _locks() as locks:
        check_url(url, locks)
        if existing and existing.url and existing.position and _keeps_its_slot(existing, url):
            change_rules(existing, rules)
            _move(existing, url, locks)
            if annotations:
                choose_annotations(name, annotations, organisation, report)
            report(f"{name} goes on where it was: its slot has all changes since.")
            return
        source = _take_over(existing, url, locks) if existing else _create(name, url, organisation, locks)
        if source.position:
            gap = known_until(source)
            report(f"The history of {name} goes on with a new baseline; changes since {gap} are missing.")
        try:
            change_rules(source, rules)
            _prepare(source, report, annotations)
        except BaseException as error:
            if existing:
                record_failure(Source.objects.filter(pk=source.pk), error)
            else:
                source.delete()
            raise


def _prepare(source: Source, report: Report, annotations: str) -> None:
    """Rules that somebody changes meanwhile hold from the beginning: the baseline is then taken again."""
    while True:
        try:
            return lifecycle.prepare(source, report, annotations)
        except RulesChanged as change:
            report(f"{change} The tables are read again.")
            source.refresh_from_db()


def disconnect(name: str, organisation: Organisation) -> None:
    """Drop slot and publication at the audited database, and delete the URL here. The history stays.

    Raises SourceError.
    """
    source = _connected(name, organisation)
    with _locks() as locks:
        _stop(source, locks)
        publication.remove_all(source.url, source.slot_name, source.publication_name)
        source.url, source.error, source.error_detail, source.lag_bytes = "", "", "", None
        source.save(update_fields=["url", "error", "error_detail", "lag_bytes"])


def choose_annotations(name: str, table: str, organisation: Organisation, report: Report) -> None:
    """Read the source's annotations from this table (`schema.table`) alone. A running worker follows at its next flush.

    Raises SourceError.
    """
    source = _connected(name, organisation)
    with connect(source.url) as connection, readable_errors("The tables cannot be listed"):
        annotation_choice.choose(source, tables(connection, source.publication_name), table, report)


def _connected(name: str, organisation: Organisation) -> Source:
    source = Source.objects.filter(organisation=organisation, name=name).first()
    if source is None or not source.has_database:
        raise SourceError(f"{organisation} has no connected source {name}.")
    return source


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


def _keeps_its_slot(source: Source, url: str) -> bool:
    """Whether the slot still sends, under this URL, all that follows the stored position.

    Raises SourceError if that cannot be found out, or if the URL leads to another server than history was taken from.
    """
    try:
        _check_slot(source, url)
    except ChangesMissed:
        if url != source.url and _is_in_order(source):
            raise
        return False
    if url == source.url and source.status == Source.Status.STREAMING:
        raise SourceError(f"A source {source.name} exists already and is in order. Choose another name.")
    return True


def _is_in_order(source: Source) -> bool:
    try:
        _check_slot(source, source.url)
    except SourceError:
        return False
    return True


def _check_slot(source: Source, url: str) -> None:
    under_url = copy.copy(source)
    under_url.url = url
    with connect(url) as connection:
        lifecycle.check_slot(connection, under_url)


def _move(source: Source, url: str, locks: SourceLocks) -> None:
    """Give the source its new URL; a running worker takes it up."""
    _stop(source, locks)
    source.url, source.status, source.error, source.error_detail = url, Source.Status.STREAMING, "", ""
    source.save(update_fields=["url", "status", "error", "error_detail"])


def _take_over(source: Source, url: str, locks: SourceLocks) -> Source:
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
            Source.objects.filter(pk=source.pk).update(status=source.status)
            raise SourceError(
                f"A capture worker still holds {source.name}. Stop the worker, then run this command again."
            )
        time.sleep(0.2)
    if fenced := locks.fence(source.pk):
        source.fence, former = fenced
        with suppress(SourceError):  # the URL may be the one that is to be replaced
            end_former(source, former)
