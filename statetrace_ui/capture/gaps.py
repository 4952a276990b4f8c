"""The errors after which a source cannot go on. Each says since when changes are missing, why, and what to do."""

from statetrace_ui.history import queries
from statetrace_ui.history.models import Source
from statetrace_ui.installation import command
from statetrace_ui.wal.connection import SlotLost, SourceError
from statetrace_ui.wal.lsn import format_lsn

# Positions order a source's history. Positions of another server, or of one that was set back to an earlier state,
# cannot be compared with them.
OTHER_LOG = "The history of {} comes from another server or from another state of this one. Add it under another name."


class OtherServer(SourceError):
    """The address leads to a server with another identity."""

    def __init__(self, source: Source) -> None:
        again = command(f"add_source {source.name} URL")
        super().__init__(
            f"Changes since {known_until(source)} were not captured: the address now leads to another server."
            f" Run `{again}` with the right address, or add this server under another name."
        )


class HistoryDiverged(SourceError):
    """The server, or the copy of it that the address leads to, is in a state that history does not lead to."""

    def __init__(self, source: Source, proof: str) -> None:
        again = command(f"add_source {source.name} URL")
        super().__init__(
            f"The server is in another state than the one that history was taken from, as after a restore: history has"
            f" its changes up to {known_until(source)}, but {proof}. Nothing more is captured. Add the server under"
            f" another name; if the address leads to a copy by mistake, run `{again}` with the right one."
        )


class ChangesMissed(SlotLost):
    """The slot, or what it sends, has a gap. Only a new baseline helps."""

    def __init__(self, source: Source, reason: str, detail: str = "", certain: bool = True) -> None:
        again = command(f"add_source {source.name} URL")
        missing = "were not captured" if certain else "may be missing"
        super().__init__(
            f"Changes since {known_until(source)} {missing}: {reason}."
            f" Run `{again}` to take a new baseline and go on from there.",
            detail,
        )


def known_until(source: Source) -> str:
    """When and where what is known of the source ends."""
    last = queries.last_transaction(source)
    moment = last.committed_at if last else source.added_at
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC (position {format_lsn(source.position)})"
