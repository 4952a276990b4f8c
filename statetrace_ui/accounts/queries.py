"""Reads the security log."""

import datetime as dt

from django.db import models
from django.utils import timezone

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import Page, newest_first, newest_merged


def events(
    organisations: models.QuerySet[Organisation] | None,
    organisation: Organisation | None = None,
    person: str = "",
    event: str = "",
    until: dt.date | None = None,
    cursor: str = "",
) -> Page[SecurityEvent]:
    """A page of the entries of these organisations, newest first; of all entries if `organisations` is None.

    organisation, person (by name), event: only theirs. until: the last day, in the viewer's zone.
    """
    rows = SecurityEvent.objects.all()
    if person:
        rows = rows.filter(person_name=person)
    if event:
        rows = rows.filter(event=event)
    if until:
        rows = rows.filter(id__lte=_last_id(until))
    if organisation:
        return newest_first(rows.filter(organisation=organisation), ("id",), cursor)
    if organisations is None:
        return newest_first(rows, ("id",), cursor)
    ranges = [rows.filter(organisation=one) for one in organisations]
    return newest_merged(SecurityEvent.objects.all(), ranges, ("id",), cursor)


def events_of(
    organisation: Organisation,
    person: str = "",
    event: str = "",
    address: str = "",
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
) -> models.QuerySet[SecurityEvent]:
    """An organisation's entries; each filter has an index in whose order they are paged.

    start (inclusive), end (exclusive): ids grow with time, so both become bounds of ids.
    """
    given = {"person_name": person, "event": event, "address": address}
    rows = SecurityEvent.objects.filter(
        organisation=organisation, **{name: value for name, value in given.items() if value}
    )
    if start:
        rows = rows.filter(id__gt=_newest_before(start))
    return rows.filter(id__lte=_newest_before(end)) if end else rows


def _last_id(day: dt.date) -> int:
    """The newest entry of the day or before it."""
    return _newest_before(timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time())))


def _newest_before(moment: dt.datetime) -> int:
    newest = SecurityEvent.objects.filter(at__lt=moment).order_by("-at").values_list("id", flat=True).first()
    return newest or 0
