"""Which server an address leads to, and in which state of it: its identity, its timeline and the end of its log."""

from typing import NamedTuple

from psycopg import sql

from statetrace_ui.wal.connection import SourceError, connect_for_replication, readable_errors
from statetrace_ui.wal.lsn import parse_lsn


class ServerState(NamedTuple):
    """system_identifier: the id of the data folder, which copies of it share. lsn: how far its log is on disk."""

    system_identifier: str
    timeline: int
    lsn: int


def server_state(url: str) -> ServerState:
    """Raises SourceError."""
    with connect_for_replication(url) as walsender, readable_errors("The server does not report its identity"):
        row = walsender.execute("IDENTIFY_SYSTEM").fetchone()
    if row is None:
        raise SourceError("The server does not report its identity.")
    return ServerState(str(row[0]), int(row[1]), parse_lsn(row[2]))


def end_of_timeline(url: str, former: int, timeline: int) -> int | None:
    """The LSN at which `timeline`, the server's own, left `former`; None if it does not descend from it.

    Raises SourceError.
    """
    with connect_for_replication(url) as walsender, readable_errors("The server does not report its timelines"):
        row = walsender.execute(sql.SQL("TIMELINE_HISTORY {}").format(timeline)).fetchone()
    content = row[1] if row else ""
    text = content if isinstance(content, str) else bytes(content).decode(errors="replace")  # by the server's version
    # Each line is: parent timeline, tab, LSN of the switch, tab, reason.
    parents = dict(line.split("\t")[:2] for line in text.splitlines() if line[:1].isdigit())
    lsn = parents.get(str(former))
    return parse_lsn(lsn) if lsn else None
