"""Call trees: calls with the same path of methods from the root become one node. Pure numpy, level by level.

A tree may have several sides, such as the two of a comparison, and a side several profiles: each node has a weight on
every side, the sum over its profiles. Nodes that weigh less than a thousandth of the whole on every side are left out,
and of the others the heaviest are kept. The rest is summed up in an explicit `other` node of its parent; a tree below
that parent's path shows it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from replica.profiles.calls import Array
from replica.profiles.stacks import Stacks

OTHER = -1  # the method of nodes that sum up light ones
LEAST_SHARE = 0.001
MOST_NODES = 1200  # not counting the `other` of each


@dataclass(slots=True)
class Tree:
    """Nodes as columns, parents before children: `parent` is a position or −1, `depth` counts from the focus.

    `total`, `own` and `calls` have a row for each side; times are µs, of wall or CPU time. `whole` is the weight and
    `whole_calls` the number of the calls at the focus, for each side.
    """

    parent: Array
    method: Array
    depth: Array
    total: Array
    own: Array
    calls: Array
    whole: Array
    whole_calls: Array

    def __len__(self) -> int:
        return len(self.parent)


@dataclass(slots=True)
class Step:
    """Calls of one profile, and so of one side, that are merged together: methods, parents' nodes or −1, times."""

    method: Array
    parent: Array
    total: Array
    own: Array
    side: int = 0


@dataclass(slots=True)
class Front:
    """The rows of a profile that are merged next, and their parents' nodes."""

    side: int
    stacks: Stacks
    rows: Array
    parent: Array

    @property
    def step(self) -> Step:
        stacks, rows = self.stacks, self.rows
        return Step(stacks.method[rows], self.parent, stacks.weight[rows], stacks.own[rows], self.side)

    def below(self, node: Array) -> "Front":
        """What its calls call, leaving out calls whose own node is −1."""
        inside = np.flatnonzero(node >= 0)
        children, caller = self.stacks.children(self.rows[inside])
        return Front(self.side, self.stacks, children, node[inside][caller])


def merge_calls(stacks: Stacks, methods: int, path: list[int], share: float = LEAST_SHARE) -> Tree:
    """Merge calls into the tree below `path`, heaviest children first.

    `path` holds methods from the root; if it is empty, the tree is that of all calls.
    """
    return prune(merge_below([[(stacks, rows_on_path(stacks, path))]], methods, share), MOST_NODES)


def merge_below(sides: Sequence[Sequence[tuple[Stacks, Array]]], methods: int, share: float = LEAST_SHARE) -> Tree:
    """Merge some rows of each profile of each side, none inside another, and all that they call."""
    fronts = [
        Front(side, stacks, rows, np.full(len(rows), -1, np.int32))
        for side, profiles in enumerate(sides)
        for stacks, rows in profiles
    ]
    whole, calls = np.zeros(len(sides), np.int64), np.zeros(len(sides), np.int64)
    for front in fronts:
        whole[front.side] += front.stacks.weight[front.rows].sum(dtype=np.int64)
        calls[front.side] += len(front.rows)
    growing = Growing(methods, np.maximum(share * whole, 1))
    while any(len(front.rows) for front in fronts):
        nodes = growing.add([front.step for front in fronts])
        fronts = [front.below(node) for front, node in zip(fronts, nodes, strict=True)]
    return growing.tree(whole, calls)


