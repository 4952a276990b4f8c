"""A transaction's changes as lines, kept in memory while they are few and small, else in a temporary file."""

import tempfile
import weakref
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, NamedTuple

from statetrace_ui.wal.lines import change_of, line_of
from statetrace_ui.wal.records import Change, Relation, record_key

MOST_IN_MEMORY = 20_000_000  # bytes
MOST_IN_RUN = 1_000  # lines
MOST_BYTES_IN_RUN = 4_000_000
# A line that is no change says of which relation the next ones are, by its number. No kind of change is written so.
_RELATION = ord("@")


class Place(NamedTuple):
    """A place between two changes. size: bytes of the lines before it; changes: how many these are."""

    size: int
    changes: int


Run = tuple[Relation, list[bytes]]


class ChangeList:
    """Grows by `extend` and `append`, and can be read any number of times. The file is deleted with the object.

    relations: those of its changes, in the order of their first ones.
    """

    # A stream of small transactions makes very many of these: the fewer containers in each, the less is collected.
    __slots__ = (
        "__weakref__",
        "_count",
        "_file",
        "_latest",
        "_lines",
        "_most",
        "_moved",
        "_numbers",
        "_size",
        "_written",
        "relations",
    )

    def __init__(self, most_in_memory: int = MOST_IN_MEMORY) -> None:
        self._most = most_in_memory
        self._lines: list[bytes] = []  # those that are not in the file
        self._count = 0
        self._size = 0  # in bytes, of all lines
        self._written = 0  # of them, in the file
        self._file: IO[bytes] | None = None
        # Of each relation, by its object's id: its number, and how many bytes come before its first line.
        self._numbers: dict[int, tuple[int, int]] = {}
        self._latest: Relation | None = None
        self._moved: frozenset[int] = frozenset()  # numbers of relations whose key is another than that of their lines
        self.relations: list[Relation] = []

    def __len__(self) -> int:
        return self._count

    @property
    def place(self) -> Place:
        """Where the next change goes."""
        return Place(self._size, self._count)

    @property
    def size(self) -> int:
        """Bytes of its lines."""
        return self._size

    def extend(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.append(change.relation, line_of(change))

    def append(self, relation: Relation, line: bytes) -> None:
        """Add a change by its line. A relation is known by its object: comparing shapes is slow."""
        if relation is not self._latest:
            self._turn_to(relation)
        self._lines.append(line)
        self._count += 1
        self._size += len(line)
        if self._size - self._written > self._most:
            self.spill()

    def describe_again(self, before: Relation, relation: Relation) -> None:
        """The changes of a relation get another description of it, with the same columns and rules."""
        known = self._numbers.get(id(before))
        if known:
            self.relations[known[0]] = relation
            if relation.key != before.key:
                self._moved |= {known[0]}

    def cut(self, place: Place) -> None:
        """Forget all changes from the place on."""
        if place.size < self._written and self._file:
            self._file.truncate(place.size)
            self._file.seek(place.size)
            self._lines, self._size = [], place.size
            self._written = place.size
        while self._size > place.size:
            self._size -= len(self._lines.pop())
        while self.relations and self._numbers[id(self.relations[-1])][1] >= place.size:
            del self._numbers[id(self.relations.pop())]
        self._count, self._latest = place.changes, None

    def spill(self, most: int = 0) -> None:
        """Write all to the file, if there are more than `most` bytes in memory."""
        if self._size - self._written <= most:
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="statetrace-transaction-")  # noqa: SIM115
            weakref.finalize(self, self._file.close)
        self._file.seek(self._written)
        self._file.writelines(self._lines)
        self._lines, self._written = [], self._size

    def finished(self) -> "ChangeList":
        """Write the rest to the file, if the beginning is in one."""
        if self._file:
            self.spill()
            self._file.flush()
        return self

    def close(self) -> None:
        """Forget all changes."""
        self.cut(Place(0, 0))
        if self._file:
            self._file.close()

    def runs(self) -> Iterator[Run]:
        """The lines in their order, in lists of neighbours that share a relation; no list is very large."""
        if self._is_one_run:
            yield self.relations[0], self._lines[1:]
            return
        number, run, size = 0, list[bytes](), 0
        for line in self._all_lines():
            turns = line[0] == _RELATION
            if run and (turns or len(run) >= MOST_IN_RUN or size >= MOST_BYTES_IN_RUN):
                yield self._run(number, run)
                run, size = [], 0
            if turns:
                number = int(line[1:])
            else:
                run.append(line)
                size += len(line)
        if run:
            yield self._run(number, run)

    @property
    def _is_one_run(self) -> bool:
        """As most transactions are: one line says the relation, the others are its changes."""
        return len(self._lines) == self._count + 1 <= MOST_IN_RUN and len(self.relations) == 1 and not self._moved

    def __iter__(self) -> Iterator[Change]:
        for relation, lines in self.runs():
            for line in lines:
                yield change_of(relation, line)

    def _run(self, number: int, lines: list[bytes]) -> Run:
        relation = self.relations[number]
        return relation, [_with_key(relation, line) for line in lines] if number in self._moved else lines

    def _all_lines(self) -> Iterable[bytes]:
        if self._file is None:
            return self._lines
        self._file.seek(0)
        return chain(self._file, self._lines)

    def _turn_to(self, relation: Relation) -> None:
        known = self._numbers.get(id(relation))
        if known is None:
            known = self._numbers[id(relation)] = len(self.relations), self._size
            self.relations.append(relation)
        line = b"@%d\n" % known[0]
        self._lines.append(line)
        self._size += len(line)
        self._latest = relation


def runs_of(changes: Iterable[Change]) -> Iterator[Run]:
    """The same of any changes, which are read while the runs are."""
    if isinstance(changes, ChangeList):
        yield from changes.runs()
        return
    relation, run, size = None, list[bytes](), 0
    for change in changes:
        if run and (change.relation is not relation or len(run) >= MOST_IN_RUN or size >= MOST_BYTES_IN_RUN):
            yield relation, run  # type: ignore[misc]
            run, size = [], 0
        line = line_of(change)
        relation = change.relation
        run.append(line)
        size += len(line)
    if run and relation:
        yield relation, run


def _with_key(relation: Relation, line: bytes) -> bytes:
    change = change_of(relation, line)
    before, after = record_key(relation, change.old), record_key(relation, change.new)
    change.record_key, change.old_record_key = after or before, before if after and before != after else ""
    return line_of(change)
