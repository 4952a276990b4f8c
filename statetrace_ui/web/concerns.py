"""What rooms say that needs somebody's attention. Each has a `concerns` that tells its own; `attention` joins them.

Pure.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from statetrace_ui.web.tones import Tone

MOST_EACH = 100  # of one kind that a room tells


class Severity(IntEnum):
    """The worse, the higher."""

    NOTICE = 1
    WARNING = 2
    URGENT = 3

    @property
    def label(self) -> str:
        return self.name.capitalize()

    @property
    def tone(self) -> Tone:
        return TONES[self]


class Kind(StrEnum):
    """What it is about, by the page that leads to it."""

    SYNC = "sync"
    SOURCE = "source"
    GAP = "gap"
    VERIFICATION = "verification"
    FLOW = "flow"
    OUTSIDE = "outside"
    DELIVERY = "delivery"
    TOKEN = "token"  # noqa: S105 - no secret
    DISK = "disk"

    @property
    def label(self) -> str:
        return LABELS[self]


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that needs attention.

    key: names it in its organisation, whatever becomes of it. what: a short sentence; message: what was said of it, of
    whatever length. advice: what a manager does about it;
    ask: what others do. since: when it began; None: not known by whoever tells, so it is when it was first noticed.
    latest: `since` is when the latest of several happened. mark: what tells such an occurrence from an earlier one.
    person: whom alone it concerns. about: the thing that people watch, `flow ID` or `source ID`; '' for none.
    """

    key: str
    kind: Kind
    severity: Severity
    what: str
    advice: str
    ask: str
    url: str
    since: datetime | None
    count: str = ""
    latest: bool = False
    mark: str = ""
    for_managers: bool = False
    person: int | None = None
    about: str = ""
    message: str = ""

    @property
    def sentence(self) -> str:
        """With its message, for lists and mails, which have no second line."""
        return f"{self.what.removesuffix('.')}: {self.message}" if self.message else self.what

    @property
    def occurrence(self) -> str:
        """What is another text when it begins anew; '' as long as nobody knows when it began."""
        return self.mark or (self.since.isoformat() if self.since else "")


TONES = {Severity.NOTICE: Tone.INFO, Severity.WARNING: Tone.WARN, Severity.URGENT: Tone.BAD}
LABELS = {
    Kind.SYNC: "Syncs",
    Kind.SOURCE: "Sources",
    Kind.GAP: "Gaps",
    Kind.VERIFICATION: "Verification",
    Kind.FLOW: "User flows",
    Kind.OUTSIDE: "From outside",
    Kind.DELIVERY: "Deliveries",
    Kind.TOKEN: "Tokens",
    Kind.DISK: "Disk",
}
