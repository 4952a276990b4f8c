"""Measures disk, each hour, and keeps what was measured within bounds."""

import logging
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from replica.blocks import places
from replica.databases.models import Replica
from replica.databases.server import connect
from replica.exports.models import UserFlowExport
from statetrace_ui.capture.models import Figures
from statetrace_ui.history.models import Source
from statetrace_ui.operations.disk.history_sizes import SourceSize, measure_sources
from statetrace_ui.operations.disk.models import DiskMeasure, DiskPart
from statetrace_ui.operations.measures import database_sizes
from statetrace_ui.web.locks import alone
from statetrace_ui.web.models import Organisation

logger = logging.getLogger(__name__)
Kind = DiskMeasure.Kind
MOST_PARTS = 500  # tables and flows of an organisation that are kept, the largest
EVERY, SOON = timedelta(hours=1), timedelta(minutes=5)
HOURLY, DAILY = timedelta(days=7), timedelta(days=366)
DATABASES = "SELECT datname, pg_database_size(datname) FROM pg_database WHERE datname = ANY (%s)"
# Sessions by flow: a flow's share of its replica is about its share of the sessions.
FLOWS = "SELECT trim(user_flow_id), count(*) FROM bookkeeping.session_revisions GROUP BY 1"
THIN = """
DELETE FROM operations_diskmeasure AS one
WHERE at < %(hourly)s AND EXISTS (
    SELECT FROM operations_diskmeasure AS later
    WHERE later.organisation_id IS NOT DISTINCT FROM one.organisation_id AND later.at > one.at
      AND date_trunc('day', later.at, 'UTC') = date_trunc('day', one.at, 'UTC'))
"""


def is_due(now: datetime | None = None) -> bool:
    """Whether an hour has passed, or there is a source or an organisation that no measurement has known yet."""
    at = now or timezone.now()
    last = DiskMeasure.objects.filter(organisation=None).order_by("-at").values_list("at", flat=True).first()
    if last is None or last <= at - EVERY:
        return True
    return last <= at - SOON and _something_is_new(last)


def _something_is_new(last: datetime) -> bool:
    measured = DiskMeasure.objects.filter(organisation=OuterRef("pk"))
    fills = Exists(Replica.objects.filter(organisation=OuterRef("pk")).exclude(owner_url=""))
    unknown = Organisation.objects.filter(fills, ~Exists(measured))
    return Source.objects.filter(added_at__gt=last).exists() or unknown.exists()


def measure(now: datetime | None = None) -> bool:
    """Measure all, in one transaction: what is kept is of one moment. False if somebody else does so just now."""
    at = now or timezone.now()
    with alone("disk", "measuring") as mine:
        if mine:
            figures, parts = _figures(at)
            with transaction.atomic():
                DiskMeasure.objects.bulk_create(figures)
                DiskPart.objects.all().delete()
                DiskPart.objects.bulk_create(parts)
                _thin(at)
        return mine


def _thin(now: datetime) -> None:
    DiskMeasure.objects.filter(at__lt=now - DAILY).delete()
    with connection.cursor() as cursor:
        cursor.execute(THIN, {"hourly": now - HOURLY})


def _figures(at: datetime) -> tuple[list[DiskMeasure], list[DiskPart]]:
    figures = [*_of_the_machine(at)]
    parts: list[DiskPart] = []
    sizes, replicas, flows = measure_sources(), _replica_sizes(), _flows()
    for organisation in Organisation.objects.order_by("pk"):
        figures += _of_sources(organisation, at, sizes)
        replica = Replica.objects.filter(organisation=organisation).defer("owner_url", "reader_url").first()
        figures += _of_files(organisation, at, replica)
        size = replicas.get(replica.database, 0) if replica else 0
        if size:
            figures.append(DiskMeasure(organisation=organisation, kind=Kind.REPLICA, name="replica", at=at, used=size))
        found = [*_tables(organisation, at, sizes), *_of_flows(organisation, at, flows, size)]
        parts += sorted(found, key=lambda part: -part.bytes)[:MOST_PARTS]
    return figures, parts


