"""What a format is: one of the modules in `formats/` describes each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from replica.importing.bundle import Bundle


@dataclass(frozen=True)
class Format:
    """A kind of file that becomes sessions; the suffix is usual, but never looked at.

    Both functions take the content of a file: the value that its JSON text means, or bytes if it is not JSON.
    `recognises` answers for content of any shape, and holds for no other format's files. `read` raises ImportFailed.
    """

    name: str
    suffix: str
    recognises: Callable[[Any], bool]
    read: Callable[[Any], list[Bundle]]

    @property
    def title(self) -> str:
        """`HTTP archive (.har)`"""
        return f"{self.name} ({self.suffix})"
