"""A zip file that is sent while it is made: the data, and behind it what it is.

Whoever gets only part of it has a file that no program takes for a whole one: the list of a zip file's contents stands
at its end.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any

from statetrace_ui.history.downloads.about import About, Tally
from statetrace_ui.history.downloads.formats import Format, Lines

LEVEL = 1  # of compression: a higher one takes several times as long and saves a tenth


def archive(
    name: str, kind: Format, lines: Lines, pieces: Iterable[list[Any]], tally: Tally, about: Callable[[], About]
) -> Iterator[bytes]:
    """The bytes of the zip file, in parts. name: of its data. tally: is kept as rows are written.

    If a piece cannot be read the file ends before its end: nothing that is written after that is yielded.
    """
    sent = _Sent()
    with zipfile.ZipFile(sent, "w", kind.compression, compresslevel=LEVEL) as file:  # type: ignore[call-overload]
        with file.open(name, "w", force_zip64=True) as member:
            counted = _Counted(member, tally)
            with closing(kind.writer(counted, lines)) as writer:
                for piece in pieces:
                    for thing in piece:
                        tally.rows += writer.write(thing)
                        tally.things += 1
                    yield sent.take()
            tally.sha256 = counted.digest.hexdigest()
        told = about()
        file.writestr("about.txt", told.as_text())
        file.writestr("about.json", told.as_json())
    yield sent.take()


class _Sent:
    """What is to be sent, as a file that cannot seek."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class _Counted:
    """The data on their way into the file, with their length and digest."""

    def __init__(self, member: Any, tally: Tally) -> None:
        self._member = member
        self._tally = tally
        self.digest = hashlib.sha256()

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self._tally.bytes += len(data)
        self._member.write(data)
        return len(data)
