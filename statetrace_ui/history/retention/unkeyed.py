"""Which rows of tables without a key live on: such a row is known by its values alone, and equal rows by their number.

So the database counts: of equal rows as many live on as were added more often than taken away, and the newest changes
that added them stand for them. While a run goes on, the rows that it has not reached yet may seem fewer than they are.
"""

from dataclasses import replace

from django.db import connection

from statetrace_ui.history.models import KeptRow
from statetrace_ui.history.retention.rules import Limit

OF_TABLE = "source_id = %(source)s AND table_id = %(table)s AND record_key = '' AND id < %(end)s"
RESET = f"SELECT max(id) FROM history_change WHERE {OF_TABLE} AND kind = ANY ('{{T,S,E}}')"  # noqa: S608
ALTERED = f"SELECT EXISTS (SELECT FROM history_change WHERE {OF_TABLE} AND kind = 'A' AND id > %(reset)s)"  # noqa: S608
IS_UNKEYED = f"""
SELECT EXISTS (SELECT FROM history_change WHERE {OF_TABLE} AND kind = ANY ('{{I,U,B}}') AND id > %(reset)s)
"""  # noqa: S608
# The same columns all the time, since nothing was altered.
NOTE = f"""
WITH event AS (
    SELECT id, md5(new::text) AS digest, 1 AS added FROM history_change
    WHERE {OF_TABLE} AND id > %(reset)s AND kind = ANY ('{{I,U,B}}')
    UNION ALL
    SELECT id, md5(old::text), -1 FROM history_change
    WHERE {OF_TABLE} AND id > %(reset)s AND kind = ANY ('{{U,D}}')),
counted AS (
    SELECT id, added, sum(added) OVER (PARTITION BY digest) AS living,
           row_number() OVER (PARTITION BY digest, added ORDER BY id DESC) AS nth FROM event)
INSERT INTO history_keptrow (source_id, change_id)
SELECT %(source)s, id FROM counted WHERE added = 1 AND nth <= living ON CONFLICT DO NOTHING
"""  # noqa: S608


def limited(source_id: int, limit: Limit) -> Limit:
    """Note the rows of the table that live on. Where that cannot be told, what may tell it stays: a lower limit.

    After a table's columns were altered its rows are known under names of before, until it is read again.
    """
    values = {"source": source_id, "table": limit.table_id, "end": limit.first_kept}
    with connection.cursor() as cursor:
        cursor.execute(RESET, values)
        reset = cursor.fetchone()[0] or 0
        cursor.execute(IS_UNKEYED, {**values, "reset": reset})
        if not cursor.fetchone()[0]:
            return limit
        cursor.execute(ALTERED, {**values, "reset": reset})
        if cursor.fetchone()[0]:
            return replace(limit, first_kept=reset)
        cursor.execute(NOTE, {**values, "reset": reset})
    return limit


def forget(source_id: int) -> None:
    KeptRow.objects.filter(source=source_id).delete()
