"""Gaps, and their entries among changes: where changes are listed, the gaps are, too, in which some may be missing."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from statetrace_ui.history.models import Change, Gap, Source
from statetrace_ui.history.queries.ranges import Range

MOST_GAPS = 50  # on a page


def open_gaps(sources: Iterable[Source]) -> list[Gap]:
    """Those of the sources, by the source's name."""
    found = Gap.objects.filter(source__in=[source.pk for source in sources], closed_at=None).select_related("source")
    return list(found.order_by("source__name").only(*_FIELDS, "source__name")[:MOST_GAPS])


def gaps_of(source: Source) -> list[Gap]:
    """The source's gaps, the newest first, at most MOST_GAPS and one more."""
    return list(Gap.objects.filter(source=source).order_by("-era")[: MOST_GAPS + 1])


def gaps_between(source: Source, start: datetime, end: datetime) -> list[Gap]:
    """The gaps in which something of that time may have been missed, in their order; at most MOST_GAPS."""
    return list(_touching(source, start, end).filter(missed=True).order_by("era")[:MOST_GAPS])


def gap_ranges(source: Source, start: datetime | None, end: datetime | None, after: int = -1) -> Iterator[Range]:
    """The entries of the gaps that touch a period, as ranges of changes with ids above `after`."""
    if start is None and end is None:
        yield Range(source.pk, None, Change.Kind.GAP, first=after + 1)
        return
    entries = _touching(source, start, end).filter(entry__gt=after).order_by("-era").values_list("entry", flat=True)
    for entry in entries[:MOST_GAPS]:
        yield Range(source.pk, None, Change.Kind.GAP, first=entry, end=entry + 1)


def gaps_of_entries(changes: Iterable[Change]) -> dict[int, Gap]:
    """{id of the change: the gap whose entry it is}; one query, if there are any."""
    entries = [change.id for change in changes if change.kind == Change.Kind.GAP]
    return {gap.entry: gap for gap in Gap.objects.filter(entry__in=entries)} if entries else {}


def _touching(source: Source, start: datetime | None, end: datetime | None) -> QuerySet[Gap]:
    found = Gap.objects.filter(source=source)
    if start:
        found = found.filter(Q(until_at=None) | Q(until_at__gte=start))
    return found.filter(since_at__lte=end) if end else found


_FIELDS = [field.name for field in Gap._meta.concrete_fields]
