"""What counts as a screenshot of a foreign file. Pure."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
MOST = 400  # of a session
LARGEST = 200_000  # bytes of one; DevTools' own are a third of that
BEGINNINGS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def kind_of(image: bytes) -> str | None:
    """The media type that the first bytes say; None for what no browser shall be given."""
    return next((kind for beginning, kind in BEGINNINGS.items() if image.startswith(beginning)), None)


def thinned(pictures: Sequence[T]) -> Sequence[T]:
    """At most MOST of them, evenly."""
    if len(pictures) <= MOST:
        return pictures
    return [pictures[number * len(pictures) // MOST] for number in range(MOST)]
