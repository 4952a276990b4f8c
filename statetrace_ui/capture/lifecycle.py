"""The life of a source at its audited database: preparing it, checking its slot, opening its stream.

Every failure is raised; `reporting` says how people learn of it.
"""

import contextlib
import secrets

from django.db import transaction

from statetrace_ui.capture.table_work import position, publications, to_read
from statetrace_ui.history import queries
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store_reading
from statetrace_ui.installation import command
from statetrace_ui.wal import catalog, preflight, publication
from statetrace_ui.wal.catalog import inserts_name
from statetrace_ui.wal.connection import Connection, SlotLost, SourceError, connect, readable_errors
from statetrace_ui.wal.lsn import format_lsn, parse_lsn
from statetrace_ui.wal.publication import Snapshot
from statetrace_ui.wal.readings import Reading
from statetrace_ui.wal.shapes import Shape, published_shapes
from statetrace_ui.wal.snapshot import Report, table_rows, use_snapshot
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
        publication.create(connection, source.publication_name, catalog.tables(connection, source.publication_name))
        if running := publication.running_transactions(connection):
            report(f"The replication slot waits for the end of: {'; '.join(running)}")


def _take_first_baseline(source: Source, report: Report) -> None:
    """Create the slot before the transaction in our own database: on a shared server the slot would wait for that.

    After a gap, tables are compared with what history knows of them.
    """
    with (
        publication.new_slot(source.url, source.slot_name) as snapshot,
        connect(source.url) as connection,
        transaction.atomic(),
    ):
        if snapshot.lsn <= source.position:
            raise SourceError(OTHER_LOG.format(source.name))
        store_reading(source, _first_reading(source, connection, snapshot, report))
        source.status = Source.Status.STREAMING
        source.inserts_from = snapshot.lsn
        source.save(update_fields=["status", "inserts_from"])


def _first_reading(source: Source, connection: Connection, snapshot: Snapshot, report: Report) -> Reading:
    read_at = use_snapshot(connection, snapshot)
    known = {int(oid): Shape.from_json(shape) for oid, shape in source.tables.items()}
    shapes = published_shapes(connection, publications(source))
    wanted = [table for shape in shapes if (table := to_read(shape, known.get(shape.oid), first=True))]
    tables = [table_rows(connection, table.shape, table.before, table.mode, report) for table in wanted]
    names = {shape.oid: shape.table for shape in shapes}
    left = [shape for oid, shape in known.items() if names.get(oid) != shape.table]
    return Reading(snapshot.lsn, read_at, tables, left)


def add_second_publication(connection: Connection, source: Source) -> None:
    """Create the publication of inserts for a source that was added before there was one."""
    if source.inserts_from:
        return
    name = inserts_name(source.publication_name)
    if not connection.execute("SELECT 1 FROM pg_catalog.pg_publication WHERE pubname = %s", [name]).fetchone():
        publication.create_inserts(connection, source.publication_name)
    source.inserts_from = position(connection)
    source.save(update_fields=["inserts_from"])


def must_reopen(source: Source, opened_at: int) -> bool:
    """Whether the stream, opened at a position, may name the second publication by now.

    At older positions the server would not find it: it reads its catalogue as of the position.
    """
    return opened_at < source.inserts_from <= source.position


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
        names = publications(source) if source.position >= source.inserts_from else [source.publication_name]
        return Stream(source.url, source.slot_name, names, source.position)
    except SlotLost as error:
        raise _slot_lost(source, str(error)) from error
