"""A transaction's changes, kept in memory while they are few and small, else in a temporary file."""

import tempfile
import weakref
from collections.abc import Iterable, Iterator
from typing import IO

import orjson

from statetrace_ui.wal.records import Change, Relation

MOST_IN_MEMORY = 50_000
MOST_CHARACTERS = 100_000_000


class ChangeList:
    """Grows by `extend` and can be iterated any number of times. The file is deleted with the object."""

    def __init__(self, most_in_memory: int = MOST_IN_MEMORY) -> None:
        self._most = most_in_memory
        self._changes: list[Change] = []
        self._count = 0
        self._characters = 0  # of the changes in memory
        self._file: IO[bytes] | None = None
        self._relations: dict[Relation, int] = {}

    def __len__(self) -> int:
        return self._count

    def extend(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._changes.append(change)
            self._count += 1
            self._characters += change.characters
        if len(self._changes) > self._most or self._characters > MOST_CHARACTERS:
            self._spill()

    def finished(self) -> "ChangeList":
        """Write the rest to the file, if the beginning is in one."""
        if self._file:
            self._spill()
            self._file.flush()
        return self

    def __iter__(self) -> Iterator[Change]:
        if self._file:
            relations = list(self._relations)
            self._file.seek(0)
            for line in self._file:
                number, *rest = orjson.loads(line)
                yield Change(relations[number], *rest)
        yield from self._changes

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="statetrace-transaction-")  # noqa: SIM115
            weakref.finalize(self, self._file.close)
        for change in self._changes:
            number = self._relations.setdefault(change.relation, len(self._relations))
            values = [change.kind, change.old, change.new, change.unchanged, change.record_key, change.old_record_key]
            self._file.write(orjson.dumps([number, *values, change.cut]) + b"\n")
        self._changes, self._characters = [], 0
