"""Reads the security log."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection, models
from django.utils import timezone

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import Page, newest_first, newest_merged

NAMES = """
WITH RECURSIVE known (name) AS (
    SELECT min(person_name) FROM accounts_securityevent WHERE organisation_id = %(organisation)s
    UNION ALL
    SELECT (SELECT min(person_name) FROM accounts_securityevent
            WHERE organisation_id = %(organisation)s AND person_name > known.name)
    FROM known WHERE known.name IS NOT NULL
)
SELECT name FROM known WHERE strpos(lower(name), lower(%(part)s)) > 0 ORDER BY name LIMIT %(most)s
"""


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
    names: Sequence[str] | None = None,
    event: str = "",
    address: str = "",
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
) -> list[models.QuerySet[SecurityEvent]]:
    """An organisation's entries: ranges for `newest_merged`, for each filter has an index in whose order it is paged.

    names: of whom, a range for each. start (inclusive), end (exclusive): ids grow with time, so both become bounds of
    ids.
    """
    given = {"event": event, "address": address}
    rows = SecurityEvent.objects.filter(
        organisation=organisation, **{name: value for name, value in given.items() if value}
    )
    if start:
        rows = rows.filter(id__gt=_newest_before(start))
    if end:
        rows = rows.filter(id__lte=_newest_before(end))
    return [rows] if names is None else [rows.filter(person_name=name) for name in names]


def names_with(organisation: Organisation, part: str, most: int) -> list[str]:
    """The first names in an organisation's entries that hold the text, in upper or lower case.

    Steps from name to name by the index, so it takes as long as there are names, however many entries they have.
    """
    with connection.cursor() as cursor:
        cursor.execute(NAMES, {"organisation": organisation.pk, "part": part, "most": most})
        return [name for (name,) in cursor.fetchall()]


def _last_id(day: dt.date) -> int:
    """The newest entry of the day or before it."""
    return _newest_before(timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time())))


def _newest_before(moment: dt.datetime) -> int:
    newest = SecurityEvent.objects.filter(at__lt=moment).order_by("-at").values_list("id", flat=True).first()
    return newest or 0
