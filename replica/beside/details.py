"""Keeps details of exchanges when a file is imported, and finds those that belong to a replica's rows."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Protocol

from replica.beside.models import ExchangeDetail
from statetrace_ui.web.models import Organisation

Details = Mapping[int, ExchangeDetail]  # by message id
FIELDS = ("method", "initiator", "connection")
MOST_CHOICES = 500
ROWS_A_STATEMENT = 2_000


class Recorded(Protocol):
    """An exchange as a file has it."""

    @property
    def start(self) -> datetime: ...

    @property
    def url(self) -> str: ...

    @property
    def method(self) -> str | None: ...

    @property
    def initiator(self) -> str | None: ...

    @property
    def connection(self) -> str | None: ...

    @property
    def dns_ms(self) -> int | None: ...

    @property
    def send_ms(self) -> int | None: ...


def mark_of(start: datetime, url: str) -> int:
    """Tells an exchange from another that has its number. A start without a zone is UTC, as in replicas."""
    moment = start.astimezone(UTC).replace(tzinfo=None) if start.tzinfo else start
    digest = blake2b(f"{moment.isoformat()} {url}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def keep(organisation: Organisation, session_id: str, exchanges: Iterable[Recorded]) -> None:
    """Make these the session's details. Exchanges come in the order in which they are numbered, from 1."""
    rows = [
        ExchangeDetail(
            organisation=organisation,
            session_id=session_id,
            message_id=number,
            mark=mark_of(one.start, one.url),
            method=one.method or "",
            initiator=one.initiator or "",
            connection=one.connection or "",
            dns_ms=one.dns_ms,
            send_ms=one.send_ms,
        )
        for number, one in enumerate(exchanges, 1)
    ]
    if rows:
        ExchangeDetail.objects.filter(organisation=organisation, session_id=session_id).delete()
        ExchangeDetail.objects.bulk_create(rows, ROWS_A_STATEMENT)


def details_of(
    organisation: Organisation, session_id: str, rows: Iterable[tuple[int | None, datetime, str]]
) -> dict[int, ExchangeDetail]:
    """The details of rows of a replica: message id, start and address. What was kept of others is left out."""
    marks = {number: mark_of(start, url) for number, start, url in rows if number is not None}
    kept = ExchangeDetail.objects.filter(organisation=organisation, session_id=session_id, message_id__in=list(marks))
    return {one.message_id: one for one in kept if one.mark == marks[one.message_id]}


def choices_of(organisation: Organisation, session_id: str) -> dict[str, list[str]]:
    """What details of the session's exchanges say, by field; nothing where nothing is known of them."""
    kept = ExchangeDetail.objects.filter(organisation=organisation, session_id=session_id)
    rows = kept.values_list(*FIELDS).distinct()
    return {field: sorted({row[n] for row in rows} - {""})[:MOST_CHOICES] for n, field in enumerate(FIELDS)}
