"""Whether a server is still the one that a source's history was taken from, in a state that continues it.

A server that was set back to an earlier state, or a copy of it, keeps its identity, and often its slots. Its log then
goes on from an earlier position with other transactions, and streaming from the stored position would skip them.
"""

from statetrace_ui.capture.gaps import HistoryDiverged, OtherServer
from statetrace_ui.history import queries
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import set_back
from statetrace_ui.wal import records
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.wal.server import ServerState, end_of_timeline


def check_identity(source: Source, state: ServerState) -> None:
    """Raises OtherServer. A copy of the server, such as a standby, has the same identity."""
    if source.system_identifier not in ("", state.system_identifier):
        raise OtherServer(source)


def check_server(source: Source, state: ServerState) -> None:
    """Raises OtherServer or HistoryDiverged if the server cannot be the one that the history was taken from.

    Raises SourceError for a standby: it may be behind the server that it follows, and is promoted later if at all.
    A server whose log has grown past the stored position since it was set back is found by `ResentTransactions` only.
    """
    check_identity(source, state)
    if state.standby:
        raise SourceError("The address leads to a standby. Capture goes on once it is promoted or the primary is back.")
    if source.diverged:
        raise HistoryDiverged(source, "it was found so by an earlier version")
    if source.timeline not in (None, state.timeline):
        _check_timeline(source, state)
    if state.lsn < source.position:
        raise HistoryDiverged(source, f"its log ends at {format_lsn(state.lsn)}")


def _check_timeline(source: Source, state: ServerState) -> None:
    """A standby was promoted, or a backup recovered: history goes on if all of it was there by then.

    The former server may have sent positions, but no transaction, that the new one never received. Then what the new
    one wrote in place of them is still to come, and the position goes back to where the timelines part.
    """
    switch = end_of_timeline(source.url, source.timeline or 0, state.timeline)
    if switch is None or switch < max(queries.end_of_stored(source), source.inserts_from):
        where = "does not descend from" if switch is None else f"left at {format_lsn(switch)}"
        raise HistoryDiverged(source, f"its timeline {state.timeline} {where} timeline {source.timeline}")
    if switch < source.position:
        set_back(source, switch)


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
        if any(change.relation.table_name != self._source.annotation_table for change in transaction.changes):
            self._last = transaction
        return True

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


def _is_same(commit_lsn: int, xid: int | None, transaction: records.Transaction) -> bool:
    return (commit_lsn, xid) == (transaction.commit_lsn, transaction.xid)
