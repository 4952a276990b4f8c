"""The life of a source at its audited database: preparing it, checking its slot, opening its stream.

Every failure is raised; `reporting` says how people learn of it.
"""

import contextlib
import secrets

from django.db import transaction

from statetrace_ui.capture import annotation_choice, continuity
from statetrace_ui.capture.gaps import OTHER_LOG, ChangesMissed, HistoryDiverged, OtherServer
from statetrace_ui.capture.rule_book import rules_of, ruling_of, told
from statetrace_ui.capture.table_work import position, publications, to_read
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store_reading
from statetrace_ui.wal import catalog, preflight, publication
from statetrace_ui.wal.catalog import inserts_name
from statetrace_ui.wal.connection import Connection, SlotLost, SourceError, connect, readable_errors
from statetrace_ui.wal.lsn import parse_lsn
from statetrace_ui.wal.publication import Snapshot
from statetrace_ui.wal.readings import Reading
from statetrace_ui.wal.server import ServerState, server_state
from statetrace_ui.wal.shapes import Shape, published_shapes
from statetrace_ui.wal.snapshot import Report, table_rows, use_snapshot
from statetrace_ui.wal.stream import Stream


class PreflightFailed(SourceError):
    """The audited database is not ready. Each finding is a sentence that says what to do."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("The database is not ready to be captured.", " ".join(findings).removesuffix("."))
        self.findings = findings


def new_names() -> dict[str, str]:
    """Names for slot and publication. They are random, because several dashboards may audit one server."""
    name = f"statetrace_{secrets.token_hex(6)}"
    return {"slot_name": name, "publication_name": name}


def prepare(source: Source, report: Report, annotations: str = "") -> None:
    """Create publication and slot, and take the baseline. Leftovers of an attempt that was killed are removed first.

    annotations: the annotation table, `schema.table`; '' to take the one that is there.

    Raises SourceError. After a failure nothing is left at the audited database, and no rows are stored here.
    """
    state = _continued_state(source)
    publication.remove_all(source.url, source.slot_name, source.publication_name)
    source.system_identifier, source.timeline = state.system_identifier, state.timeline
    source.status, source.error, source.error_detail = Source.Status.BASELINE, "", ""
    source.save(update_fields=["system_identifier", "timeline", "status", "error", "error_detail"])
    try:
        _publish(source, report, annotations)
        _take_first_baseline(source, report)
    except BaseException:
        if not Source.objects.filter(pk=source.pk, fence=source.fence).exists():
            raise  # what is there belongs to the process that has taken the source
        with contextlib.suppress(SourceError):  # people need to see the first failure
            publication.remove_all(source.url, source.slot_name, source.publication_name)
        raise


def _continued_state(source: Source) -> ServerState:
    """The server's state, if what follows in it may be added to the source's history."""
    state = server_state(source.url)
    try:
        continuity.check_server(source, state)
    except (OtherServer, HistoryDiverged):
        raise SourceError(OTHER_LOG.format(source.name)) from None
    if source.diverged:
        raise SourceError(OTHER_LOG.format(source.name))
    return state


def _publish(source: Source, report: Report, annotations: str) -> None:
    with connect(source.url) as connection, readable_errors("The preflight failed"):
        findings = preflight.check(connection, source.slot_name, source.publication_name)
        if any(finding.fatal for finding in findings):
            raise PreflightFailed([finding.sentence for finding in findings if finding.fatal])
        for finding in findings:
            report(f"Note: {finding.sentence}")
        found = catalog.tables(connection, source.publication_name)
        annotation_choice.choose(source, found, annotations, report)
        rules = rules_of(source)
        tables = [table for table in found if not rules.excludes(table.schema_name, table.table_name)]
        publication.create(connection, source.publication_name, tables)
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
        source.publication_oid = publication.oid_of(connection, source.publication_name)
        source.save(update_fields=["status", "inserts_from", "publication_oid"])


def _first_reading(source: Source, connection: Connection, snapshot: Snapshot, report: Report) -> Reading:
    read_at = use_snapshot(connection, snapshot)
    known = {int(oid): Shape.from_json(shape) for oid, shape in source.tables.items()}
    shapes = published_shapes(connection, publications(source), ruling_of(source))
    for line in told(source, [shape.relation for shape in shapes]):
        report(line)
    wanted = [table for shape in shapes if (table := to_read(source, shape, known.get(shape.oid), first=True))]
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


def check_slot(connection: Connection, source: Source) -> int:
    """The LSN from which on the slot sends changes, at or before the stored position.

    Raises OtherServer, HistoryDiverged or ChangesMissed if it is not certain that all that follows the position comes.
    """
    state = server_state(source.url)
    continuity.check_server(source, state)
    check_publication(connection, source)
    query = "SELECT confirmed_flush_lsn::text, wal_status FROM pg_replication_slots WHERE slot_name = %s"
    with readable_errors("The replication slot cannot be looked up"):
        row = connection.execute(query, [source.slot_name]).fetchone()
    if row is None:
        raise ChangesMissed(source, f"the replication slot {source.slot_name} is gone")
    confirmed, wal_status = row
    if wal_status == "lost":
        raise ChangesMissed(source, f"the server has dropped WAL that the slot {source.slot_name} still needed")
    if parse_lsn(confirmed) > source.position:
        source.refresh_from_db(fields=["position"])  # a worker may be storing meanwhile
    if parse_lsn(confirmed) > source.position:
        # If it were asked for an older position, the server would silently begin at its own.
        raise ChangesMissed(source, f"the slot {source.slot_name} was read by another client, up to {confirmed}")
    _remember(source, timeline=state.timeline)
    return parse_lsn(confirmed)


def check_publication(connection: Connection, source: Source) -> None:
    """Raises ChangesMissed if the publication is not the one that capture created, or that of inserts is missing.

    A server from version 18 on sends nothing while it is missing, and says nothing. One that was made again under the
    same name has another oid; nobody knows what was committed in between.
    """
    oid = publication.oid_of(connection, source.publication_name)
    if oid is None:
        raise ChangesMissed(source, f"the publication {source.publication_name} was dropped", certain=False)
    if source.publication_oid not in (None, oid):
        reason = f"the publication {source.publication_name} was dropped and made again"
        raise ChangesMissed(source, reason, certain=False)
    inserts = inserts_name(source.publication_name)
    if source.inserts_from and publication.oid_of(connection, inserts) is None:
        raise ChangesMissed(source, f"the publication {inserts} was dropped", certain=False)
    _remember(source, publication_oid=oid)


def _remember(source: Source, **fields: int) -> None:
    """Save the fields that differ. Sources that are older than a field get it at the first check."""
    changed = {name: value for name, value in fields.items() if getattr(source, name) != value}
    for name, value in changed.items():
        setattr(source, name, value)
    if changed:
        Source.objects.filter(pk=source.pk, fence=source.fence).update(**changed)


def open_stream(source: Source, start: int) -> Stream:
    """A stream of what the slot sends from the LSN `start` on. Raises SourceError; ChangesMissed if it cannot."""
    try:
        names = publications(source) if start >= source.inserts_from else [source.publication_name]
        return Stream(source.url, source.slot_name, names, start)
    except SlotLost as error:
        reason = f"the slot {source.slot_name} does not go on from there"
        raise ChangesMissed(source, reason, error.detail) from error