def _of_the_machine(at: datetime) -> Iterator[DiskMeasure]:
    for path in filesystems():
        usage = shutil.disk_usage(path)
        used = usage.total - usage.free  # what is kept for root counts as used: nobody of us can write it
        yield DiskMeasure(kind=Kind.FILESYSTEM, name=str(path), at=at, used=used, total=usage.total)
    for name, size in database_sizes().items():
        yield DiskMeasure(kind=Kind.DATABASE, name=name, at=at, used=size)


def filesystems() -> list[Path]:
    """One folder of each filesystem of this machine that the product writes to."""
    wanted = (settings.HOME, settings.BLOCKS_DIR, settings.SCREENSHOTS_DIR)
    found = {Path(path).stat().st_dev: Path(path) for path in reversed(wanted) if Path(path).exists()}
    return sorted(found.values())


def _of_sources(organisation: Organisation, at: datetime, sizes: dict[int, SourceSize]) -> Iterator[DiskMeasure]:
    kept = dict(Figures.objects.filter(source__organisation=organisation).values_list("source_id", "retained_wal"))
    for source in Source.objects.filter(organisation=organisation).defer("url", "tables"):
        size = sizes.get(source.pk, SourceSize()).whole
        named = {"organisation": organisation, "name": source.name, "subject": source.pk, "at": at}
        yield DiskMeasure(kind=Kind.SOURCE, used=round(size.bytes), rows=round(size.rows), **named)
        if (log := kept.get(source.pk)) is not None:
            yield DiskMeasure(kind=Kind.WAL, used=log, **named)


def _of_files(organisation: Organisation, at: datetime, replica: Replica | None) -> Iterator[DiskMeasure]:
    if replica and (size := places.size(replica.pk)):
        yield DiskMeasure(organisation=organisation, kind=Kind.BLOCKS, name="blocks", at=at, used=size)
    if size := _size_of(Path(settings.SCREENSHOTS_DIR, str(organisation.pk))):
        yield DiskMeasure(organisation=organisation, kind=Kind.SCREENSHOTS, name="screenshots", at=at, used=size)


def _size_of(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*") if folder.exists() else ():
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # it was removed meanwhile
            continue
    return total


def _replica_sizes() -> dict[str, int]:
    """By database, of those that this dashboard fills; those of others lie on others' disks."""
    names = list(Replica.objects.exclude(owner_url="").values_list("database", flat=True))
    try:
        with connect(settings.REPLICA_SERVER_URL) as server:
            return dict(server.execute(DATABASES, [names]).fetchall())
    except psycopg.Error as error:
        logger.warning("The sizes of replicas are not known: %s", type(error).__name__)
        return {}


def _flows() -> dict[str, int]:
    try:
        with connect(settings.STORE_URL) as store:
            return dict(store.execute(FLOWS).fetchall())
    except psycopg.Error as error:
        logger.warning("The sizes of user flows are not known: %s", type(error).__name__)
        return {}


def _tables(organisation: Organisation, at: datetime, sizes: dict[int, SourceSize]) -> Iterator[DiskPart]:
    for pk, source in Source.objects.filter(organisation=organisation).values_list("pk", "name"):
        for name, amount in sizes.get(pk, SourceSize()).tables.items():
            yield DiskPart(
                organisation=organisation,
                kind=DiskPart.Kind.TABLE,
                name=f"{source}: {name}",
                subject=pk,
                at=at,
                bytes=round(amount.bytes),
                rows=round(amount.rows),
            )


def _of_flows(organisation: Organisation, at: datetime, sessions: dict[str, int], size: int) -> Iterator[DiskPart]:
    exports = list(UserFlowExport.objects.filter(organisation=organisation))
    total = sum(sessions.get(export.user_flow_id, 0) for export in exports)
    for export in exports:
        if count := sessions.get(export.user_flow_id, 0):
            yield DiskPart(
                organisation=organisation,
                kind=DiskPart.Kind.FLOW,
                name=export.name,
                subject=export.pk,
                at=at,
                bytes=size * count // total,
                rows=count,
            )