class Growing:
    """A tree that is built from its top, one step of calls after another. least: what a node weighs, by side."""

    def __init__(self, methods: int, least: Array) -> None:
        self.methods, self.least = methods, least
        self.count = 0
        self.depth = np.zeros(0, np.int64)
        self.parts: list[tuple[Array, ...]] = []

    def add(self, steps: Sequence[Step]) -> list[Array]:
        """Append a node for each (caller's node, method) of the calls. Each call's node, −1 if that is too light."""
        keys, groups = self._keys(steps)
        total, own, calls = self._sums(steps, groups, len(keys))
        kept: Array = np.any(total >= self.least[:, None], axis=0)
        parent, method = keys // self.methods - 1, keys % self.methods
        order = np.lexsort((-total.max(axis=0), parent))
        order = order[kept[order]]
        number = np.full(len(keys), -1, np.int32)
        number[order] = self.count + np.arange(len(order))
        self._append(parent[order], method[order], total[:, order], own[:, order], calls[:, order])
        self._add_other(parent[~kept], total[:, ~kept], calls[:, ~kept])
        return [number[group] for group in groups]

    def _keys(self, steps: Sequence[Step]) -> tuple[Array, list[Array]]:
        """What tells nodes apart, in order, and for each call of each step the position of its own."""
        keys = [(step.parent + np.int64(1)) * self.methods + step.method for step in steps]
        different, group = np.unique(np.concatenate(keys), return_inverse=True)
        return different, np.split(group, np.cumsum([len(key) for key in keys])[:-1])

    def _sums(self, steps: Sequence[Step], groups: Sequence[Array], length: int) -> list[Array]:
        """Totals, own times and numbers of the calls of each group, by side."""
        result = [np.zeros((len(self.least), length), np.int64) for _ in range(3)]
        for step, group in zip(steps, groups, strict=True):
            for sums, column in zip(result, (step.total, step.own, None), strict=True):
                sums[step.side] += np.bincount(group, column, minlength=length).astype(np.int64)
        return result

    def _append(self, parent: Array, method: Array, total: Array, own: Array, calls: Array) -> None:
        depth = np.append(self.depth, -1)[parent] + 1
        self.parts.append((parent, method, depth, total, own, calls))
        self.depth = np.concatenate((self.depth, depth))
        self.count += len(parent)

    def _add_other(self, parents: Array, total: Array, calls: Array) -> None:
        """Append a node to each of these parents that sums up its light children."""
        parent, group = np.unique(parents, return_inverse=True)
        light, number = (_summed(values, group, len(parent)) for values in (total, calls))
        self._append(parent, np.full(len(parent), OTHER), light, light, number)

    def tree(self, whole: Array, whole_calls: Array) -> Tree:
        one, each = np.zeros(0, np.int64), np.zeros((len(whole), 0), np.int64)
        columns = zip((one, one, one, each, each, each), *self.parts, strict=True)
        parent, method, depth, total, own, calls = (np.concatenate(parts, axis=-1) for parts in columns)
        return Tree(parent, method, depth, total, own, calls, whole, whole_calls)


def _summed(values: Array, group: Array, length: int) -> Array:
    """The sums of the values (sides × nodes) over groups of nodes."""
    return np.stack([np.bincount(group, row, minlength=length) for row in values]).astype(np.int64)


def prune(tree: Tree, most: int) -> Tree:
    """Keep the `most` heaviest nodes; the `other` nodes of their parents sum up the rest."""
    named = np.flatnonzero(tree.method != OTHER)
    if len(named) <= most:
        return tree
    # A parent weighs no less than its child and stands before it, so the parent of a kept node is kept too.
    share = (tree.total / np.maximum(tree.whole, 1)[:, None]).max(axis=0)
    kept = np.sort(named[np.lexsort((named, -share[named]))[:most]])
    number = np.full(len(tree) + 1, -1, np.int64)
    number[kept] = np.arange(len(kept))
    is_kept = number[:-1] >= 0
    parent_kept = (tree.parent < 0) | (number[tree.parent] >= 0)
    dropped = np.flatnonzero(~is_kept & parent_kept)
    parents, group = np.unique(number[tree.parent[dropped]], return_inverse=True)
    rest, calls = (_summed(values[:, dropped], group, len(parents)) for values in (tree.total, tree.calls))
    return Tree(
        parent=np.concatenate((number[tree.parent[kept]], parents)),
        method=np.concatenate((tree.method[kept], np.full(len(parents), OTHER))),
        depth=np.concatenate((tree.depth[kept], np.append(tree.depth[kept], -1)[parents] + 1)),
        total=np.concatenate((tree.total[:, kept], rest), axis=1),
        own=np.concatenate((tree.own[:, kept], rest), axis=1),
        calls=np.concatenate((tree.calls[:, kept], calls), axis=1),
        whole=tree.whole,
        whole_calls=tree.whole_calls,
    )


def rows_on_path(stacks: Stacks, path: Sequence[int]) -> Array:
    """The rows whose methods from the root down are exactly `path`; the roots if it is empty."""
    rows = stacks.roots
    for level, method in enumerate(path):
        if level:
            rows, _ = stacks.children(rows)
        rows = rows[stacks.method[rows] == method]
    return rows
