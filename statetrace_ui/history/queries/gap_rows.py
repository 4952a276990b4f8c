"""Gaps between the rows of a list that is ordered by time, the newest first: rows of that time may be missing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import models
from django.db.models import Q

from statetrace_ui.history.models import Gap, Source
from statetrace_ui.history.queries.gaps import MOST_GAPS
from statetrace_ui.web.paging import Page, decode, id_of

M = TypeVar("M", bound=models.Model)


class Listed(NamedTuple, Generic[M]):
    """A row of the list, or a gap."""

    row: M | None = None
    gap: Gap | None = None


def with_gaps(
    page: Page[M],
    field: str,
    sources: Iterable[Source],
    *,
    newer: datetime | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[Listed[M]]:
    """The page's rows with the gaps among them, each above the first row that is older than its beginning.

    field: the rows' time. newer: the time of the row before the page. start, end: of the period that is listed.
    """
    times = [getattr(row, field) for row in page.rows]
    found = Gap.objects.filter(source__in=[source.pk for source in sources], missed=True).select_related("source")
    if page.older:
        found = found.filter(since_at__gte=times[-1])
    elif start:
        found = found.filter(Q(until_at=None) | Q(until_at__gte=start))
    for before in filter(None, (newer, end)):
        found = found.filter(since_at__lt=before)
    gaps = list(found.order_by("-since_at", "-era").defer("source__url", "source__tables")[:MOST_GAPS])
    return _merged(page.rows, times, gaps)


def newer_by_time(cursor: str) -> datetime | None:
    """The time of the row before a page, of a list whose cursors begin with it."""
    found = decode(cursor, 2)[0] if cursor else None
    return found if isinstance(found, datetime) else None


def newer_by_id(source: Source, page: Page[Any], field: str, cursor: str) -> datetime | None:
    """The same of a list whose cursors are ids."""
    if not cursor or not page:
        return None
    before = type(page.rows[0])._default_manager.filter(source=source, pk=id_of(cursor))
    found: datetime | None = before.values_list(field, flat=True).first()
    return found


def _merged(rows: Sequence[M], times: Sequence[datetime], gaps: list[Gap]) -> list[Listed[M]]:
    listed: list[Listed[M]] = []
    for row, at in zip(rows, times, strict=True):
        while gaps and gaps[0].since_at >= at:
            listed.append(Listed(gap=gaps.pop(0)))
        listed.append(Listed(row))
    return [*listed, *(Listed(gap=gap) for gap in gaps)]
