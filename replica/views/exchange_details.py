"""A session's exchanges by what a replica has no column for: method, initiator, connection."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from replica.beside.details import Details, details_of
from replica.queries.network import ExchangeFilter, Moved, exchange_page, moved_exchanges
from replica.schema.models import Exchange
from statetrace_ui.web.models import Organisation

MOST_CONNECTIONS = 100


@dataclass(frozen=True, slots=True)
class ConnectionTotals:
    """What went over one connection; `ms` is the sum of durations, which may overlap."""

    connection: str
    hosts: list[str]
    count: int
    received: int
    ms: int


@dataclass(frozen=True, slots=True)
class Known:
    """The exchanges of a session that a filter wants, in order of time, and the details of those that have some."""

    alias: str
    session_id: str
    exchanges: Sequence[Moved]
    details: Details

    @property
    def wanted(self) -> ExchangeFilter:
        return ExchangeFilter(only=tuple(one.message_id for one in self.exchanges))

    def page(self, order: str, begin: int, size: int) -> list[Exchange]:
        """As `exchange_page`, in the order of a field of details; what is not known comes last."""
        field, backwards = order.removeprefix("-"), order.startswith("-")
        value = {number: getattr(one, field) for number, one in self.details.items()}
        numbers = [one.message_id for one in self.exchanges]
        told = sorted(filter(value.get, numbers), key=value.__getitem__, reverse=backwards)
        ids = [*told, *(number for number in numbers if not value.get(number))][begin : begin + size]
        place = {number: n for n, number in enumerate(ids)}
        found = exchange_page(self.alias, self.session_id, ExchangeFilter(only=tuple(ids)), "start", 0, size)
        return sorted(found, key=lambda one: place[one.message_id])

    def by_connection(self) -> list[ConnectionTotals]:
        """The connection with most exchanges first."""
        of: dict[str, list[Moved]] = defaultdict(list)
        for one in self.exchanges:
            detail = self.details.get(one.message_id)
            if detail and detail.connection:
                of[detail.connection].append(one)
        totals = [_totals(connection, exchanges) for connection, exchanges in of.items()]
        return sorted(totals, key=lambda one: (-one.count, one.connection))[:MOST_CONNECTIONS]


def _totals(connection: str, exchanges: Sequence[Moved]) -> ConnectionTotals:
    return ConnectionTotals(
        connection,
        list(dict.fromkeys(one.host for one in exchanges)),
        len(exchanges),
        sum(one.response_size or 0 for one in exchanges),
        sum(one.duration or 0 for one in exchanges),
    )


def known_of(
    organisation: Organisation, alias: str, session_id: str, wanted: ExchangeFilter, asked: Mapping[str, str]
) -> Known:
    """What the filter wants and whose details are as asked, by field; "" asks for nothing."""
    exchanges = moved_exchanges(alias, session_id, wanted)
    details = details_of(organisation, session_id, ((one.message_id, one.start_time, one.url) for one in exchanges))
    fields = {field: value for field, value in asked.items() if value}
    if fields:
        alike = {number for number, one in details.items() if all(getattr(one, f) == v for f, v in fields.items())}
        exchanges = [one for one in exchanges if one.message_id in alike]
    return Known(alias, session_id, exchanges, details)
