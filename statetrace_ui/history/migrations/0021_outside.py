from typing import Any

from django.db import connection, migrations

BATCH_ROWS = 50_000
NEXT = """
SELECT source_id, max(id), count(*) FROM (
    SELECT source_id, id FROM history_transaction
    WHERE source_id = %s AND id > %s ORDER BY id LIMIT %s) AS batch GROUP BY 1
"""
NOTE = """
UPDATE history_transaction AS x SET outside = true
WHERE source_id = %s AND id > %s AND id <= %s AND kind = 'commit' AND NOT outside
  AND NOT EXISTS (SELECT FROM history_action AS a WHERE a.source_id = x.source_id AND a.transaction_id = x.id)
"""


def note_outside(_: Any, __: Any) -> None:
    """In batches, each for good. Doing it again changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM history_source")
        for (source_id,) in cursor.fetchall():
            after = 0
            while True:
                cursor.execute(NEXT, [source_id, after, BATCH_ROWS])
                row = cursor.fetchone()
                if not row:
                    break
                cursor.execute(NOTE, [source_id, after, row[1]])
                after = row[1]


class Migration(migrations.Migration):
    """Not atomic: a large history takes a while, and goes on where a killed migration stopped."""

    atomic = False
    dependencies = [('history', '0020_search')]

    operations = [migrations.RunPython(note_outside, migrations.RunPython.noop)]
