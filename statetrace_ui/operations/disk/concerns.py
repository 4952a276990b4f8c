"""What of disk needs attention, by what was measured and by what own filesystems say now; no other server is asked."""

from collections.abc import Iterator
from hashlib import sha256

from django.urls import reverse

from statetrace_ui.capture import retained
from statetrace_ui.capture.models import Figures
from statetrace_ui.operations.disk.shown import Filesystem, filesystems
from statetrace_ui.web.concerns import MOST_EACH, Concern, Kind, Severity
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.quantities import size

SOON_DAYS, URGENT_DAYS = 7.0, 1.0
LEAST_FREE, URGENT_FREE = 0.10, 0.03
MUCH = 4  # times the limit


def concerns(organisation: Organisation) -> Iterator[Concern]:
    """Disks of this installation that run out, and log that servers keep for the organisation's sources."""
    yield from (_of_filesystem(one) for one in filesystems() if _runs_out(one, SOON_DAYS, LEAST_FREE))
    yield from _of_sources(organisation)


def _runs_out(one: Filesystem, days: float, free: float) -> bool:
    return one.free_share < free or (one.days is not None and one.days < days)


def _of_filesystem(one: Filesystem) -> Concern:
    """Without its path, which is the operator's own affair."""
    trend = f"; by its trend it is {one.by.words}" if one.by and one.days is not None else ""
    return Concern(
        key=f"disk {sha256(one.name.encode()).hexdigest()[:16]}",
        kind=Kind.DISK,
        severity=Severity.URGENT if _runs_out(one, URGENT_DAYS, URGENT_FREE) else Severity.WARNING,
        what=f"The disk has {size(one.free)} of {size(one.total)} free{trend}.",
        advice="The page says what would free how much.",
        ask="Ask whoever runs this site for space.",
        url=reverse("disk"),
        since=None,
        for_managers=True,
    )


def _of_sources(organisation: Organisation) -> Iterator[Concern]:
    limit = retained.warn_bytes()
    behind = Figures.objects.filter(source__organisation=organisation, retained_wal__gt=limit).exclude(source__url="")
    rows = behind.select_related("source").only("retained_wal", "source__name").order_by("-retained_wal")
    return (_of_source(one, limit) for one in rows[:MOST_EACH])


def _of_source(one: Figures, limit: int) -> Concern:
    kept = one.retained_wal or 0
    return Concern(
        key=f"retained {one.source_id}",
        kind=Kind.DISK,
        severity=Severity.URGENT if kept > MUCH * limit else Severity.WARNING,
        what=f"The server of {one.source} keeps {size(kept)} of log for capture.",
        advice="Resume the source, see why it is behind, or remove it: the server's disk fills.",
        ask="Ask a manager to resume or remove the source: its server's disk fills.",
        url=reverse("history:source", args=[one.source_id]),
        since=None,
        about=f"source {one.source_id}",
    )
