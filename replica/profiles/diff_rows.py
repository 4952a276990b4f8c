"""What changed between two groups of profiles: the tree of both as JSON, and a table by method. Pure.

Where a side has several sessions, values are means of one session.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from replica.network import without_servers
from replica.profiles.blocks import Method
from replica.profiles.call_tree import OTHER, Tree
from replica.profiles.calls import Array
from replica.profiles.method_table import sums_of_methods
from replica.profiles.origins import foreign_methods
from replica.profiles.payloads import MethodTable, method_table
from replica.profiles.tree_diff import Sides

Pair = tuple[float, float]  # of base and new


@dataclass(slots=True, frozen=True)
class DiffRow:
    """A method on both sides: µs, or shares of the side's whole where the table is relative."""

    name: str
    package: str
    foreign: bool
    own: Pair
    total: Pair
    calls: Pair

    @property
    def place(self) -> str:
        """The package, wherever its server was."""
        return without_servers(self.package)

    @property
    def own_change(self) -> float:
        return self.own[1] - self.own[0]

    @property
    def total_change(self) -> float:
        return self.total[1] - self.total[0]

    @property
    def calls_change(self) -> float:
        return self.calls[1] - self.calls[0]

    @property
    def kind(self) -> str:
        """gone: the method is called on the base's side alone; new: on the other; else empty."""
        return {(True, False): "gone", (False, True): "new"}.get((bool(self.calls[0]), bool(self.calls[1])), "")


@dataclass(slots=True, frozen=True)
class DiffColumns:
    """The tree of both sides, parents before children; sums over all sessions have a list for each side.

    sessions: how many there are on each side. `methods` are those that the tree shows.
    """

    sessions: list[int]
    whole: list[int]
    nodes: dict[str, Any]
    methods: MethodTable


def diff_columns(tree: Tree, methods: Sequence[Method], sessions: list[int]) -> DiffColumns:
    used = np.unique(tree.method[tree.method != OTHER])
    number = np.where(tree.method == OTHER, OTHER, np.searchsorted(used, tree.method))
    shape = {"parent": tree.parent.tolist(), "method": number.tolist(), "depth": tree.depth.tolist()}
    sums = {name: getattr(tree, name).tolist() for name in ("total", "own", "calls")}
    shown = method_table([methods[place] for place in used.tolist()])
    return DiffColumns(sessions, tree.whole.tolist(), shape | sums, shown)


def diff_rows(sides: Sides, methods: Sequence[Method]) -> list[DiffRow]:
    """Every method that is called on either side."""
    own, total, calls = (np.zeros((2, len(methods))) for _ in range(3))
    for number, side in enumerate(sides):
        for stacks in side:
            sums = sums_of_methods(stacks, len(methods))
            for column, values in ((own, sums.own), (total, sums.total), (calls, sums.calls)):
                column[number] += values / len(side)
    foreign = foreign_methods(methods)
    called = np.flatnonzero(calls.any(axis=0)).tolist()
    return [
        DiffRow(methods[n].name, methods[n].package, foreign[n], _pair(own, n), _pair(total, n), _pair(calls, n))
        for n in called
    ]


def _pair(values: Array, number: int) -> Pair:
    return float(values[0, number]), float(values[1, number])


def relative(rows: Sequence[DiffRow]) -> list[DiffRow]:
    """Times as shares of all time of their side."""
    whole = [max(sum(row.own[side] for row in rows), 1) for side in (0, 1)]

    def shares(times: Pair) -> Pair:
        return times[0] / whole[0], times[1] / whole[1]

    return [DiffRow(row.name, row.package, row.foreign, shares(row.own), shares(row.total), row.calls) for row in rows]


def ranked(rows: Sequence[DiffRow], text: str, sort: str) -> list[DiffRow]:
    """The rows whose names contain the text, those that changed most first; by name from the first letter on."""
    wanted = text.strip().casefold()
    matching = [row for row in rows if wanted in f"{row.package}.{row.name}".casefold()]
    if sort == "name":
        return sorted(matching, key=lambda row: (row.name.casefold(), row.package))
    return sorted(matching, key=lambda row: (-abs(getattr(row, f"{sort}_change")), row.name, row.package))
