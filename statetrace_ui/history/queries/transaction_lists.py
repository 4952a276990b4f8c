"""Lists of transactions by the changes that a list of changes would show: each once, where its newest change stands.

Changes that one transaction stored have neighbouring ids, and no others lie between them. So the list goes down the
ranges of changes, and over the rest of a transaction at once when it has met one of its changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from statetrace_ui.history.models import Change, Transaction
from statetrace_ui.history.queries.actions import first_actions
from statetrace_ui.history.queries.ranges import Places, Range, before, newest
from statetrace_ui.history.queries.sources import SECRET_FIELDS
from statetrace_ui.web.paging import HIGHEST_ID, PAGE_SIZE, Page, encode

AT_ONCE = 4 * PAGE_SIZE  # changes that are looked at in one step: as many as a page of usual transactions has
MOST_COUNTED = 200  # changes of one transaction of which the tables are told
PARTS = """
SELECT asked.source_id, asked.id, found.table_id, found.kind, count(*), min(found.id)
FROM unnest(%(sources)s::int[], %(ids)s::bigint[], %(firsts)s::bigint[], %(ends)s::bigint[])
     AS asked (source_id, id, first, until)
CROSS JOIN LATERAL (
    SELECT id, table_id, kind, transaction_id FROM history_change
    WHERE source_id = asked.source_id AND NOT baseline AND id >= asked.first AND id < asked.until
      AND id >= %(first)s AND id < %(end)s OFFSET 0) AS found
WHERE found.transaction_id = asked.id AND found.table_id IS NOT NULL
GROUP BY 1, 2, 3, 4 ORDER BY min(found.id)
"""


@dataclass(frozen=True, slots=True)
class Part:
    """How many changes of one kind a transaction made in one table."""

    table_id: int
    kind: Change.Kind
    count: int


def newest_transactions(ranges: Iterable[Range], cursor: str = "", size: int = PAGE_SIZE) -> Page[Transaction]:
    """The newest transactions that have changes in the ranges, each with its source and `first_actions`.

    ranges: of changes outside baselines. The cursor is the id of the first change of the page's last transaction.
    """
    found = _found(before(ranges, cursor), size + 1)
    shown = found[:size]
    older = encode([shown[-1][1]]) if len(found) > size else None
    return Page(read_transactions([(source_id, pk) for source_id, _, pk in shown]), older)


def parts_of(transactions: Sequence[Transaction]) -> dict[int, list[Part]]:
    """{transaction id: what it did, table by table in the order of the log}, of its first MOST_COUNTED changes."""
    spans = [
        (one.source_id, one.pk, one.first_change, min(one.last_change or 0, one.first_change + MOST_COUNTED - 1) + 1)
        for one in transactions
        if one.first_change is not None
    ]
    if not spans:
        return {}
    sources, ids, firsts, ends = (list(column) for column in zip(*spans, strict=True))
    values: dict[str, Any] = {"sources": sources, "ids": ids, "firsts": firsts, "ends": ends}
    values |= {"first": min(firsts), "end": max(ends)}
    parts: dict[int, list[Part]] = {}
    with connection.cursor() as cursor:
        cursor.execute(PARTS, values)
        for _, pk, table_id, kind, count, _ in cursor.fetchall():
            parts.setdefault(pk, []).append(Part(table_id, Change.Kind(kind), count))
    return parts


def _found(ranges: list[Range], size: int) -> list[tuple[int, int, int]]:
    """(source id, first change, id) of the newest transactions; `size` of them, if there are so many."""
    found: dict[tuple[int, int], int] = {}
    end = HIGHEST_ID
    while len(found) < size:
        places = newest([replace(one, end=min(one.end, end)) for one in ranges], AT_ONCE)
        for source_id, pk, first in _transactions_at(places):
            found[source_id, pk] = first
        if len(places) < AT_ONCE:
            break
        end = min(places[-1][1], *found.values())
    return [(source_id, first, pk) for (source_id, pk), first in found.items()][:size]


def _transactions_at(places: Places) -> list[tuple[int, int, int]]:
    """(source id, id, first change) of the transactions to which the changes belong, in the same order."""
    sources = {source for source, *_ in places}
    changes = Change.objects.filter(source_id__in=sources, baseline=False, id__in=[number for _, number, _ in places])
    keys = list(dict.fromkeys(changes.order_by("-id").values_list("source_id", "transaction_id")))
    rows = Transaction.objects.filter(source_id__in=sources, id__in=[pk for _, pk in keys])
    firsts = {pk: first for pk, first in rows.values_list("id", "first_change") if first is not None}
    return [(source, pk, firsts[pk]) for source, pk in keys if pk in firsts]


def read_transactions(keys: Sequence[tuple[int, int]]) -> list[Transaction]:
    """The transactions of (source id, id), in the same order, each with its source and `first_actions`."""
    rows = Transaction.objects.filter(source_id__in={source_id for source_id, _ in keys})
    with_sources = rows.select_related("source").defer(*SECRET_FIELDS).prefetch_related(first_actions("actions"))
    by_id = with_sources.in_bulk([pk for _, pk in keys])
    return [by_id[pk] for _, pk in keys if pk in by_id]
