"""A session's network exchanges."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Case, Count, Expression, F, Func, Q, QuerySet, Sum, TextField, Value, When
from django.db.models.functions import Coalesce

from replica.network import FAILED, HOST, NO_HOST, ORIGIN, host_of
from replica.queries import lookup
from replica.schema.models import Exchange, Issue
from replica.schema.named_queries import tuples


def _part(text: Expression | F, separator: str, number: int) -> Func:
    return Func(text, Value(separator), number, function="split_part", output_field=TextField())


# As `replica.network.host_of`, by functions of text where they do: an expression that captures takes ten times as long.
REST = _part(F("url"), "//", 2)
AUTHORITY = _part(_part(_part(_part(REST, "/", 1), "?", 1), "#", 1), "@", -1)
HOST_OF_URL = Case(
    When(url__regex=ORIGIN, authority__regex=HOST, then=F("authority")), default=Value(NO_HOST, TextField())
)
FAILURE = Q(status__isnull=True) | Q(status=0) | Q(status__gte=FAILED)  # as `replica.network.failed`

# What a list may be ordered by: the name in an address, and the column.
ORDERS = {
    "start": "start_time",
    "status": "status",
    "host": "host",
    "path": "url",
    "kind": "content_type",
    "received": "response_size",
    "duration": "duration",
}
READABLE = lookup.finite_time("start_time") & Q(url__isnull=False)  # the rest has no place on a time axis


@dataclass(frozen=True, slots=True)
class ExchangeFilter:
    """Which of a session's exchanges; what is empty is not asked."""

    host: str = ""
    url_part: str = ""  # in any case
    failed: bool = False
    first: dt.datetime | None = None  # those that were under way from here …
    last: dt.datetime | None = None  # … to here
    issue: str = ""  # those that an issue of this category names
    only: tuple[int, ...] | None = None  # those of these message ids


@dataclass(frozen=True, slots=True)
class Totals:
    """What exchanges add up to; `received` in bytes."""

    count: int
    received: int
    failures: int


@dataclass(frozen=True, slots=True)
class HostTotals(Totals):
    """The same for one host; `ms` is the sum of their durations, which may overlap."""

    host: str
    ms: int


class MarkedExchange(NamedTuple):
    """An exchange as a time axis shows it, from `start_time` to `end_time`, in ms of the session."""

    message_id: int | None
    start_time: float
    end_time: float
    status: int | None
    url: str
    content_type: str | None


def marked_exchanges(
    alias: str, session_id: str, first: float = -math.inf, last: float = math.inf
) -> list[MarkedExchange]:
    """The session's exchanges that touch a stretch, in ms, in order of time."""
    values = {"session": session_id, "first": first, "last": last, "limit": lookup.SPAN_LIMIT}
    return [*map(MarkedExchange._make, tuples(alias, "marked_exchanges", **values))]


def exchange_page(
    alias: str, session_id: str, wanted: ExchangeFilter, order: str, begin: int, size: int
) -> list[Exchange]:
    """The exchanges that the filter wants from the `begin`-th on, in one of ORDERS, "-" in front for backwards."""
    exchanges: QuerySet[Any] = _exchanges(alias, session_id, wanted)
    if order.endswith("host"):
        exchanges = _with_host(exchanges)
    name = F(ORDERS[order.removeprefix("-")])
    first = name.desc(nulls_last=True) if order.startswith("-") else name.asc(nulls_last=True)
    begin = min(begin, lookup.SPAN_LIMIT)
    return list(exchanges.order_by(first, "start_time", "message_id")[begin : begin + size])


class Moved(NamedTuple):
    """An exchange as far as sums need it."""

    message_id: int
    start_time: dt.datetime
    url: str
    response_size: int | None
    duration: int | None

    @property
    def host(self) -> str:
        return host_of(self.url)


