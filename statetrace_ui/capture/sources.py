"""Connects and disconnects audited databases. A worker may be running meanwhile and may own the source."""

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress

from django.db import transaction

from statetrace_ui.capture import annotation_choice, lifecycle
from statetrace_ui.capture.gaps import GapFound, HistoryDiverged
from statetrace_ui.capture.locks import SourceLocks
from statetrace_ui.capture.processes import end_former
from statetrace_ui.capture.reporting import record_failure
from statetrace_ui.capture.rule_book import RuleChange, change_rules
from statetrace_ui.capture.source_url import check_url
from statetrace_ui.capture.twins import require_no_twin
from statetrace_ui.history.gap_store import Loss, begin_era, declare, open_gap
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.history.refusals import RulesChanged
from statetrace_ui.wal import preflight, publication
from statetrace_ui.wal.catalog import tables
from statetrace_ui.wal.connection import SourceError, connect, readable_errors
from statetrace_ui.wal.server import server_state
from statetrace_ui.wal.snapshot import Report
from statetrace_ui.web.models import Organisation

RELEASE_SECONDS = 10
MOVED = (
    "If the database has moved there, say so (by --moved, or by the tick on the page): its tables are then compared"
    " with history. Else use another name."
)


def connect_source(
    name: str,
    url: str,
    organisation: Organisation,
    report: Report,
    annotations: str = "",
    rules: Sequence[RuleChange] = (),
    *,
    moved: bool = False,
    messages: bool = False,
) -> None:
    """Add the source and take its baseline.

    A source whose slot still sends everything under this URL only gets the URL: nothing is missed. One that was
    disconnected, or whose slot was lost, gets a new slot, and after a gap its history goes on with all tables compared.

    annotations: the annotation table, `schema.table`; '' to take the one that is there.
    rules: they hold before anything is read.
    moved: whether history goes on at the URL though it leads to another server, or to another state of its own.
    messages: count those of `pg_logical_emit_message` as annotations, too; False leaves an earlier choice as it is.
    Raises SourceError; UserError for a rule that cannot be, or a database that is another source. After a failure a
    new source is deleted again, and an existing one shows the error.
    """
    existing = Source.objects.filter(organisation=organisation, name=name).first()
    with _locks() as locks:
        check_url(url, locks)
        require_no_twin(organisation, url, but=existing)
        loss = _loss_at(existing, url, moved) if existing else None
        if existing and existing.position and loss is None:
            _go_on(existing, url, locks, report, annotations, rules, messages)
            return
        source = _take_over(existing, url, locks, loss) if existing else _create(name, url, organisation, locks)
        if gap := open_gap(source):
            report(
                f"The history of {name} goes on with all tables compared; changes since {gap.known_until}"
                f" {gap.missing}: {gap.sentence}."
            )
        try:
            change_rules(source, rules)
            if messages:
                annotation_choice.take_messages(source, True)
            _prepare(source, report, annotations)
        except BaseException as error:
            if existing:
                record_failure(Source.objects.filter(pk=source.pk), error)
            else:
                source.delete()
            raise


def _go_on(
    source: Source,
    url: str,
    locks: SourceLocks,
    report: Report,
    annotations: str,
    rules: Sequence[RuleChange],
    messages: bool,
) -> None:
    """Give a source, whose slot has all changes since, the URL and what else was chosen."""
    change_rules(source, rules)
    if messages:
        choose_messages(source.name, True, source.organisation, report)
    _move(source, url, locks)
    if annotations:
        choose_annotations(source.name, annotations, source.organisation, report)
    report(f"{source.name} goes on where it was: its slot has all changes since.")


def _prepare(source: Source, report: Report, annotations: str) -> None:
    """Rules that somebody changes meanwhile hold from the beginning: the baseline is then taken again."""
    while True:
        try:
            return lifecycle.prepare(source, report, annotations)
        except RulesChanged as change:
            report(f"{change} The tables are read again.")
            source.refresh_from_db()


def readdress(source: Source, url: str, *, moved: bool = False) -> None:
    """Give the source another URL; a worker goes on there.

    While the slot there sends all that follows, nothing is missed. moved: whether history goes on there also without
    that, as that of a disconnected source does: with a gap, and all tables compared. Raises SourceError; UserError if
    the database there is another source already.
    """
    with _locks() as locks:
        check_url(url, locks)
        require_no_twin(source.organisation, url, but=source)
        loss = _loss_at(source, url, moved)
        if source.position and loss is None:
            _move(source, url, locks)
            return
        if source.url and loss and not moved:  # another database of the same server, perhaps
            what = f"The history of {source.name} does not go on at this address without a gap: {loss.sentence}."
            raise SourceError(f"{what} Nothing was changed. {MOVED}")
        taken = _take_over(source, url, locks, loss)
        Source.objects.filter(pk=taken.pk).update(status=Source.Status.NEW, error="", error_detail="")


