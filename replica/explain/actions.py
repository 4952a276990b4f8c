"""Which actions of audited sessions a captured request caused: same path, committed while it was under way. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

A = TypeVar("A")
SLACK_MS = 250.0  # how far the clocks of a device and of a database may differ, when they are said to be the same


@dataclass(frozen=True, slots=True)
class Committed(Generic[A]):
    """An action and its path; `at` is when it committed, in ms of the session."""

    action: A
    path: str
    at: float


def caused_by(path: str, start: float, end: float, actions: Sequence[Committed[A]]) -> list[A]:
    """The actions that a request for `path` caused, those nearest to its end first."""
    wanted = plain_path(path)
    near = [one for one in actions if plain_path(one.path) == wanted and start - SLACK_MS <= one.at <= end + SLACK_MS]
    return [one.action for one in sorted(near, key=lambda one: abs(end - one.at))]


def plain_path(path: str) -> str:
    """A path as applications see it: decoded, without its query."""
    return unquote(path.partition("?")[0])
