"""A session's network exchanges."""

from dataclasses import dataclass

from django.db.models import Case, Count, Expression, F, Func, Q, QuerySet, Sum, TextField, Value, When
from django.db.models.functions import Coalesce

from replica.network import FAILED, HOST, NO_HOST, ORIGIN
from replica.queries import lookup
from replica.schema.models import Exchange


def _part(text: Expression | F, separator: str, number: int) -> Func:
    return Func(text, Value(separator), number, function="split_part", output_field=TextField())


# As `replica.network.host_of`, by functions of text where they do: an expression that captures takes ten times as long.
REST = _part(F("url"), "//", 2)
AUTHORITY = _part(_part(_part(_part(REST, "/", 1), "?", 1), "#", 1), "@", -1)
HOST_OF_URL = Case(
    When(url__regex=ORIGIN, authority__regex=HOST, then=F("authority")), default=Value(NO_HOST, TextField())
)
FAILURE = Q(status__isnull=True) | Q(status=0) | Q(status__gte=FAILED)  # as `replica.network.failed`

READABLE = lookup.finite_time("start_time") & Q(url__isnull=False)  # the rest has no place on a time axis


@dataclass(frozen=True, slots=True)
class ExchangeFilter:
    """Which of a session's exchanges; what is empty is not asked."""

    host: str = ""
    url_part: str = ""  # in any case
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """What exchanges add up to; `received` in bytes."""

    count: int
    received: int
    failures: int


def exchanges(alias: str, session_id: str) -> list[Exchange]:
    """The session's exchanges in order of time."""
    return first_exchanges(alias, session_id, ExchangeFilter(), lookup.SPAN_LIMIT)


def first_exchanges(alias: str, session_id: str, wanted: ExchangeFilter, limit: int) -> list[Exchange]:
    """The first `limit` exchanges that the filter wants, in order of time."""
    return list(_exchanges(alias, session_id, wanted).order_by("start_time", "message_id")[:limit])


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
    exchanges = _exchanges(alias, session_id, ExchangeFilter()).alias(authority=AUTHORITY).annotate(host=HOST_OF_URL)
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


def _exchanges(alias: str, session_id: str, wanted: ExchangeFilter) -> QuerySet[Exchange]:
    exchanges = Exchange.objects.using(alias).filter(READABLE, session_id=session_id)
    if wanted.host:
        exchanges = exchanges.alias(authority=AUTHORITY).alias(host=HOST_OF_URL).filter(host=wanted.host)
    if wanted.url_part:
        exchanges = exchanges.filter(url__icontains=wanted.url_part)
    return exchanges.filter(FAILURE) if wanted.failed else exchanges