@contextmanager
def held(source: Source) -> Iterator[None]:
    """Keep the source from all capture processes. Raises SourceError if one does not let go of it."""
    with _locks() as locks:
        _stop(source, locks)
        yield


def disconnect(name: str, organisation: Organisation, *, gone: bool = False) -> None:
    """Drop slot and publication at the audited database, and delete the URL here. The history stays.

    gone: whether its server is gone for good, and what was left there does not matter. Raises SourceError.
    """
    source = _connected(name, organisation)
    with _locks() as locks:
        _stop(source, locks)
        with suppress(SourceError) if gone else nullcontext():
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


def choose_messages(name: str, taken: bool, organisation: Organisation, report: Report) -> None:
    """Say whether the source's messages count. A running worker follows within seconds. Raises SourceError."""
    source = _connected(name, organisation)
    annotation_choice.take_messages(source, taken)
    if not taken:
        return
    with suppress(SourceError), connect(source.url) as connection, readable_errors("Rights cannot be looked up"):
        for finding in preflight.check_messages(connection):
            report(f"Note: {finding.sentence}")


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


def _loss_at(source: Source, url: str, moved: bool) -> Loss | None:
    """What is missing if history goes on at the URL; None if the slot there still sends all that follows the position.

    Raises SourceError if that cannot be found out, or if it would be wrong to go on there.
    """
    _check_identity(source, url, moved)
    if not source.position:
        return None  # the gap is declared, or nothing was captured so far
    if not source.url:
        return Loss(Gap.Reason.DISCONNECTED, "the source was disconnected")
    try:
        _check_slot(source, url)
    except GapFound as found:
        if url != source.url and not moved:
            _require_loss(source, found)
        return found.loss
    if url == source.url and source.status == Source.Status.STREAMING:
        raise SourceError(f"A source {source.name} exists already and is in order. Choose another name.")
    return None


def _check_identity(source: Source, url: str, moved: bool) -> None:
    """Raises SourceError if the URL leads to another server, unless somebody says that the database has moved there."""
    if moved or source.system_identifier in ("", server_state(url).system_identifier):
        return
    gap = open_gap(source)
    if gap is None or gap.reason != Gap.Reason.OTHER_SERVER:
        raise SourceError(
            f"The URL leads to another server than the one that the history of {source.name} was taken from. {MOVED}"
        )


def _require_loss(source: Source, found: GapFound) -> None:
    """Raises SourceError unless it is plain that the source cannot go on where it is."""
    what = f"The history of {source.name} does not go on at this URL without a gap: {found.loss.sentence}."
    if _is_in_order(source):
        raise SourceError(f"{what} At its present URL all is in order, so nothing was changed. {MOVED}")
    if isinstance(found, HistoryDiverged):  # a copy of the server, perhaps an old one, has the same identity
        raise SourceError(f"{what} {MOVED}")


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


def _take_over(source: Source, url: str, locks: SourceLocks, loss: Loss | None) -> Source:
    """Stop the source, give it the URL, and begin the era after its gap: somebody has said that it goes on there."""
    _stop(source, locks)
    Source.objects.filter(pk=source.pk).update(url=url)
    source.refresh_from_db()  # its worker may have found the gap meanwhile
    if loss and source.position:
        declare(source, loss._replace(waits=False))
    if gap := open_gap(source):
        begin_era(source, gap, other_server=server_state(url).system_identifier != source.system_identifier)
    source.refresh_from_db()
    return source


def _wake_holder(source: Source) -> None:
    """End what the source's process waits for at the server, such as a slot that waits for a long transaction."""
    held_by = Source.objects.values_list("held_by", flat=True).get(pk=source.pk)
    with suppress(SourceError):
        end_former(source, held_by)


def _stop(source: Source, locks: SourceLocks) -> None:
    """Stop the source and lock it. A running worker releases it within seconds; raises SourceError if it does not."""
    Source.objects.filter(pk=source.pk).update(status=Source.Status.STOPPED)
    deadline = time.monotonic() + RELEASE_SECONDS
    patience = time.monotonic() + RELEASE_SECONDS / 2
    while not locks.take(source.pk):
        if time.monotonic() > patience:
            patience = deadline
            _wake_holder(source)
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
