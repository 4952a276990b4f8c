"""What was lately committed from outside the application: a count that each page can afford."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.history.queries.sources import sources_of
from statetrace_ui.history.question.writing import term
from statetrace_ui.web.concerns import Concern, Kind, Severity
from statetrace_ui.web.models import Organisation

LATELY = timedelta(hours=24)
MOST_COUNTED = 99
# How many there were, by the index `transaction_outside`; the outer limit ends the look-ups. Then the newest one of
# each source, for which that limit does not hold.
COUNT = """
SELECT (SELECT count(*) FROM (
    SELECT FROM unnest(%(sources)s::int[]) AS source (id)
    CROSS JOIN LATERAL (
        SELECT committed_at FROM history_transaction
        WHERE source_id = source.id AND outside ORDER BY id DESC LIMIT %(most)s) AS newest
    WHERE newest.committed_at >= %(since)s LIMIT %(most)s) AS lately
), newest.id, newest.committed_at FROM unnest(%(sources)s::int[]) AS source (id)
CROSS JOIN LATERAL (
    SELECT id, committed_at FROM history_transaction
    WHERE source_id = source.id AND outside ORDER BY id DESC LIMIT 1) AS newest
"""


@dataclass(frozen=True, slots=True)
class Outside:
    """transactions: how many there were LATELY, MOST_COUNTED and one more at most. line: asks for their changes.

    newest: the id of the one that was stored last; latest: when that was committed.
    """

    transactions: int
    line: str
    newest: int
    latest: datetime

    @property
    def shown(self) -> str:
        return str(self.transactions) if self.transactions <= MOST_COUNTED else f"{MOST_COUNTED}+"


def lately_outside(organisation: Organisation) -> Outside | None:
    """Of the sources whose applications tell their actions; None if there was nothing."""
    every = list(sources_of(organisation).only("name", "annotation_schema", "annotation_messages"))
    telling = [source for source in every if source.is_annotated]
    found = _count([source.pk for source in telling]) if telling else None
    if found is None:
        return None
    count, newest, latest = found
    named = [term("source", source.name) for source in telling] if len(telling) < len(every) else []
    return Outside(count, " ".join(["outside", f"since:{LATELY // timedelta(hours=1)}h", *named]), newest, latest)


def concerns(organisation: Organisation) -> Iterator[Concern]:
    if lately := lately_outside(organisation):
        yield _concern(lately)


def _concern(lately: Outside) -> Concern:
    are = "transactions were" if lately.transactions > 1 else "transaction was"
    return Concern(
        key="outside",
        kind=Kind.OUTSIDE,
        severity=Severity.WARNING,
        what=f"{lately.shown} {are} committed from outside the application in the last 24 hours.",
        advice="See whose they are; annotate the program that wrote them if it may.",
        ask="See what they changed, and ask a manager whose they are.",
        url=f"{reverse('history:changes')}?q={quote(lately.line, safe='')}",
        since=lately.latest,
        count=lately.shown,
        latest=True,
        mark=str(lately.newest),
    )


def _count(source_ids: list[int]) -> tuple[int, int, datetime] | None:
    values: dict[str, Any] = {"sources": source_ids, "most": MOST_COUNTED + 1, "since": timezone.now() - LATELY}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        found: list[tuple[int, int, datetime]] = cursor.fetchall()
    newest = max(found, default=None, key=lambda one: one[1])
    return newest if newest and newest[0] else None
