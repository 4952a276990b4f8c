"""The life of a source at its audited database: preparing it, checking its slot, opening its stream.

Every failure is raised; `reporting` says how people learn of it.
"""

import contextlib
import secrets
from collections.abc import Sequence
from dataclasses import replace

from django.db import DatabaseError, transaction

from statetrace_ui.capture import annotation_choice, continuity
from statetrace_ui.capture.baseline import Progress
from statetrace_ui.capture.gaps import ChangesMissed
from statetrace_ui.capture.rule_book import rules_of, ruling_of, told
from statetrace_ui.capture.table_work import position, publications, to_read
from statetrace_ui.history import gap_store
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.history.refusals import Superseded
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

    After a gap they get new names: whoever else reads the old slot, such as a dashboard that was restored from a
    backup, cannot read this one. The gap is closed in the transaction that stores what was read.

    Raises SourceError; OtherServer if only a person can tell whether history goes on at this server. After a failure
    nothing is left at the audited database, and no rows are stored here.
    """
    source.refresh_from_db(fields=["erasures_revision"])
    state = server_state(source.url)
    continuity.check_identity(source, state)
    publication.remove_all(source.url, source.slot_name, source.publication_name)
    if source.era:
        for name, value in new_names().items():
            setattr(source, name, value)
    source.status, source.error, source.error_detail = Source.Status.BASELINE, "", ""
    _save_held(source, "slot_name", "publication_name", "status", "error", "error_detail")
    try:
        with Progress(source) as progress:
            _publish(source, report, annotations, progress)
            _take_first_baseline(source, state, report, progress)
    except BaseException:
        if _is_held(source):
            remove_leftovers(source)
        raise


def _is_held(source: Source) -> bool:
    """Whether this process still holds the source: else what is at the server belongs to the one that has taken it."""
    with contextlib.suppress(DatabaseError):  # people need to see the first failure
        return Source.objects.filter(pk=source.pk, fence=source.fence).exists()
    return False


def _save_held(source: Source, *names: str) -> None:
    """Save the fields. Raises Superseded if another process has taken the source."""
    values = {name: getattr(source, name) for name in names}
    if not Source.objects.filter(pk=source.pk, fence=source.fence).update(**values):
        raise Superseded(source)


def remove_leftovers(source: Source) -> None:
    """Drop what an attempt left at the audited database, as far as that can be reached."""
    with contextlib.suppress(SourceError):  # people need to see the first failure
        publication.remove_all(source.url, source.slot_name, source.publication_name)


def _publish(source: Source, report: Report, annotations: str, progress: Progress) -> None:
    with connect(source.url) as connection, readable_errors("The preflight failed"):
        names = source.slot_name, source.publication_name
        findings = preflight.check(connection, *names, messages=source.annotation_messages)
        found = catalog.tables(connection, source.publication_name)
        # A source that has captured before leaves unsafe tables out, as it does while it streams.
        passable = preflight.check_tables(found) if source.era else []
        if blocking := [finding.sentence for finding in findings if finding.fatal and finding not in passable]:
            raise PreflightFailed(blocking)
        for finding in findings:
            report(f"Note: {finding.sentence}")
        annotation_choice.choose(source, found, annotations, report)
        rules = rules_of(source)
        wanted = [table for table in found if not rules.excludes(table.schema_name, table.table_name)]
        tables = [table for table in wanted if preflight.is_safe(table)]
        publication.create(connection, source.publication_name, tables)
        if running := publication.running_transactions(connection):
            report(f"The replication slot waits for the end of: {'; '.join(running)}")
            progress.waits_for(running)


def _take_first_baseline(source: Source, state: ServerState, report: Report, progress: Progress) -> None:
    """Create the slot before the transaction in our own database: on a shared server the slot would wait for that.

    After a gap, tables are compared with what history knows of them.
    """
    with (
        publication.new_slot(source.url, source.slot_name, failover=True) as snapshot,
        connect(source.url) as connection,
    ):
        gap_store.count_try(source)
        with transaction.atomic():
            reading = _first_reading(source, state, connection, snapshot, report)
            reading.tables = progress.watched(connection, reading.tables)
            source.tables = {}  # the reading has all tables
            store_reading(source, reading)
            progress.require_wanted()  # from here on nobody else alters the source's row
            gap_store.close(source, reading.read_at, snapshot.lsn)
            source.status = Source.Status.STREAMING
            source.inserts_from = snapshot.lsn
            source.publication_oid = publication.oid_of(connection, source.publication_name)
            source.system_identifier, source.timeline = state.system_identifier, state.timeline
            names = ["status", "inserts_from", "publication_oid", "system_identifier", "timeline"]
            source.save(update_fields=names)


def _first_reading(
    source: Source, state: ServerState, connection: Connection, snapshot: Snapshot, report: Report
) -> Reading:
    read_at = use_snapshot(connection, snapshot)
    shapes = published_shapes(connection, publications(source), ruling_of(source))
    for line in told(source, [shape.relation for shape in shapes]):
        report(line)
    known = _known_shapes(source, shapes, state)
    wanted = [table for shape in shapes if (table := to_read(source, shape, known.get(shape.oid), first=True))]
    tables = [table_rows(connection, table.shape, table.before, table.mode, report) for table in wanted]
    names = {shape.oid: shape.table for shape in shapes}
    left = [shape for oid, shape in known.items() if names.get(oid) != shape.table]
    return Reading(snapshot.lsn, read_at, tables, left)


def _known_shapes(source: Source, shapes: Sequence[Shape], state: ServerState) -> dict[int, Shape]:
    """The shapes that history knows, by the ids that their tables have at the server.

    On another server tables are recognised by their names, and columns too: its numbers mean nothing for the former.
    """
    known = [Shape.from_json(shape) for shape in source.tables.values()]
    if source.system_identifier == state.system_identifier:
        return {shape.oid: shape for shape in known}
    oids = {shape.table: shape.oid for shape in shapes}
    return {oids.get(shape.table, -number): replace(shape, numbers=(), key=0) for number, shape in enumerate(known, 1)}


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
        raise ChangesMissed(source, Gap.Reason.SLOT_GONE, f"the replication slot {source.slot_name} is gone")
    confirmed, wal_status = row
    if wal_status == "lost":
        reason = f"the server has dropped WAL that the slot {source.slot_name} still needed"
        raise ChangesMissed(source, Gap.Reason.WAL_DROPPED, reason)
    if parse_lsn(confirmed) > source.position:
        source.refresh_from_db(fields=["position"])  # a worker may be storing meanwhile
    if parse_lsn(confirmed) > source.position:
        # If it were asked for an older position, the server would silently begin at its own.
        reason = f"the slot {source.slot_name} was read by another client, up to {confirmed}"
        raise ChangesMissed(source, Gap.Reason.READ_ELSEWHERE, reason)
    _remember(source, timeline=state.timeline)
    _let_fail_over(connection, source)
    gap_store.withdraw(source)
    return parse_lsn(confirmed)


def _let_fail_over(connection: Connection, source: Source) -> None:
    """A slot that was made by an earlier version, or before the server was upgraded, is not copied to standbys."""
    if connection.info.server_version < publication.FAILOVER_VERSION:
        return
    query = "SELECT failover OR active FROM pg_replication_slots WHERE slot_name = %s"
    if connection.execute(query, [source.slot_name]).fetchone() == (False,):
        with contextlib.suppress(SourceError):  # it serves without that, too
            publication.let_fail_over(source.url, source.slot_name)


def check_publication(connection: Connection, source: Source) -> None:
    """Raises ChangesMissed if the publication is not the one that capture created, or that of inserts is missing.

    A server from version 18 on sends nothing while it is missing, and says nothing. One that was made again under the
    same name has another oid; nobody knows what was committed in between.
    """
    oid = publication.oid_of(connection, source.publication_name)
    if oid is None:
        reason = f"the publication {source.publication_name} was dropped"
        raise ChangesMissed(source, Gap.Reason.PUBLICATION, reason, certain=False)
    if source.publication_oid not in (None, oid):
        reason = f"the publication {source.publication_name} was dropped and made again"
        raise ChangesMissed(source, Gap.Reason.PUBLICATION, reason, certain=False)
    inserts = inserts_name(source.publication_name)
    if source.inserts_from and publication.oid_of(connection, inserts) is None:
        raise ChangesMissed(source, Gap.Reason.PUBLICATION, f"the publication {inserts} was dropped", certain=False)
    _remember(source, publication_oid=oid)


def _remember(source: Source, **fields: int) -> None:
    """Save the fields that differ. Sources that are older than a field get it at the first check."""
    changed = {name: value for name, value in fields.items() if getattr(source, name) != value}
    for name, value in changed.items():
        setattr(source, name, value)
    if changed:
        Source.objects.filter(pk=source.pk, era=source.era, fence=source.fence).update(**changed)


def open_stream(source: Source, start: int) -> Stream:
    """A stream of what the slot sends from the LSN `start` on. Raises SourceError; ChangesMissed if it cannot."""
    try:
        names = publications(source) if start >= source.inserts_from else [source.publication_name]
        return Stream(source.url, source.slot_name, names, start, source.annotation_messages)
    except SlotLost as error:
        reason = f"the slot {source.slot_name} does not go on from there"
        raise ChangesMissed(source, Gap.Reason.WAL_DROPPED, reason, error.detail) from error
