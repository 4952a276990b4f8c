"""What makes a gap in a source's history. Each error says since when changes are missing, why, and what happens now.

How a source goes on after one: `recovery.py`.
"""

from statetrace_ui.history.gap_store import Loss, known_end
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.history.models.gaps import position_in_words
from statetrace_ui.installation import command
from statetrace_ui.wal.connection import SourceError

GOES_ON = "Capture goes on by itself: it compares all tables with history."


class GapFound(SourceError):
    """Not all that followed the last stored transaction can be captured."""

    def __init__(self, sentence: str, loss: Loss) -> None:
        super().__init__(sentence, loss.detail)
        self.loss = loss


class OtherServer(GapFound):
    """The address leads to a server with another identity. Whether it is the right one only a person can tell."""

    def __init__(self, source: Source) -> None:
        again = command(f"add_source {source.name} URL")
        super().__init__(
            f"Changes since {known_until(source)} are not captured: the address now leads to another server."
            f" If the database has moved there, run `{again}` with this address: all tables are compared with history,"
            " and capture goes on there. Else give the right address in the same way. If the former server answers"
            " again under this address, capture goes on by itself.",
            Loss(Gap.Reason.OTHER_SERVER, "the address leads to another server", waits=True),
        )


class HistoryDiverged(GapFound):
    """The server, or the copy of it that the address leads to, is in a state that history does not lead to."""

    def __init__(self, source: Source, proof: str) -> None:
        super().__init__(
            f"The server is in another state than the one that history was taken from, as after a restore: history has"
            f" its changes up to {known_until(source)}, but {proof}. {GOES_ON}",
            Loss(Gap.Reason.SET_BACK, f"the server was set back to an earlier state: {proof}"),
        )


class ChangesMissed(GapFound):
    """The slot, or what it sends, has a gap."""

    def __init__(
        self, source: Source, why: Gap.Reason, sentence: str, detail: str = "", *, certain: bool = True
    ) -> None:
        missing = Gap(certain=certain).missing
        super().__init__(
            f"Changes since {known_until(source)} {missing}: {sentence}. {GOES_ON}",
            Loss(why, sentence, detail, certain),
        )


def known_until(source: Source) -> str:
    """When and where what is known of the source ends."""
    return position_in_words(*known_end(source))
