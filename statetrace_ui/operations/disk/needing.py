"""What of disk needs somebody's attention."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from statetrace_ui.capture import retained
from statetrace_ui.capture.models import Figures
from statetrace_ui.operations.disk.shown import Filesystem, filesystems
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.quantities import size

SOON_DAYS = 7.0
LEAST_FREE = 0.10
URGENT_FREE = 0.03


@dataclass(frozen=True)
class Need:
    """key: names it, whatever becomes of it. advice: what a manager does; ask: what others do. source: its id."""

    key: str
    what: str
    advice: str
    ask: str
    url: str
    urgent: bool
    since: datetime | None = None
    source: int | None = None


def needing_attention(organisation: Organisation) -> list[Need]:
    """Disks of this installation that run out, and log that servers keep for the organisation's sources."""
    full = [_of_filesystem(one) for one in filesystems() if _runs_out(one)]
    return [*full, *_of_sources(organisation)]


def _runs_out(one: Filesystem) -> bool:
    soon = one.by is not None and one.by.days is not None and one.by.days < SOON_DAYS
    return soon or one.free_share < LEAST_FREE


def _of_filesystem(one: Filesystem) -> Need:
    trend = f"; by its trend it is {one.by.words}" if one.by and one.by.days is not None else ""
    return Need(
        key=f"disk {one.name}",
        what=f"The disk has {size(one.free)} of {size(one.total)} free{trend}.",
        advice="The page says what would free how much.",
        ask="Ask whoever runs this site for space.",
        url=reverse("disk"),
        urgent=one.free_share < URGENT_FREE or bool(one.by and one.by.days is not None and one.by.days < 1),
    )


def _of_sources(organisation: Organisation) -> list[Need]:
    limit = retained.warn_bytes()
    behind = Figures.objects.filter(source__organisation=organisation, retained_wal__gt=limit).exclude(source__url="")
    return [
        Need(
            key=f"retained {one.source_id}",
            what=f"The server of {one.source} keeps {size(one.retained_wal)} of log for capture.",
            advice="Resume the source, see why it is behind, or remove it: the server's disk fills.",
            ask="Ask a manager to resume or remove the source.",
            url=reverse("capture:manage", args=[one.source_id]),
            urgent=(one.retained_wal or 0) > 4 * limit,
            source=one.source_id,
        )
        for one in behind.select_related("source").defer("source__url", "source__tables").order_by("-retained_wal")
    ]
