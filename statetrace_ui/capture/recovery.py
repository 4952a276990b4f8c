"""How a source goes on after a gap: slot and publication are made anew, and all tables are compared with history.

The worker does so by itself, at once. But somebody may have dropped the slot on purpose, since the log that it held
back had filled the server's disk; and a comparison that fails would read all tables again and again. So a pause comes
before the second gap of a day and before each comparison that follows a failed one, and it grows.
"""

import logging
import threading
from datetime import datetime, timedelta

from django.db import connection as history_connection
from django.utils import timezone

from statetrace_ui.capture import lifecycle
from statetrace_ui.capture.gaps import GapFound
from statetrace_ui.capture.reporting import RUNNING, log_progress
from statetrace_ui.history.gap_store import declare, open_gap
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.history.refusals import EraEnded, Superseded
from statetrace_ui.installation import command

logger = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
DAY = timedelta(days=1)
REPORT_SECONDS = 2.0


def declare_gap(source_id: int, fence: int, found: GapFound) -> bool:
    """Declare what was found by whoever holds the source. Whether it goes on by itself; else a person is waited for."""
    try:
        gap = declare(Source.objects.get(pk=source_id, fence=fence), found.loss)
        logger.warning("Source %d: gap %d is declared: %s.", source_id, gap.era, gap.sentence)
    except (EraEnded, Superseded) as ended:
        logger.info("Source %d: %s", source_id, ended)
    except Exception:
        logger.exception("The gap of source %d cannot be declared; it will be found again.", source_id)
        return False
    return not found.loss.waits


def go_on(source: Source, stop: threading.Event) -> bool:
    """Prepare a source that has no slot. False if `stop` was set first. Raises SourceError."""
    if not _await_turn(source, stop):
        return False
    lifecycle.prepare(source, log_progress(source))
    return True


def goes_on_at(gap: Gap) -> datetime:
    """When capture goes on by itself after the gap."""
    recent = Gap.objects.filter(source=gap.source_id, found_at__gt=gap.found_at - DAY, era__lte=gap.era).count()
    at = gap.found_at + _pause(recent - 1)
    return max(at, gap.tried_at + _pause(gap.tries)) if gap.tried_at else at


def _pause(number: int) -> timedelta:
    return min(FIRST_PAUSE * 2 ** min(number - 1, 10), LONGEST_PAUSE) if number > 0 else timedelta(0)


def _await_turn(source: Source, stop: threading.Event) -> bool:
    """Wait until the source may go on. Meanwhile nothing of it is left at the server, and pages say when it goes on."""
    gap = open_gap(source)
    if gap is None or timezone.now() >= (at := goes_on_at(gap)):
        return not stop.is_set()
    lifecycle.remove_leftovers(source)
    sentence = (
        f"Changes since {gap.known_until} {gap.missing}: {gap.sentence}. Capture goes on by itself at"
        f" {at:%Y-%m-%d %H:%M:%S} UTC; it waits because this happened before, or because it could not read all tables."
        f" If the slot was dropped to free the server's disk, `{command(f'remove_source {source}')}` keeps it away."
    )
    while timezone.now() < at:
        if not RUNNING.filter(pk=source.pk, era=gap.era, fence=source.fence).update(
            status=Source.Status.ERROR, error=sentence, error_detail="", seen_at=timezone.now()
        ):
            raise Source.DoesNotExist
        history_connection.close()
        if stop.wait(min(REPORT_SECONDS, max(0.0, (at - timezone.now()).total_seconds()))):
            return False
    return True
