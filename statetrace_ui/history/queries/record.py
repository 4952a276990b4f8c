"""The history of one record."""

from collections.abc import Iterator

from django.db import connection

from statetrace_ui.history.models import Change, Source, Table
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.excerpts import IN_A_LIST
from statetrace_ui.history.queries.ranges import Places, Range, before, fetched, newest
from statetrace_ui.web.paging import HIGHEST_ID, PAGE_SIZE, Page, encode

OF_TABLE = (Change.Kind.TRUNCATE, Change.Kind.ALTERED, Change.Kind.LEFT)
MOST_KEYS = 10
RENAMES = """
SELECT found.old_record_key, found.id FROM (VALUES (%s, %s, %s, %s)) AS asked (source_id, table_id, key, end_id)
CROSS JOIN LATERAL (
    SELECT old_record_key, id FROM history_change
    WHERE source_id = asked.source_id AND table_id = asked.table_id AND record_key = asked.key AND NOT baseline
      AND old_record_key <> '' AND id < asked.end_id AND id >= %s ORDER BY id DESC LIMIT %s) AS found
"""


def record_changes(source: Source, table: tuple[str, str], key: str, cursor: str = "") -> Page[Change]:
    """Every change of one row, newest first, including changes under former keys and those of its whole table.

    Also the gaps of its source since its first change: it may have changed in them.
    """
    return fetched(listed_changes(IN_A_LIST), _page(source, table, key, cursor), PAGE_SIZE)


def record_places(source: Source, table: tuple[str, str], key: str) -> Iterator[Places]:
    """Where the same changes are, all of them, some at a time."""
    cursor: str | None = ""
    while cursor is not None:
        places = _page(source, table, key, cursor)
        yield places[:PAGE_SIZE]
        cursor = encode([places[PAGE_SIZE - 1][1]]) if len(places) > PAGE_SIZE else None


def _page(source: Source, table: tuple[str, str], key: str, cursor: str) -> Places:
    """Where the changes of a page are, and at least one more if there are more."""
    known = Table.objects.filter(source=source, schema_name=table[0], table_name=table[1]).first()
    if not known or not key:
        return []
    places = _places(source.pk, known.pk, key, cursor)
    if not places:
        return []
    # What happened to the table or its source since the record's oldest change on this page; other pages show the rest.
    since = places[-1][1] + 1
    around = [Range(source.pk, known.pk, kind, first=since) for kind in OF_TABLE]
    around.append(Range(source.pk, None, Change.Kind.GAP, first=since))
    return sorted([*places, *newest(before(around, cursor), PAGE_SIZE + 1)], key=lambda place: -place[1])


def _places(source_id: int, table_id: int, key: str, cursor: str) -> Places:
    """The record's newest changes under all its keys, below the cursor's: a page and one more."""
    own = [Range(source_id, table_id, key=key), Range(source_id, table_id, key=key, former=True)]
    places = newest(before(own, cursor), PAGE_SIZE + 1)
    since = places[-1][1] if len(places) > PAGE_SIZE else 0  # what it had another key before is not on this page
    formerly = [Range(source_id, table_id, key=one, end=end) for one, end in _keys(source_id, table_id, key, since)[1:]]
    return newest(before([*own, *formerly], cursor), PAGE_SIZE + 1) if formerly else places


def former_keys(source_id: int, table_id: int, key: str) -> list[tuple[str, int]]:
    """The keys that the row had before, the last one first, each with the id of the change that ended its use."""
    return _keys(source_id, table_id, key, 0)[1:]


def _keys(source_id: int, table_id: int, key: str, since: int) -> list[tuple[str, int]]:
    """The row's key and its former keys, at most MOST_KEYS, each with the id of the change that ended its use.

    Those that it had until `since` or later, found by the index on changes that altered a key.
    """
    chain = [(key, HIGHEST_ID)]
    with connection.cursor() as cursor:
        for current, end in chain:
            if len(chain) < MOST_KEYS:
                cursor.execute(RENAMES, [source_id, table_id, current, end, since, MOST_KEYS - len(chain)])
                chain.extend(cursor.fetchall())
    return chain
