"""Which server an address leads to, and in which state of it: its identity, its timeline and the end of its log."""

from typing import NamedTuple

from psycopg import sql

from statetrace_ui.wal.connection import SourceError, connect_for_replication, readable_errors
from statetrace_ui.wal.lsn import parse_lsn


class ServerState(NamedTuple):
    """system_identifier: the id of the data folder, which copies of it share. lsn: how far its log is on disk.

    standby: whether it replays the log of another server.
    """

    system_identifier: str
    timeline: int
    lsn: int
    standby: bool = False


def server_state(url: str) -> ServerState:
    """Raises SourceError."""
    with connect_for_replication(url) as walsender, readable_errors("The server does not report its identity"):
        row = walsender.execute("IDENTIFY_SYSTEM").fetchone()
        recovers = walsender.execute("SELECT pg_catalog.pg_is_in_recovery()").fetchone()
    if row is None or recovers is None:
        raise SourceError("The server does not report its identity.")
    # A text, as every value of a connection for replication.
    return ServerState(str(row[0]), int(row[1]), parse_lsn(row[2]), recovers[0] in (True, "t"))


def end_of_timeline(url: str, former: int, timeline: int) -> int | None:
    """The LSN at which `timeline`, the server's own, left `former`; None if it does not descend from it.

    Raises SourceError.
    """
    if timeline <= former:  # the first has no file, and numbers only grow
        return None
    with connect_for_replication(url) as walsender, readable_errors("The server does not report its timelines"):
        row = walsender.execute(sql.SQL("TIMELINE_HISTORY {}").format(timeline)).fetchone()
    content = row[1] if row else ""
    text = content if isinstance(content, str) else bytes(content).decode(errors="replace")  # by the server's version
    # Each line is: parent timeline, tab, LSN of the switch, tab, reason.
    parents = dict(line.split("\t")[:2] for line in text.splitlines() if line[:1].isdigit())
    lsn = parents.get(str(former))
    return parse_lsn(lsn) if lsn else None
