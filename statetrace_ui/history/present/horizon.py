"""Where history stands at a moment of the source, for comparing it with the rows of that moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from statetrace_ui.wal.protocol import XIDS
from statetrace_ui.wal.readings import Visible

# Transactions of before the moment that its snapshot does not show yet are among the newest ones.
NEWEST = 100_000
# The last id before the first transaction that came later.
UNTIL = """
SELECT COALESCE(
    (SELECT first_change - 1 FROM history_transaction
     WHERE source_id = %(source)s AND era = %(era)s AND commit_lsn >= %(lsn)s AND first_change IS NOT NULL
     ORDER BY commit_lsn LIMIT 1),
    (SELECT id FROM history_change WHERE source_id = %(source)s ORDER BY id DESC LIMIT 1), 0)
"""
CANDIDATES = """
SELECT id, xid FROM (
    SELECT id, xid, commit_lsn FROM history_transaction
    WHERE source_id = %(source)s AND era = %(era)s AND commit_lsn < %(lsn)s ORDER BY commit_lsn DESC LIMIT %(most)s
) AS newest
WHERE xid IS NOT NULL AND (
    commit_lsn >= %(since)s OR xid = ANY (%(running)s) OR ((xid - %(xmax)s) & 4294967295) < 2147483648)
"""


@dataclass(frozen=True)
class Horizon:
    """What of history counts: the changes up to an id, but for transactions that the snapshot does not show."""

    until: int
    unseen: Sequence[int] = ()


def horizon(source_id: int, era: int, since: int, lsn: int, visible: Visible) -> Horizon:
    """What of history a snapshot shows. Everything that was committed before `lsn` must be stored, in this era.

    since: a position of the log shortly before the snapshot. A transaction is in the log before others see it, as long
    as it waits for a standby: such transactions are among those that were running, or at the end of all.
    """
    with connection.cursor() as cursor:
        names = {"source": source_id, "era": era, "lsn": lsn, "since": since, "most": NEWEST}
        cursor.execute(UNTIL, names)
        [until] = cursor.fetchone()
        running = [xid % XIDS for xid in visible.running]
        cursor.execute(CANDIDATES, {**names, "running": running, "xmax": visible.xmax % XIDS})
        unseen = [number for number, xid in cursor.fetchall() if xid not in visible]
    return Horizon(until, unseen)
