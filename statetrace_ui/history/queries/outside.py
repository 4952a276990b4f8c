"""What was lately committed from outside the application: a count that each page can afford."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from statetrace_ui.history.queries.sources import sources_of
from statetrace_ui.history.question.writing import term
from statetrace_ui.web.models import Organisation

LATELY = timedelta(hours=24)
MOST_COUNTED = 99
# The newest of each source by the index `transaction_outside`; the outer limit ends the look-ups.
COUNT = """
SELECT count(*) FROM (
    SELECT FROM unnest(%(sources)s::int[]) AS source (id)
    CROSS JOIN LATERAL (
        SELECT committed_at FROM history_transaction
        WHERE source_id = source.id AND outside ORDER BY id DESC LIMIT %(most)s) AS newest
    WHERE newest.committed_at >= %(since)s LIMIT %(most)s) AS lately
"""


@dataclass(frozen=True, slots=True)
class Outside:
    """transactions: how many there were LATELY, MOST_COUNTED and one more at most. line: asks for their changes."""

    transactions: int
    line: str

    @property
    def shown(self) -> str:
        return str(self.transactions) if self.transactions <= MOST_COUNTED else f"{MOST_COUNTED}+"


def lately_outside(organisation: Organisation) -> Outside | None:
    """Of the sources whose applications tell their actions; None if there was nothing."""
    every = list(sources_of(organisation).only("name", "annotation_schema", "annotation_messages"))
    telling = [source for source in every if source.is_annotated]
    count = _count([source.pk for source in telling]) if telling else 0
    if not count:
        return None
    named = [term("source", source.name) for source in telling] if len(telling) < len(every) else []
    return Outside(count, " ".join(["outside", f"since:{LATELY // timedelta(hours=1)}h", *named]))


def _count(source_ids: list[int]) -> int:
    values: dict[str, Any] = {"sources": source_ids, "most": MOST_COUNTED + 1, "since": timezone.now() - LATELY}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        return int(cursor.fetchone()[0])