def moved_exchanges(alias: str, session_id: str, wanted: ExchangeFilter) -> list[Moved]:
    """The exchanges with a number that the filter wants, in order of time."""
    numbered = _exchanges(alias, session_id, wanted).filter(message_id__isnull=False)
    in_order = numbered.order_by("start_time", "message_id")
    return [*map(Moved._make, in_order.values_list(*Moved._fields)[: lookup.SPAN_LIMIT])]


def exchanges_within(alias: str, session_id: str, wanted: ExchangeFilter, limit: int) -> list[Exchange]:
    """The longest of the exchanges that the filter wants."""
    return exchange_page(alias, session_id, wanted, "-duration", 0, limit)


def open_times(alias: str, session_id: str, first: float, last: float) -> list[tuple[float, float]]:
    """When the exchanges that touch a stretch began and ended, in ms of the session; of those that did end."""
    values = {"session": session_id, "first": first, "last": last, "limit": lookup.SPAN_LIMIT}
    return [(start, end) for start, end in tuples(alias, "open_times", **values)]


def host_totals(alias: str, session_id: str, wanted: ExchangeFilter) -> list[HostTotals]:
    """What the exchanges add up to for each host, the one with most exchanges first."""
    grouped = (
        _with_host(_exchanges(alias, session_id, wanted))
        .values("host")
        .annotate(
            count=Count("url"),
            received=Coalesce(Sum("response_size"), 0),
            failures=Count("url", filter=FAILURE),
            ms=Coalesce(Sum("duration"), 0),
        )
    )
    return [HostTotals(**row) for row in grouped.order_by("-count", "host")]


def exchange_totals(alias: str, session_id: str, wanted: ExchangeFilter) -> Totals:
    """What all exchanges that the filter wants add up to, however many there are."""
    totals = _exchanges(alias, session_id, wanted).aggregate(
        count=Count("url"),
        received=Coalesce(Sum("response_size"), 0),
        failures=Count("url", filter=FAILURE),
    )
    return Totals(**totals)


def hosts(alias: str, session_id: str) -> list[str]:
    """The hosts of all exchanges of the session, in order."""
    exchanges = _with_host(_exchanges(alias, session_id, ExchangeFilter()))
    return sorted(exchanges.values_list("host", flat=True).distinct())


def exchange_or_404(alias: str, session_id: str, message_id: int) -> Exchange:
    return lookup.one_or_404(
        Exchange,
        alias,
        "exchange",
        READABLE,
        session_id=session_id,
        message_id=message_id,
    )


def _with_host(exchanges: QuerySet[Exchange]) -> QuerySet[Any]:
    """Each with its `host`, as a column of the query."""
    return exchanges.alias(authority=AUTHORITY).annotate(host=HOST_OF_URL)


def _exchanges(alias: str, session_id: str, wanted: ExchangeFilter) -> QuerySet[Exchange]:
    exchanges = Exchange.objects.using(alias).filter(READABLE, _under_way(wanted), session_id=session_id)
    if wanted.host:
        exchanges = exchanges.alias(authority=AUTHORITY).alias(host=HOST_OF_URL).filter(host=wanted.host)
    if wanted.url_part:
        exchanges = exchanges.filter(url__icontains=wanted.url_part)
    if wanted.only is not None:
        exchanges = exchanges.filter(message_id__in=wanted.only)
    if wanted.issue:
        named = Issue.objects.using(alias).filter(session_id=session_id, category=wanted.issue)
        exchanges = exchanges.filter(message_id__in=named.values("message_id"))
    return exchanges.filter(FAILURE) if wanted.failed else exchanges


def _under_way(wanted: ExchangeFilter) -> Q:
    """One that says of no end counts where it began."""
    condition = Q()
    if wanted.first is not None:
        condition &= Q(start_time__gte=wanted.first) | Q(end_time__gte=wanted.first)
    if wanted.last is not None:
        condition &= Q(start_time__lte=wanted.last)
    return condition
