"""Parts of a history in which statements look one after the other, the newest first, until they have found enough.

The planner considers every partition whose ids a statement does not rule out by constants. So what a page costs depends
on how far back it must look, not on how many partitions there are.
"""

from collections.abc import Iterator

from django.db import connection

from statetrace_ui.history import partition_ranges

STARTS = """
SELECT DISTINCT first_id FROM history_partition WHERE first_id > %s AND first_id < %s ORDER BY first_id DESC
"""


def windows(first: int, end: int) -> Iterator[partition_ranges.Range]:
    """The ids from `first` until before `end` in parts, the newest first; none is left out, whatever is partitioned."""
    with connection.cursor() as cursor:
        cursor.execute(STARTS, [first, end])
        starts = [start for (start,) in cursor.fetchall()]
    return partition_ranges.windows(starts, first, end)
