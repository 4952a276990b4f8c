"""A table's rows: sums of methods, packages or threads with what they are called, filtered and sorted. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from replica.profiles.blocks import Blocks, Thread
from replica.profiles.method_table import Sums, sums_of_methods, sums_of_packages
from replica.profiles.origins import foreign_methods
from replica.profiles.stacks import Stacks
from statetrace_ui.web.timeline import colour_of


@dataclass(slots=True, frozen=True)
class TableRow:
    """`number` is that of the method or thread, −1 for a package. Times in µs, shares of all time in calls."""

    number: int
    name: str
    package: str
    foreign: bool
    own: int
    total: int
    calls: int
    own_share: float
    total_share: float

    @property
    def colour(self) -> int:
        return 0 if self.foreign else colour_of(self.package)


@dataclass(slots=True, frozen=True)
class Named:
    number: int
    name: str
    package: str = ""
    foreign: bool = False


def method_rows(blocks: Blocks, stacks: Stacks) -> list[TableRow]:
    names = [
        Named(number, method.name, method.package, foreign)
        for number, (method, foreign) in enumerate(zip(blocks.methods, foreign_methods(blocks.methods), strict=True))
    ]
    return _rows(sums_of_methods(stacks, len(names)), names)


def package_rows(blocks: Blocks, stacks: Stacks) -> list[TableRow]:
    packages = {package: number for number, package in enumerate(sorted({m.package for m in blocks.methods}))}
    number_of = np.array([packages[method.package] for method in blocks.methods], np.int32)
    foreign = dict(zip((m.package for m in blocks.methods), foreign_methods(blocks.methods), strict=True))
    names = [Named(-1, package or "No package", package, foreign[package]) for package in packages]
    return _rows(sums_of_packages(stacks, number_of, len(packages)), names)


def thread_rows(threads: Sequence[Thread], sums: Sums) -> list[TableRow]:
    return _rows(sums, [Named(number, thread.name, thread.process) for number, thread in enumerate(threads)])


def _rows(sums: Sums, names: Sequence[Named]) -> list[TableRow]:
    """The rows of what was called at all."""
    whole = max(int(sums.own.sum()), 1)
    return [
        TableRow(named.number, named.name, named.package, named.foreign, own, total, calls, own / whole, total / whole)
        for named, own, total, calls in zip(
            names, sums.own.tolist(), sums.total.tolist(), sums.calls.tolist(), strict=True
        )
        if calls
    ]


def listed(rows: Sequence[TableRow], text: str, sort: str) -> list[TableRow]:
    """The rows whose names contain the text, most first; by name from the first letter on."""
    wanted = text.strip().casefold()
    matching = [row for row in rows if wanted in f"{row.package}.{row.name}".casefold()]
    if sort == "name":
        return sorted(matching, key=lambda row: (row.name.casefold(), row.package))
    return sorted(matching, key=lambda row: (-getattr(row, sort), row.name, row.package))


def heaviest(blocks: Blocks, stacks: Stacks) -> int:
    """The method with the most time of its own."""
    return int(sums_of_methods(stacks, len(blocks.methods)).own.argmax()) if blocks.methods else 0
