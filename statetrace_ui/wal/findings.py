"""What a preflight finds, and the list of checks that people read: each in order, worth knowing, or to be mended."""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

STATES = ("blocking", "advice", "unknown", "ok")


class Topic(Enum):
    """What is looked at, in the order in which people mend it."""

    CONNECTION = "The server answers, and takes the role's password"
    VERSION = "PostgreSQL 14 or newer"
    NEW = "The database is no other source yet"
    PRIMARY = "The primary, not a standby"
    WAL_LEVEL = "The log holds logical changes (wal_level)"
    MAY_REPLICATE = "The role may replicate"
    MAY_PUBLISH = "The role may create a publication"
    SLOTS = "Replication slots are free"
    SENDERS = "WAL senders are free"
    OWNERS = "The role may publish every table"
    READABLE = "The role may read every table"
    KEYS = "Every table has a key"
    GENERATED = "No generated column identifies rows"
    NAMES = "Slot and publication have names of their own"
    ANNOTATIONS = "The application can say who did what"
    RETAINED = "The log that is kept for capture is limited"
    IDLE = "Slots outlive pauses"
    LOGGED = "Every table writes to the log"


class Finding(NamedTuple):
    """One thing that is wrong or worth knowing, as a sentence. fatal: capture cannot or must not start.

    statement: the SQL that mends it, if SQL can; '' else.
    """

    sentence: str
    fatal: bool = True
    topic: Topic = Topic.CONNECTION
    statement: str = ""


class Check(NamedTuple):
    """A line of the list. state: one of STATES; `unknown`: nobody could look so far."""

    title: str
    state: str
    sentences: list[str]
    statement: str


def checklist(findings: Iterable[Finding]) -> list[Check]:
    """All topics with what was found, what must be mended first.

    Where the server was not reached, or is too old, the rest is unknown.
    """
    found = list(findings)
    stopped = next((one.topic for one in found if one.topic in (Topic.CONNECTION, Topic.VERSION)), None)
    known = [topic for topic in Topic if stopped is None or _order(topic) <= _order(stopped)]
    checks = [_check(topic, [one for one in found if one.topic is topic], topic in known) for topic in Topic]
    return sorted(checks, key=lambda check: STATES.index(check.state))


def _order(topic: Topic) -> int:
    return list(Topic).index(topic)


def _check(topic: Topic, found: list[Finding], known: bool) -> Check:
    state = "blocking" if any(one.fatal for one in found) else "advice" if found else "ok" if known else "unknown"
    statement = "\n".join(one.statement for one in found if one.statement)
    return Check(topic.value, state, [one.sentence for one in found], statement)
