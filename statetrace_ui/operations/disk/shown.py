"""What the disk page shows: the newest measurement, its series, and what would free how much."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.history.models import Source, Transaction
from statetrace_ui.operations.disk import measuring
from statetrace_ui.operations.disk.forecast import Forecast, Point, forecast
from statetrace_ui.operations.disk.models import DiskMeasure, DiskPart
from statetrace_ui.web import paging
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import Page

Kind = DiskMeasure.Kind
# What lies on disks of this installation; the log that is kept lies at the audited server.
OURS = (Kind.SOURCE, Kind.REPLICA, Kind.BLOCKS, Kind.SCREENSHOTS)
TREND = timedelta(days=14)  # older measurements say little of the pace
RETENTION_DAYS = (30, 90, 365)
LEAST_LOG = 100_000_000  # bytes: less is kept for every source


@dataclass(frozen=True)
class Filesystem:
    """free: bytes that are left. by: the trend; None if too little was measured."""

    name: str
    total: int
    used: int
    by: Forecast | None
    since: datetime | None  # the trend's first measurement

    @property
    def free(self) -> int:
        return self.total - self.used

    @property
    def days(self) -> float | None:
        """Until it is full by its trend; None where that is far or not known."""
        return self.by.days if self.by else None

    @property
    def free_share(self) -> float:
        return self.free / self.total if self.total else 1.0


@dataclass(frozen=True)
class Saving:
    """Something that would free space. bytes: about how many. to: what the link is called."""

    what: str
    note: str
    bytes: int
    url: str
    to: str


def newest(organisation: Organisation | None) -> list[DiskMeasure]:
    """The figures of the last measurement, the largest first; of the machine without an organisation."""
    own = DiskMeasure.objects.filter(organisation=organisation)
    last = own.order_by("-at").values_list("at", flat=True).first()
    return list(own.filter(at=last).order_by("kind", "-used")) if last else []


def size_of_source(source: Source) -> DiskMeasure | None:
    """The newest figure of its history."""
    figures = DiskMeasure.objects.filter(organisation=source.organisation_id, kind=Kind.SOURCE, subject=source.pk)
    return figures.order_by("-at").first()


def was_measured() -> bool:
    """Whether any measurement was made, of whoever's."""
    return DiskMeasure.objects.filter(organisation=None).exists()


def series(organisation: Organisation) -> list[Point]:
    """What the organisation took on this installation's disks, measurement by measurement."""
    sums = DiskMeasure.objects.filter(organisation=organisation, kind__in=OURS).values("at").annotate(all=Sum("used"))
    return [Point(row["at"], row["all"]) for row in sums.order_by("at")]


def recent(points: Sequence[Point]) -> list[Point]:
    """Those that the trend is taken of."""
    return [point for point in points if points[-1].at - point.at <= TREND]


def filesystems() -> list[Filesystem]:
    """Those of the machine that measured last; those that this process writes to as they are now."""
    own = {str(path) for path in measuring.filesystems()}
    measured = [_filesystem(one) for one in newest(None) if one.kind == Kind.FILESYSTEM]
    return [_now(one) if one.name in own else one for one in measured]


def _now(measured: Filesystem) -> Filesystem:
    """What has been freed or filled since it was measured counts."""
    usage = shutil.disk_usage(measured.name)
    return replace(measured, total=usage.total, used=usage.total - usage.free)


def filesystem_series(name: str) -> list[Point]:
    measured = DiskMeasure.objects.filter(organisation=None, kind=Kind.FILESYSTEM, name=name).order_by("at")
    return [Point(at, used) for at, used in measured.values_list("at", "used")]


def _filesystem(last: DiskMeasure) -> Filesystem:
    points = recent(filesystem_series(last.name))
    total = last.total or 0
    return Filesystem(last.name, total, last.used, forecast(points, total - last.used), points[0].at)


def parts(organisation: Organisation, kind: str, cursor: str) -> Page[DiskPart]:
    """The largest tables, or user flows, of those that were kept."""
    found = DiskPart.objects.filter(organisation=organisation, kind=kind)
    return paging.newest_first(found, ("bytes", "id"), cursor)


def savings(organisation: Organisation, measured: Sequence[DiskMeasure]) -> list[Saving]:
    """What would free how much, the most first."""
    found = [saving for one in measured if one.used for saving in _savings_of(one)]
    largest = DiskPart.objects.filter(organisation=organisation, kind=DiskPart.Kind.FLOW).order_by("-bytes")[:3]
    found += [
        Saving(f"Delete the user flow {flow.name}", "with its copy in the replica", flow.bytes, _export(flow), "Export")
        for flow in largest
        if flow.bytes
    ]
    return sorted(found, key=lambda saving: -saving.bytes)


def _export(flow: DiskPart) -> str:
    return reverse("exports:export", args=[flow.subject])


def _savings_of(measure: DiskMeasure) -> list[Saving]:
    if measure.kind == Kind.BLOCKS:
        note = "of flame graphs and series; they are made again when somebody opens them"
        return [Saving("Drop all blocks", note, measure.used, "", "blocks")]
    if measure.kind == Kind.WAL:
        if measure.used < LEAST_LOG:
            return []
        url = reverse("capture:manage", args=[measure.subject])
        note = "at the audited server, not here; it shrinks by itself when capture has caught up"
        return [Saving(f"Resume or remove {measure.name}", note, measure.used, url, "Manage")]
    source = Source.objects.filter(pk=measure.subject or 0).defer("tables").first()
    if measure.kind != Kind.SOURCE or source is None:
        return []
    return [*_by_retention(source, measure), *_by_removal(source, measure)]


def _by_removal(source: Source, measure: DiskMeasure) -> list[Saving]:
    if source.has_database:
        return []
    url = reverse("capture:remove", args=[source.pk])
    return [Saving(f"Delete the history of {source}", "it is not connected any more", measure.used, url, "Remove")]


def _by_retention(source: Source, measure: DiskMeasure) -> list[Saving]:
    """By the order of ids, which is that of storing: no row is counted."""
    url = reverse("history:retention", args=[source.pk])
    shares = [(days, _share_before(source, timezone.now() - timedelta(days=days))) for days in RETENTION_DAYS]
    note = "at most: the last states of living rows are kept"
    return [
        Saving(f"Keep {source} for {days} days", note, round(measure.used * share), url, "Retention")
        for days, share in shares
        if share > 0
    ]


def _share_before(source: Source, moment: datetime) -> float:
    """Which share of the ids of the source's transactions lies before the moment."""
    stored: QuerySet[Transaction] = Transaction.objects.filter(source=source).order_by("committed_at", "id")
    first, last = stored.first(), stored.last()
    begins = stored.filter(committed_at__gte=moment).first()
    if not first or not last or last.pk <= first.pk:
        return 0.0
    end = begins.pk if begins else last.pk
    return min(1.0, max(0.0, (end - first.pk) / (last.pk - first.pk)))
