"""Whether a server is still the one that a source's history was taken from, in a state that continues it.

A server that was set back to an earlier state, or a copy of it, keeps its identity, and often its slots. Its log then
goes on from an earlier position with other transactions, and streaming from the stored position would skip them.
"""

from statetrace_ui.capture.gaps import HistoryDiverged, OtherServer
from statetrace_ui.history import queries
from statetrace_ui.history.models import Source
from statetrace_ui.wal import records
from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.wal.messages import is_message
from statetrace_ui.wal.server import ServerState, end_of_timeline


def check_server(source: Source, state: ServerState) -> None:
    """Raises OtherServer or HistoryDiverged if the server cannot be the one that the history was taken from.

    A server whose log has grown past the stored position since it was set back is found by `ResentTransactions` only.
    """
    if source.system_identifier not in ("", state.system_identifier):
        raise OtherServer(source)
    if state.lsn < source.position:
        raise HistoryDiverged(source, f"its log ends at {format_lsn(state.lsn)}")
    if source.timeline not in (None, state.timeline):
        switch = end_of_timeline(source.url, source.timeline or 0, state.timeline)
        if switch is None or switch < source.position:
            where = "does not descend from" if switch is None else f"left at {format_lsn(switch)}"
            raise HistoryDiverged(source, f"its timeline {state.timeline} {where} timeline {source.timeline}")


class ResentTransactions:
    """Compares what the slot sends again, up to the stored position, with what history has of it.

    After a crash of either side the slot sends transactions again that are stored already: the same ones. If the
    server was set back, it sends those that took their place, or none. So the last one must be the same on both sides.

    confirmed: where the slot begins to send; it must not be acknowledged further before `proven`, which is set when
    the server has sent everything up to the stored position.
    """

    def __init__(self, source: Source, confirmed: int) -> None:
        self._source = source
        self.confirmed = confirmed
        self.proven = confirmed >= source.position
        self._awaited = None if self.proven else queries.last_commit(source, confirmed, source.position)
        self._last: records.Transaction | None = None  # that was sent again and must be in history

    def take(self, transaction: records.Transaction) -> bool:
        """Whether the transaction was sent again, and is not to be stored. Raises HistoryDiverged."""
        if transaction.end_lsn > self._source.position:
            self.reached(transaction.end_lsn)
            return False
        if self._awaited and _is_same(self._awaited.commit_lsn, self._awaited.xid, transaction):
            self._awaited = None
        # A transaction that only announces a session is stored without a row.
        if any(self._leaves_a_row(change) for change in transaction.changes):
            self._last = transaction
        return True

    def _leaves_a_row(self, change: records.Change) -> bool:
        return not is_message(change.relation) and change.relation.table_name != self._source.annotation_table

    def reached(self, lsn: int) -> None:
        """The server has sent everything before `lsn`. Raises HistoryDiverged."""
        if self.proven or lsn < self._source.position:
            return
        if self._awaited:
            raise HistoryDiverged(self._source, f"transaction {self._awaited.xid} is not in its log")
        if self._last and not queries.has_commit(self._source, self._last.commit_lsn, self._last.xid):
            raise HistoryDiverged(self._source, f"its transaction {self._last.xid} is not in history")
        self._last = None
        self.proven = True
        Source.objects.filter(pk=self._source.pk, diverged=True).update(diverged=False)


def _is_same(commit_lsn: int, xid: int | None, transaction: records.Transaction) -> bool:
    return (commit_lsn, xid) == (transaction.commit_lsn, transaction.xid)
