"""What the calls of each method, package or thread add up to. Pure numpy."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from replica.profiles.calls import Array
from replica.profiles.stacks import Stacks


@dataclass(slots=True)
class Sums:
    """By number: time outside callees, time inside calls (recursion counts once a stack), and number of calls."""

    own: Array
    total: Array
    calls: Array


def sums_of_methods(stacks: Stacks, methods: int) -> Sums:
    """By the number of each method."""
    return _sums(stacks, stacks.method, stacks.outer, methods)


def sums_of_packages(stacks: Stacks, package_of_method: Array, packages: int) -> Sums:
    """By the number of each package; a stack that leaves a package and comes back counts once."""
    return _sums(stacks, package_of_method[stacks.method], stacks.outer_package, packages)


def sums_of_threads(threads: Iterable[Stacks]) -> Sums:
    """By the number of each thread; its total is the time inside its root calls."""
    sums = [(_sum(stacks.own), _sum(stacks.weight[stacks.roots]), len(stacks)) for stacks in threads]
    own, total, calls = np.array(sums, np.int64).reshape(-1, 3).T
    return Sums(own, total, calls)


def _sums(stacks: Stacks, group: Array, outer: Array, length: int) -> Sums:
    return Sums(
        own=np.bincount(group, stacks.own, minlength=length).astype(np.int64),
        total=np.bincount(group, stacks.weight * outer, minlength=length).astype(np.int64),
        calls=np.bincount(group, minlength=length),
    )


def _sum(column: Array) -> int:
    return int(column.sum(dtype=np.int64))
