"""The newest changes of many ranges of an index, in statements whose planning costs the same for one or many.

A union of ranges would be planned range by range, and each range for every partition. A LATERAL subquery is planned
once, for the partitions of a window of ids; the server then enters the index for each range. Windows are looked through
from the newest on, until there are enough changes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from statetrace_ui.history.models import Change
from statetrace_ui.history.queries.windows import windows
from statetrace_ui.web.paging import HIGHEST_ID, PAGE_SIZE, Page, encode, id_of


@dataclass(frozen=True, slots=True)
class Range:
    """Changes of a source with ids from `first` until before `end`: all of them, or those of a table and kind or key.

    table_id: None for changes that belong to no table. key: of a record; with `former`, the key that the changes ended.
    """

    source_id: int
    table_id: int | None = None
    kind: str = ""
    _: KW_ONLY
    key: str = ""
    former: bool = False
    first: int = 0
    end: int = HIGHEST_ID


STEP = 1_000  # places that are found at a time, where all are wanted
Place = tuple[int, int, bool]  # (source, id, baseline) of a change
Places = list[Place]  # the newest first

# Ids are compared with constants alone. Of bounds that it does not know, the planner expects that they leave so few
# changes that it would sort them all, instead of reading the newest from the end of an index.
STATEMENT = """
SELECT DISTINCT range.source_id, found.id, found.baseline
FROM unnest(%(sources)s::int[], %(tables)s::int[], %(kinds)s::text[], %(keys)s::text[])
     AS range (source_id, table_id, kind, key)
CROSS JOIN LATERAL (
    SELECT id, baseline FROM history_change
    WHERE source_id = range.source_id AND {condition} AND id >= %(first)s AND id < %(end)s
    ORDER BY id DESC LIMIT %(size)s) AS found
ORDER BY found.id DESC LIMIT %(size)s
"""
OF_SOURCE = STATEMENT.format(condition="NOT baseline AND kind <> 'S'")
OF_NO_TABLE = STATEMENT.format(condition="NOT baseline AND table_id IS NULL AND kind = range.kind")
OF_TABLE = STATEMENT.format(condition="NOT baseline AND table_id = range.table_id AND kind = range.kind")
OF_RECORD = STATEMENT.format(condition="table_id = range.table_id AND record_key = range.key")
OF_FORMER_KEY = STATEMENT.format(
    condition="NOT baseline AND table_id = range.table_id AND old_record_key = range.key AND old_record_key <> ''"
)
OF_BASELINE = STATEMENT.format(condition="baseline AND table_id = range.table_id AND kind = range.kind")


def newest_in(rows: QuerySet[Change], ranges: Iterable[Range], cursor: str = "", size: int = PAGE_SIZE) -> Page[Change]:
    """The newest `size` changes of the ranges with ids below the cursor's, as `rows` fetches them."""
    return fetched(rows, newest(before(ranges, cursor), size + 1), size)


def all_places(ranges: Iterable[Range], size: int = STEP) -> Iterator[Places]:
    """Where all changes of the ranges are, newest first, some at a time; none that is stored after the first were."""
    sought, end = list(ranges), HIGHEST_ID
    while places := newest([replace(one, end=min(one.end, end)) for one in sought], size):
        yield places
        end = places[-1][1]


def before(ranges: Iterable[Range], cursor: str) -> list[Range]:
    """The ranges up to where the page begins."""
    end = id_of(cursor)
    return [one if end is None else replace(one, end=min(one.end, end)) for one in ranges]


def newest(ranges: Sequence[Range], size: int) -> Places:
    """The newest changes of the ranges. Rows that only begin a baseline are left out where no kind is named."""
    found: set[Place] = set()
    sought = [one for one in ranges if one.first < one.end]
    for first, end in windows(min(one.first for one in sought), max(one.end for one in sought)) if sought else ():
        found.update(_newest_between(first, end, sought, size))
        if len(found) >= size:
            break
    return sorted(found, key=lambda place: -place[1])[:size]


def fetched(rows: QuerySet[Change], places: Places, size: int) -> Page[Change]:
    """The first `size` of the places as a page, which goes on if there are more."""
    shown = places[:size]
    by_id: dict[int, Change] = {}
    for branch in {baseline for _, _, baseline in shown}:  # one statement for each: it then looks at no other partition
        ids = [number for _, number, baseline in shown if baseline == branch]
        by_id |= rows.filter(source_id__in={source for source, _, _ in shown}, baseline=branch).in_bulk(ids)
    older = encode([shown[-1][1]]) if len(places) > size else None
    return Page([by_id[number] for _, number, _ in shown if number in by_id], older)


def _newest_between(first: int, end: int, ranges: Sequence[Range], size: int) -> Iterator[Place]:
    """The newest changes of the ranges with ids from `first` until before `end`."""
    alike: dict[tuple[str, int, int], list[Range]] = {}
    for one in ranges:
        if one.first < end and first < one.end:
            alike.setdefault((_statement(one), max(first, one.first), min(end, one.end)), []).append(one)
    for (statement, start, before), some in alike.items():
        yield from _run(statement, some, start, before, size)


def _statement(one: Range) -> str:
    if one.key:
        return OF_FORMER_KEY if one.former else OF_RECORD
    if not one.kind:
        return OF_SOURCE
    if one.table_id is None:
        return OF_NO_TABLE
    return OF_BASELINE if one.kind == Change.Kind.BASELINE else OF_TABLE


def _run(statement: str, ranges: Sequence[Range], first: int, end: int, size: int) -> Places:
    values: dict[str, Any] = {
        "sources": [one.source_id for one in ranges],
        "tables": [one.table_id for one in ranges],
        "kinds": [one.kind for one in ranges],
        "keys": [one.key for one in ranges],
        "first": first,
        "end": end,
        "size": size,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [(source, number, baseline) for source, number, baseline in cursor.fetchall()]
