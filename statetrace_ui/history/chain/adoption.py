"""Takes a history that is older than the chain into it, as it is: migration 0013.

What the chain proves of these rows is that they are as they were then.
"""

import time
from collections.abc import Callable, Iterator

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain import lines
from statetrace_ui.history.chain.canonical import NOTED, RANGED, Kind, Section
from statetrace_ui.history.chain.verify import LOWEST, STATE_TABLES
from statetrace_ui.history.chain.writer import ChainWriter, chunks

REPORT_SECONDS = 5.0
WITHOUT_CHAIN = """
SELECT id FROM history_source WHERE id NOT IN (SELECT source_id FROM history_chainkey)
AND EXISTS (SELECT FROM history_relation WHERE source_id = history_source.id) ORDER BY id
"""
STATES = "SELECT id FROM {} WHERE source_id = %s AND id > %s ORDER BY id LIMIT 10000"
Report = Callable[[str], None]


def adopt_histories(report: Report = print) -> None:
    """Begin the chains of all sources that have none, each in one transaction: killed, it begins that source again."""
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT_CHAIN)
        for (source_id,) in cursor.fetchall():
            with transaction.atomic():
                rows = _adopt(cursor, source_id, report)
            report(f"  history: the chain of source {source_id} covers its {rows:,} rows.")


def _adopt(cursor: CursorWrapper, source_id: int, report: Report) -> int:
    chain = ChainWriter(cursor, source_id, Kind.ADOPTED)
    done, told = 0, time.monotonic()
    for section in RANGED:
        for chunk in chunks(lines.between(cursor, section, source_id, LOWEST)):
            chain.add(section, chunk)
            done += len(chunk)
            if time.monotonic() - told > REPORT_SECONDS:
                told = time.monotonic()
                report(f"  history: {done:,} rows of source {source_id} are in its chain so far.")
    for section in NOTED:
        for ids in _state_ids(cursor, section, source_id):
            chain.added(section, ids)
            done += len(ids)
    chain.extend()
    return done


def _state_ids(cursor: CursorWrapper, section: Section, source_id: int) -> Iterator[list[int]]:
    after = LOWEST
    while True:
        cursor.execute(STATES.format(STATE_TABLES[section]), [source_id, after])
        ids = [number for (number,) in cursor.fetchall()]
        if not ids:
            return
        yield ids
        after = ids[-1]
