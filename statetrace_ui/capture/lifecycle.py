"""A source at its audited database: preparing it, and checking that its slot still holds what comes next."""

import contextlib
import secrets
from collections.abc import Callable

from django.db import transaction

from statetrace_ui.capture.table_watch import shapes_of
from statetrace_ui.history.models import Source, Transaction
from statetrace_ui.history.store import store_baseline
from statetrace_ui.installation import command
from statetrace_ui.wal import catalog, preflight, publication
from statetrace_ui.wal.connection import CaptureError, Connection, SlotLost, connect, readable_errors
from statetrace_ui.wal.protocol import lsn_number, lsn_text
from statetrace_ui.wal.snapshot import baseline
from statetrace_ui.wal.stream import Stream

# Positions order a source's history; those of another server, or of one that was set back, say nothing beside them.
OTHER_LOG = "The history of {} is of another server, or of an earlier state of this one. Add it under another name."
OTHER_SERVER = f"Run `{command('add_source {} URL')}` with the right address, or add this server under another name."
Report = Callable[[str], None]


class PreflightFailed(CaptureError):
    """The audited database is not ready; each finding says what to do."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__(" ".join(findings))
        self.findings = findings


def new_names() -> dict[str, str]:
    """Names for slot and publication; random, since several dashboards may audit one server."""
    name = f"statetrace_{secrets.token_hex(6)}"
    return {"slot_name": name, "publication_name": name}


def prepare(source: Source, report: Report) -> None:
    """Publication, slot and baseline, from scratch. What an attempt that was killed left behind is removed first.

    Raises CaptureError; then nothing is left at the audited database, and no rows here.
    """
    publication.remove_all(source.url, source.slot_name, source.publication_name)
    identifier = publication.system_identifier(source.url)
    if source.system_identifier not in ("", identifier):
        raise CaptureError(OTHER_LOG.format(source.name))
    source.system_identifier = identifier
    source.status, source.error = Source.Status.BASELINE, ""
    source.save(update_fields=["system_identifier", "status", "error"])
    try:
        _publish(source, report)
        _take_first_baseline(source, report)
    except BaseException:
        with contextlib.suppress(CaptureError):  # what failed first is what people need to know
            publication.remove_all(source.url, source.slot_name, source.publication_name)
        raise


def _publish(source: Source, report: Report) -> None:
    with connect(source.url) as connection, readable_errors("The preflight broke off"):
        findings = preflight.check(connection, source.slot_name, source.publication_name)
        if any(finding.fatal for finding in findings):
            raise PreflightFailed([finding.sentence for finding in findings if finding.fatal])
        for finding in findings:
            report(f"Note: {finding.sentence}")
        publication.create(connection, source.publication_name, catalog.tables(connection, source.publication_name))
        if running := publication.running_transactions(connection):
            report(f"The replication slot waits for the end of: {'; '.join(running)}")


def _take_first_baseline(source: Source, report: Report) -> None:
    """Outside any transaction of ours until the slot is there: it would wait for that one too, on the same server."""
    with (
        publication.new_slot(source.url, source.slot_name) as snapshot,
        connect(source.url) as connection,
        transaction.atomic(),
    ):
        if snapshot.lsn <= source.position:
            raise CaptureError(OTHER_LOG.format(source.name))
        store_baseline(source, baseline(connection, snapshot, source.publication_name, report), first=True)
        source.status = Source.Status.STREAMING
        source.tables = shapes_of(catalog.published_shapes(connection, source.publication_name))
        source.save(update_fields=["status", "tables"])


def check_slot(connection: Connection, source: Source) -> None:
    """Raises SlotLost when what comes after the stored position cannot be had any more, with what that means."""
    identifier = publication.system_identifier(source.url)
    if identifier != source.system_identifier:
        raise lost(source, "the address now leads to another server", OTHER_SERVER.format(source.name))
    query = "SELECT confirmed_flush_lsn::text, wal_status FROM pg_replication_slots WHERE slot_name = %s"
    row = connection.execute(query, [source.slot_name]).fetchone()
    if row is None:
        raise lost(source, f"the replication slot {source.slot_name} is gone")
    confirmed, wal_status = row
    if wal_status == "lost":
        raise lost(source, f"the server has dropped WAL that the slot {source.slot_name} still needed")
    if lsn_number(confirmed) > source.position:
        # The server would silently go on from there, were it asked for what is older.
        raise lost(source, f"the slot {source.slot_name} was read by somebody else, up to {confirmed}")


def lost(source: Source, reason: str, advice: str = "") -> SlotLost:
    """The declaration of a gap: since when, why, and what to do."""
    add_again = command(f"add_source {source.name} URL")
    advice = advice or f"Run `{add_again}` to take a new baseline and go on from there."
    last = Transaction.objects.filter(source=source).order_by("-commit_lsn").first()
    since = last.committed_at if last else source.added_at
    return SlotLost(
        f"Changes since {since:%Y-%m-%d %H:%M:%S} UTC (position {lsn_text(source.position)}) were not"
        f" captured: {reason}. {advice}"
    )


def open_stream(source: Source) -> Stream:
    """Raises CaptureError; SlotLost when the slot cannot send what comes after the stored position."""
    try:
        return Stream(source.url, source.slot_name, source.publication_name, source.position)
    except SlotLost as error:
        raise lost(source, str(error)) from error
