"""Call trees: calls with the same path of methods from the root become one node. Pure numpy, level by level.

A tree may merge several profiles, such as the two of a comparison: each node has a weight in every one of them. Nodes
that weigh less than a thousandth of the whole in every profile are left out, and of the others the heaviest are kept.
The rest is summed up in an explicit `other` node of its parent; a tree below that parent's path shows it.
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

    `total`, `own` and `calls` have a row for each profile; times are µs, of wall or CPU time. `whole` is the weight and
    `whole_calls` the number of the calls at the focus, for each profile.
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
    """Calls of one profile that are merged together: their methods, their parents' nodes or −1, their times."""

    method: Array
    parent: Array
    total: Array
    own: Array


def step_of(stacks: Stacks, rows: Array, parent: Array) -> Step:
    return Step(stacks.method[rows], parent, stacks.weight[rows], stacks.own[rows])


def merge_calls(stacks: Stacks, methods: int, path: list[int], share: float = LEAST_SHARE) -> Tree:
    """Merge calls into the tree below `path`, heaviest children first.

    `path` holds methods from the root; if it is empty, the tree is that of all calls.
    """
    return prune(merge_below([(stacks, rows_on_path(stacks, path))], methods, share), MOST_NODES)


def merge_below(profiles: Sequence[tuple[Stacks, Array]], methods: int, share: float = LEAST_SHARE) -> Tree:
    """Merge some rows of each profile, none inside another, and all that they call."""
    whole = np.array([int(stacks.weight[rows].sum(dtype=np.int64)) for stacks, rows in profiles], np.int64)
    growing = Growing(methods, np.maximum(share * whole, 1))
    fronts = [(stacks, rows, np.full(len(rows), -1, np.int32)) for stacks, rows in profiles]
    while any(len(rows) for _, rows, _ in fronts):
        nodes = growing.add([step_of(*front) for front in fronts])
        fronts = [(stacks, *_below(stacks, rows, node)) for (stacks, rows, _), node in zip(fronts, nodes, strict=True)]
    return growing.tree(whole, np.array([len(rows) for _, rows in profiles]))


def _below(stacks: Stacks, rows: Array, node: Array) -> tuple[Array, Array]:
    """What some calls call and the nodes of its callers, leaving out calls whose own node is −1."""
    inside = np.flatnonzero(node >= 0)
    children, caller = stacks.children(rows[inside])
    return children, node[inside][caller]


class Growing:
    """A tree that is built from its top, one step of calls after another."""

    def __init__(self, methods: int, least: Array) -> None:
        self.methods, self.least = methods, least
        self.count = 0
        self.depth = np.zeros(0, np.int64)
        self.parts: list[tuple[Array, ...]] = []

    def add(self, steps: Sequence[Step]) -> list[Array]:
        """Append a node for each (caller's node, method) of the calls. Each call's node, −1 if that is too light."""
        keys, groups = self._keys(steps)
        total = _sums([step.total for step in steps], groups, len(keys))
        own = _sums([step.own for step in steps], groups, len(keys))
        calls = _sums([None for _ in steps], groups, len(keys))
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
        """What tells nodes apart, in order, and for each call of each profile the position of its own."""
        keys = [(step.parent + np.int64(1)) * self.methods + step.method for step in steps]
        different, group = np.unique(np.concatenate(keys), return_inverse=True)
        return different, np.split(group, np.cumsum([len(key) for key in keys])[:-1])

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


def _sums(columns: Sequence[Array | None], groups: Sequence[Array], length: int) -> Array:
    """For each profile the sums of a column over the calls of each group; of none, the number of those calls."""
    sums = [np.bincount(group, column, minlength=length) for column, group in zip(columns, groups, strict=True)]
    return np.stack(sums).astype(np.int64)


def _summed(values: Array, group: Array, length: int) -> Array:
    """The sums of the values (profiles × nodes) over groups of nodes."""
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
