"""The life of a source at its audited database: preparing it, checking its slot, opening its stream.

Every failure is raised; `reporting` says how people learn of it.
"""

import contextlib
import secrets

from django.db import transaction

from statetrace_ui.capture.rule_book import rules_of, ruling_of, told
from statetrace_ui.capture.table_watch import shapes_of
from statetrace_ui.history import queries
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store_baseline
from statetrace_ui.installation import command
from statetrace_ui.wal import catalog, preflight, publication
from statetrace_ui.wal.connection import Connection, SlotLost, SourceError, connect, readable_errors
from statetrace_ui.wal.lsn import format_lsn, parse_lsn
from statetrace_ui.wal.snapshot import Report, baseline
from statetrace_ui.wal.stream import Stream

# Positions order a source's history. Positions of another server, or of one that was restored to an earlier state,
# cannot be compared with them.
OTHER_LOG = "The history of {} comes from another server or from another state of this one. Add it under another name."
OTHER_SERVER = f"Run `{command('add_source {} URL')}` with the right address, or add this server under another name."


class PreflightFailed(SourceError):
    """The audited database is not ready. Each finding is a sentence that says what to do."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__(" ".join(findings))
        self.findings = findings


def new_names() -> dict[str, str]:
    """Names for slot and publication. They are random, because several dashboards may audit one server."""
    name = f"statetrace_{secrets.token_hex(6)}"
    return {"slot_name": name, "publication_name": name}


def prepare(source: Source, report: Report) -> None:
    """Create publication and slot, and take the baseline. Leftovers of an attempt that was killed are removed first.

    Raises SourceError. After a failure nothing is left at the audited database, and no rows are stored here.
    """
    publication.remove_all(source.url, source.slot_name, source.publication_name)
    identifier = publication.system_identifier(source.url)
    if source.system_identifier not in ("", identifier):
        raise SourceError(OTHER_LOG.format(source.name))
    source.system_identifier = identifier
    source.status, source.error = Source.Status.BASELINE, ""
    source.save(update_fields=["system_identifier", "status", "error"])
    try:
        _publish(source, report)
        _take_first_baseline(source, report)
    except BaseException:
        with contextlib.suppress(SourceError):  # people need to see the first failure
            publication.remove_all(source.url, source.slot_name, source.publication_name)
        raise


def _publish(source: Source, report: Report) -> None:
    with connect(source.url) as connection, readable_errors("The preflight failed"):
        findings = preflight.check(connection, source.slot_name, source.publication_name)
        if any(finding.fatal for finding in findings):
            raise PreflightFailed([finding.sentence for finding in findings if finding.fatal])
        for finding in findings:
            report(f"Note: {finding.sentence}")
        rules = rules_of(source)
        tables = [
            table
            for table in catalog.tables(connection, source.publication_name)
            if not rules.excludes(table.schema_name, table.table_name)
        ]
        publication.create(connection, source.publication_name, tables)
        if running := publication.running_transactions(connection):
            report(f"The replication slot waits for the end of: {'; '.join(running)}")


def _take_first_baseline(source: Source, report: Report) -> None:
    """Create the slot before the transaction in our own database: on a shared server the slot would wait for that."""
    with (
        publication.new_slot(source.url, source.slot_name) as snapshot,
        connect(source.url) as connection,
        transaction.atomic(),
    ):
        if snapshot.lsn <= source.position:
            raise SourceError(OTHER_LOG.format(source.name))
        for line in told(source, catalog.published_shapes(connection, source.publication_name)):
            report(line)
        rows = baseline(connection, snapshot, source.publication_name, report, ruling_of(source))
        store_baseline(source, rows, first=True)
        source.status = Source.Status.STREAMING
        source.tables = shapes_of(catalog.published_shapes(connection, source.publication_name))
        source.save(update_fields=["status", "tables"])


def check_slot(connection: Connection, source: Source) -> None:
    """Raises SlotLost if the server no longer has the changes that follow the stored position."""
    identifier = publication.system_identifier(source.url)
    if identifier != source.system_identifier:
        raise _slot_lost(source, "the address now leads to another server", OTHER_SERVER.format(source.name))
    query = "SELECT confirmed_flush_lsn::text, wal_status FROM pg_replication_slots WHERE slot_name = %s"
    row = connection.execute(query, [source.slot_name]).fetchone()
    if row is None:
        raise _slot_lost(source, f"the replication slot {source.slot_name} is gone")
    confirmed, wal_status = row
    if wal_status == "lost":
        raise _slot_lost(source, f"the server has dropped WAL that the slot {source.slot_name} still needed")
    if parse_lsn(confirmed) > source.position:
        # If it were asked for an older position, the server would silently begin at its own.
        raise _slot_lost(source, f"the slot {source.slot_name} was read by another client, up to {confirmed}")


def _slot_lost(source: Source, reason: str, advice: str = "") -> SlotLost:
    """The error that declares a gap: since when changes are missing, why, and what to do."""
    add_again = command(f"add_source {source.name} URL")
    advice = advice or f"Run `{add_again}` to take a new baseline and go on from there."
    last = queries.last_transaction(source)
    since = last.committed_at if last else source.added_at
    return SlotLost(
        f"Changes since {since:%Y-%m-%d %H:%M:%S} UTC (position {format_lsn(source.position)}) were not"
        f" captured: {reason}. {advice}"
    )


def open_stream(source: Source) -> Stream:
    """Raises SourceError; SlotLost if the slot cannot send what comes after the stored position."""
    try:
        return Stream(source.url, source.slot_name, source.publication_name, source.position)
    except SlotLost as error:
        raise _slot_lost(source, str(error)) from error
