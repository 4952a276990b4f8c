"""What a few letters may mean: records by their key, tables and requests by a part of their name.

Bounded, whatever there is: keys enter the index on records, and of requests those are looked at that came last.
"""

from collections.abc import Iterator
from typing import Any

import orjson
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat

from statetrace_ui.history.models import Action, Change, Table
from statetrace_ui.history.queries.actions import UNLISTED
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.ranges import Places, fetched
from statetrace_ui.history.queries.sources import SECRET_FIELDS, sources_of
from statetrace_ui.history.queries.windows import windows
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import HIGHEST_ID

MOST_FOUND = 8
MOST_TABLES = 60  # in which a key is looked for
LOOKED_AT = 1_000  # requests of a source
REQUESTS = """
SELECT action.id FROM unnest(%(sources)s::int[]) AS source (id)
CROSS JOIN LATERAL (
    SELECT id, method, url FROM history_action
    WHERE source_id = source.id ORDER BY id DESC LIMIT %(looked_at)s) AS action
WHERE concat_ws(' ', action.method, action.url) ILIKE ALL (%(patterns)s) ORDER BY action.id DESC LIMIT %(most)s
"""
# The newest change of each record, of those with an id in a window.
RECORDS = """
SELECT asked.source_id, found.id, found.baseline, asked.table_id
FROM unnest(%(sources)s::int[], %(tables)s::int[]) AS asked (source_id, table_id)
CROSS JOIN LATERAL (
    SELECT id, baseline FROM history_change
    WHERE source_id = asked.source_id AND table_id = asked.table_id AND record_key = %(key)s
      AND id >= %(first)s AND id < %(end)s ORDER BY id DESC LIMIT 1) AS found
"""


def tables_named(organisation: Organisation, text: str, most: int = MOST_FOUND) -> list[Table]:
    """Tables with all the words in their names, each with its source."""
    found = Table.objects.filter(source__in=sources_of(organisation)).select_related("source").defer(*SECRET_FIELDS)
    found = found.alias(name=Concat(F("schema_name"), Value("."), F("table_name")))
    for word in text.split():
        found = found.filter(name__icontains=word)
    return list(found.order_by("table_name", "schema_name", "source_id")[:most])


def newest_requests(organisation: Organisation, text: str) -> list[Action]:
    """The newest action of each method and address that have all the words in them."""
    sources = list(sources_of(organisation).values_list("pk", flat=True))
    patterns = [f"%{_literal(word)}%" for word in text.split()]
    values: dict[str, Any] = {"sources": sources, "patterns": patterns, "looked_at": LOOKED_AT, "most": 20 * MOST_FOUND}
    with connection.cursor() as cursor:
        cursor.execute(REQUESTS, values)
        ids = [number for (number,) in cursor.fetchall()]
    actions = joined(Action.objects.filter(source__in=sources, id__in=ids), "session", without=UNLISTED)
    newest: dict[tuple[str, str], Action] = {}
    for action in actions.order_by("-id"):
        newest.setdefault((action.method, action.url), action)
    return list(newest.values())[:MOST_FOUND]


def records_named(organisation: Organisation, text: str) -> list[Change]:
    """The newest change of each record that the text names: by its key, or by part of its table's name and its key."""
    places: Places = []
    for of_table, key in _meanings(text):
        places += _records(tables_named(organisation, of_table, MOST_TABLES), key)
    newest = sorted(set(places), key=lambda place: -place[1])
    return fetched(listed_changes(), newest, MOST_FOUND).rows


def _meanings(text: str) -> Iterator[tuple[str, str]]:
    """(part of a table's name, record key): `68` is a key, `order 68` is one of a table or a key with a blank in it."""
    of_table, _, rest = text.strip().partition(" ")
    for name, key in (("", text),) if not rest else ((of_table, rest), ("", text)):
        if key.strip():
            yield name, orjson.dumps([part.strip() for part in key.split(",")]).decode()


def _records(tables: list[Table], key: str) -> Places:
    missing = {table.pk: table.source_id for table in tables}
    found: Places = []
    with connection.cursor() as cursor:
        for first, end in windows(0, HIGHEST_ID) if missing else ():
            values = {
                "sources": list(missing.values()),
                "tables": list(missing),
                "key": key,
                "first": first,
                "end": end,
            }
            cursor.execute(RECORDS, values)
            for source_id, number, baseline, table_id in cursor.fetchall():
                found.append((source_id, number, baseline))
                del missing[table_id]
            if len(found) >= MOST_FOUND or not missing:
                break
    return found


def _literal(word: str) -> str:
    """The word as a pattern that matches itself alone."""
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
