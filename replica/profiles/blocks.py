"""A session's calls on our own disk: a memory-mapped .npy file for each column and level, and an `index.json`.

A folder of blocks appears whole or not at all: it is written under a temporary name and then renamed. A builder that is
killed leaves only its temporary folder behind, and the next builder of the session removes that.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import orjson

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
    """The blocks in `folder`, built if they do not exist. Of several builders of one session only one builds.

    Other versions of the session, in folders beside this one, are removed before this one is built.
    """
    if not _touch(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with session_lock(folder.parent):
            if not _touch(folder):
                _remove_folders(folder.parent)
                write(folder, build())
    return _load(folder)


def _touch(folder: Path) -> bool:
    """Whether the blocks exist. If so, their index gets a new time of modification, by which `eviction` orders them."""
    try:
        os.utime(folder / "index.json")
    except FileNotFoundError:
        return False
    return True


@lru_cache(maxsize=32)
def _load(folder: Path) -> Blocks:
    index = orjson.loads((folder / "index.json").read_bytes())
    return Blocks(
        folder=folder,
        threads=[Thread(**values) for values in index.pop("threads")],
        methods=[Method(**values) for values in index.pop("methods")],
        **index,
    )


def write(folder: Path, profile: Profile) -> None:
    """Write all columns and levels to a temporary folder, then give it its name."""
    calls = profile.calls
    temporary = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    for name in COLUMNS:
        np.save(temporary / f"{name}.npy", getattr(calls, name))
    for name, marks in _outer_calls(profile):
        np.save(temporary / f"{name}.npy", marks)
    for level, items in pyramid(calls):
        for column in fields(Items):
            np.save(temporary / f"{level}-{column.name}.npy", getattr(items, column.name))
    index = {
        "threads": list(thread_summaries(profile)),
        "methods": profile.methods,
        "has_cpu": profile.has_cpu,
        "origin": calls.origin,
        "extent": calls.extent,
        "notes": calls.notes,
    }
    (temporary / "index.json").write_bytes(orjson.dumps(index))
    temporary.rename(folder)


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


@contextmanager
def session_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a session's folder; the system releases it when its holder dies."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_folders(session: Path) -> None:
    """Remove other versions and the folders of killed builders. Processes that mapped the files can still read them."""
    for folder in session.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
