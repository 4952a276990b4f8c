"""Quiet hours: the times of day at which nobody wants to be told. Pure."""

from datetime import datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(name: str) -> ZoneInfo | None:
    """None for a zone that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def is_quiet(now: datetime, begin: time | None, end: time | None, zone: str) -> bool:
    """Whether the clock on the wall of that zone is between the two, of which the second may be of the next day."""
    if begin is None or end is None:
        return False
    clock = now.astimezone(zone_of(zone) or ZoneInfo("UTC")).time()
    return begin <= clock < end if begin <= end else clock >= begin or clock < end
