"""Actions of an annotation table that is read after their transactions were stored.

Such a table is created while capture runs, and applications write to it before it is in the publication. Each of its
rows tells by `xmin` which transaction wrote it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history import annotations
from statetrace_ui.history.annotations import ActionAnnotation, SessionAnnotation
from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.history.rollups import late
from statetrace_ui.history.session_writer import SessionWriter
from statetrace_ui.wal.records import Change

# Ids of transactions return after 2^32; the newest transactions of a source have them but once.
NEWEST = 100_000
MOST_ROWS = 1_000
TRANSACTIONS = """
SELECT DISTINCT ON (xid) xid, id, committed_at, change_count
FROM (SELECT * FROM history_transaction WHERE source_id = %s
      AND era = (SELECT era FROM history_source WHERE id = %s) ORDER BY commit_lsn DESC LIMIT %s) AS newest
WHERE xid = ANY (%s) ORDER BY xid, commit_lsn DESC
"""
# The stream may have brought the same action already.
KNOWN_ACTIONS = (
    "SELECT transaction_id, key, session_id FROM history_action WHERE source_id = %s AND transaction_id = ANY (%s)"
)
NOT_OUTSIDE = (
    "UPDATE history_transaction SET outside = false WHERE source_id = %s AND id = ANY (%s) AND outside RETURNING id"
)


def write_annotations(
    cursor: CursorWrapper,
    source_id: int,
    chain: ChainWriter,
    read_at: datetime,
    rows: Iterable[tuple[Change, int]],
) -> None:
    """Write the sessions of the rows, and those actions whose transactions are stored without them."""
    for batch in _batches(rows):
        writer = SessionWriter(cursor, source_id, chain)
        actions = [(action, xid) for action, xid in _announce(writer, batch, read_at) if action]
        _add_actions(cursor, source_id, writer, actions)


def _announce(
    writer: SessionWriter, batch: list[tuple[Change, int]], read_at: datetime
) -> Iterator[tuple[ActionAnnotation | None, int]]:
    for change, xid in batch:
        match annotations.parse(change.new or {}).annotation:
            case SessionAnnotation() as session:
                writer.announce(session, read_at, happened=False)
            case ActionAnnotation() as action:
                yield action, xid


def _add_actions(
    cursor: CursorWrapper, source_id: int, writer: SessionWriter, actions: list[tuple[ActionAnnotation, int]]
) -> None:
    cursor.execute(TRANSACTIONS, [source_id, source_id, NEWEST, [xid for _, xid in actions]])
    transactions = {xid: rest for xid, *rest in cursor.fetchall()}
    cursor.execute(KNOWN_ACTIONS, [source_id, [number for number, _, _ in transactions.values()]])
    rows = cursor.fetchall()
    known = {(number, key) for number, key, _ in rows}
    missing = [
        (action, transactions[xid])
        for action, xid in actions
        if xid in transactions and (transactions[xid][0], action.key) not in known
    ]
    for action, (_, committed_at, _) in missing:
        writer.mention(action.session_key, committed_at)
    writer.write_sessions()
    for action, (number, committed_at, change_count) in missing:
        writer.add_actions(number, committed_at, change_count, [action])
    writer.write_actions()
    cursor.execute(NOT_OUTSIDE, [source_id, [number for _, (number, _, _) in missing]])
    late.take_back_outside(cursor, source_id, [number for (number,) in cursor.fetchall()])
    sessions: dict[int, late.Sessions] = defaultdict(lambda: late.Sessions(set(), set()))
    for action, (number, _, _) in missing:
        sessions[number].late.update(writer.ids_of([action]))
    for number, _, session_id in rows:
        sessions[number].known.add(session_id)
    late.add_actors(cursor, source_id, sessions)


def _batches(rows: Iterable[tuple[Change, int]]) -> Iterator[list[tuple[Change, int]]]:
    batch: list[tuple[Change, int]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == MOST_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
