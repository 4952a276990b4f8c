"""Looks up many records, each as of a moment of its own, in one statement for each window of ids."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from statetrace_ui.history.models import Change
from statetrace_ui.history.queries.excerpts import IN_A_LINE, with_excerpts
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.ranges import fetched
from statetrace_ui.history.queries.windows import windows

# The newest change of the record up to the moment, and whether it ended since: its key was changed, or its table was
# emptied, read anew or left capture. Each look-up enters the index of records in one branch: see `earlier_rows.py`.
OWN = """
    (SELECT id, kind, baseline FROM history_change
     WHERE {branch} AND source_id = asked.source_id AND table_id = asked.table_id AND record_key = asked.key
       AND id <= asked.until AND id >= %(first)s AND id < %(end)s
     ORDER BY id DESC LIMIT 1)"""
LATER = """
LEFT JOIN LATERAL (
    SELECT id FROM history_change
    WHERE NOT baseline AND source_id = asked.source_id AND table_id = asked.table_id AND {condition}
      AND id <= asked.until AND id >= %(first)s AND id < %(newest)s
    ORDER BY id DESC LIMIT 1) AS {name} ON {name}.id > own.id"""
REFERRED = f"""
SELECT asked.number, own.id, own.baseline, own.kind <> 'D' AND moved.id IS NULL AND reset.id IS NULL
FROM unnest(%(numbers)s::int[], %(sources)s::int[], %(tables)s::int[], %(keys)s::text[], %(untils)s::bigint[])
     AS asked (number, source_id, table_id, key, until)
CROSS JOIN LATERAL ({OWN.format(branch="NOT baseline")} UNION ALL {OWN.format(branch="baseline")}
    ORDER BY id DESC LIMIT 1) AS own
{LATER.format(name="moved", condition="old_record_key = asked.key AND old_record_key <> ''")}
{LATER.format(name="reset", condition="record_key = '' AND kind IN ('T', 'S', 'E')")}
"""  # noqa: S608 - no text of others


class Asked(NamedTuple):
    """A record as of a moment. until: the id of the last change that counts."""

    source_id: int
    table_id: int
    key: str
    until: int


def last_changes(asked: Sequence[Asked]) -> dict[Asked, Change]:
    """The last changes of the records that there were, with the beginnings of their rows. Others are missing."""
    found: dict[int, tuple[int, bool, bool]] = {}
    newest = max((one.until for one in asked), default=0) + 1
    for first, end in windows(0, newest) if asked else ():
        sought = {number: one for number, one in enumerate(asked) if number not in found and one.until >= first}
        if sought:
            found |= _between(first, end, newest, sought)
        if len(found) == len(asked):
            break
    alive = {asked[number]: (number, pk, baseline) for number, (pk, baseline, lives) in found.items() if lives}
    places = list({(one.source_id, pk, baseline) for one, (_, pk, baseline) in alive.items()})
    rows = with_excerpts(joined(Change.objects.all(), "relation", "table", without=["old", "new"]), IN_A_LINE)
    changes = {change.pk: change for change in fetched(rows, places, len(places)).rows}
    return {one: changes[pk] for one, (_, pk, _) in alive.items() if pk in changes}


def _between(first: int, end: int, newest: int, asked: dict[int, Asked]) -> dict[int, tuple[int, bool, bool]]:
    """{number: (id, baseline, whether the record lived on)} of those whose last change is one of these ids."""
    sources, tables, keys, untils = (list(column) for column in zip(*asked.values(), strict=True))
    values: dict[str, Any] = {"numbers": list(asked), "sources": sources, "tables": tables, "keys": keys}
    values |= {"untils": untils, "first": first, "end": end, "newest": newest}
    with connection.cursor() as cursor:
        cursor.execute(REFERRED, values)
        return {number: (pk, baseline, lives) for number, pk, baseline, lives in cursor.fetchall()}
