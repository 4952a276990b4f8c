"""A session's calls on our own disk: a memory-mapped .npy file for each column and level, and an `index.json`."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import orjson

from replica.blocks import folders
from replica.profiles.calls import Array, Calls
from replica.profiles.lod import Items, levels, pyramid
from replica.profiles.recursion import outermost, paths_of

FORMAT = 2  # part of every version: blocks written by another format are rebuilt
COLUMNS = tuple(field.name for field in fields(Calls) if field.name not in ("origin", "notes"))


@dataclass(slots=True, frozen=True)
class Thread:
    """A thread that made calls. `process_id` and `id` are the replica's; times in µs."""

    process_id: int
    id: int
    process: str
    name: str
    calls: int = 0
    busy: int = 0  # time inside root calls
    cpu: int = 0  # of root calls
    depth: int = 0  # number of levels
    lanes: tuple[int, int] = (0, 0)  # its first lane, and the one after its last


@dataclass(slots=True, frozen=True)
class Method:
    """A method as pages show it: `name` is never empty. Methods of one `raw_name` and package are the same code."""

    process_id: int
    id: int
    name: str
    package: str
    raw_name: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.raw_name or self.name, self.package


@dataclass(slots=True)
class Profile:
    """A session's calls as a replica holds them, and the threads and methods that their numbers stand for."""

    calls: Calls
    threads: list[Thread]
    methods: list[Method]
    has_cpu: bool


@dataclass
class Blocks:
    """A session's calls in a folder of blocks; columns are mapped when they are first used.

    Times are µs since the first call, `origin` is that call's start in µs since the session's start.
    """

    folder: Path
    threads: list[Thread]
    methods: list[Method]
    has_cpu: bool
    origin: int
    extent: int
    notes: list[str]
    _columns: dict[str, Array] = field(default_factory=dict, repr=False)

    def column(self, name: str) -> Array:
        if name not in self._columns:
            self._columns[name] = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        return self._columns[name]

    @property
    def levels(self) -> range:
        return levels(self.extent)

    @cached_property
    def first_of_name(self) -> Array:
        """For each method the number of the first one with the same key."""
        return numbered([method.key for method in self.methods])

    @cached_property
    def names_differ(self) -> bool:
        return bool((self.first_of_name == np.arange(len(self.methods))).all())

    def calls(self) -> Calls:
        return Calls(**{name: self.column(name) for name in COLUMNS}, origin=self.origin, notes=self.notes)

    def items(self, level: int) -> Items:
        return Items(**{f.name: self.column(f"{level}-{f.name}") for f in fields(Items)})


def open_blocks(folder: Path, build: Callable[[], Profile]) -> Blocks:
    """The blocks in `folder`, built if they do not exist."""
    folders.ensure(folder, lambda made: write(made, build()))
    return _load(folder)


@lru_cache(maxsize=32)
def _load(folder: Path) -> Blocks:
    index = orjson.loads((folder / folders.INDEX).read_bytes())
    return Blocks(
        folder=folder,
        threads=[Thread(**values) for values in index.pop("threads")],
        methods=[Method(**values) for values in index.pop("methods")],
        **index,
    )


def write(folder: Path, profile: Profile) -> None:
    """Write all columns and levels, and at last the index."""
    calls = profile.calls
    for name in COLUMNS:
        np.save(folder / f"{name}.npy", getattr(calls, name))
    for name, marks in _outer_calls(profile):
        np.save(folder / f"{name}.npy", marks)
    for level, items in pyramid(calls):
        for column in fields(Items):
            np.save(folder / f"{level}-{column.name}.npy", getattr(items, column.name))
    index = {
        "threads": list(thread_summaries(profile)),
        "methods": profile.methods,
        "has_cpu": profile.has_cpu,
        "origin": calls.origin,
        "extent": calls.extent,
        "notes": calls.notes,
    }
    (folder / folders.INDEX).write_bytes(orjson.dumps(index))


def _outer_calls(profile: Profile) -> Iterator[tuple[str, Array]]:
    """The columns that mark calls outside any other of the same method, or of the same package."""
    calls = profile.calls
    names = numbered([method.key for method in profile.methods])
    paths = paths_of(names[calls.method], calls.parent, calls.offsets)
    yield "outer", outermost(paths, names)
    yield "outer_package", outermost(paths, numbered([method.package for method in profile.methods]))


def numbered(keys: Sequence[Hashable]) -> Array:
    """For each key the position of the first one that equals it."""
    first: dict[Hashable, int] = {}
    return np.array([first.setdefault(key, place) for place, key in enumerate(keys)], np.int32)


def thread_summaries(profile: Profile) -> Iterator[Thread]:
    """The threads with the counts, times and lanes of their calls."""
    calls = profile.calls
    for number, thread in enumerate(profile.threads):
        low, high = (int(side) for side in np.searchsorted(calls.lanes[:, 0], [number, number + 1]))
        rows = slice(calls.offsets[low], calls.offsets[high])
        roots = slice(rows.start, calls.offsets[min(low + 1, high)])
        yield replace(
            thread,
            calls=int(rows.stop - rows.start),
            busy=int(calls.duration[roots].sum(dtype=np.int64)),
            cpu=int(calls.cpu[roots].sum(dtype=np.int64)),
            depth=int(calls.lanes[low:high, 1].max(initial=-1)) + 1,
            lanes=(low, high),
        )
