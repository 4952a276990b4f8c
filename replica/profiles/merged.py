"""Merged trees: calls with the same path of methods from the root become one node. Pure numpy, level by level.

What weighs less than a thousandth of the whole is not followed, and of what is left the heaviest nodes are kept. The
rest is summed up in an explicit `other` node of its parent, and asked for again when a node is looked at by itself
(`path`).
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from replica.profiles.calls import Array
from replica.profiles.threads import ThreadCalls

OTHER = -1  # the method of nodes that sum up what is too small
LEAST_SHARE = 0.001
MOST_NODES = 1200  # besides the `other` of each


@dataclass(slots=True)
class Node:
    """`parent` is a position in the tree's list, −1 for its roots; `depth` counts from the focus.

    Weights are in µs, of wall or CPU time.
    """

    parent: int
    method: int
    depth: int
    total: int
    own: int
    calls: int


@dataclass(slots=True)
class Tree:
    """Nodes, parents before children. `total` is what the calls at the focus weigh together."""

    nodes: list[Node]
    total: int
    calls: int


def merge(calls: ThreadCalls, methods: int, path: list[int], share: float = LEAST_SHARE) -> Tree:
    """The tree below `path` (methods from the root; empty: the whole thread), heaviest children first."""
    node_of_row = np.full(len(calls.method), -1, np.int32)
    roots = _focused(calls, path) if path else np.flatnonzero(calls.parent < 0)
    tree = Tree([], int(calls.weight[roots].sum(dtype=np.int64)), len(roots))
    least = max(share * tree.total, 1)
    is_root = np.zeros(len(calls.method), bool)
    is_root[roots] = True
    for low, high in pairwise(calls.offsets.tolist()):
        parents = _above(node_of_row, calls.parent[low:high])
        parents[is_root[low:high]] = -1
        rows = np.flatnonzero((parents >= 0) | is_root[low:high])
        if len(rows):
            node_of_row[low + rows] = _add_level(tree, calls, low + rows, parents[rows], methods, least)
    return pruned(tree, MOST_NODES)


def pruned(tree: Tree, most: int) -> Tree:
    """The `most` heaviest nodes, and what was taken away in their `other`."""
    named = [place for place, node in enumerate(tree.nodes) if node.method != OTHER]
    if len(named) <= most:
        return tree
    # A parent weighs no less than its child and stands before it: whoever is kept, its parent is.
    kept = sorted(sorted(named, key=lambda place: (-tree.nodes[place].total, place))[:most])
    number = {place: new for new, place in enumerate(kept)} | {-1: -1}
    nodes = [replace(tree.nodes[place], parent=number[tree.nodes[place].parent]) for place in kept]
    others: dict[int, Node] = {}
    for place, node in enumerate(tree.nodes):
        if place in number or node.parent not in number:
            continue
        parent = number[node.parent]
        other = others.setdefault(parent, Node(parent, OTHER, node.depth, 0, 0, 0))
        other.total += node.total
        other.own += node.total
        other.calls += node.calls
    return Tree([*nodes, *others.values()], tree.total, tree.calls)


def _focused(calls: ThreadCalls, path: list[int]) -> Array:
    """The rows whose methods from the root down are exactly `path`."""
    on_path = np.full(len(calls.method), -1, np.int32)
    rows = np.zeros(0, np.int64)
    lanes = list(pairwise(calls.offsets.tolist()))
    if len(path) > len(lanes):
        return rows
    for level, (low, high) in enumerate(lanes[: len(path)]):
        matches = calls.method[low:high] == path[level]
        if level:
            matches &= _above(on_path, calls.parent[low:high]) == level - 1
        rows = low + np.flatnonzero(matches)
        on_path[rows] = level
    return rows


def _above(values: Array, parents: Array) -> Array:
    """Each row's parent's value, −1 for rows without a parent."""
    return np.where(parents >= 0, values[np.maximum(parents, 0)], -1)


def _add_level(tree: Tree, calls: ThreadCalls, rows: Array, parents: Array, methods: int, least: float) -> Array:
    """Group the rows by (parent's node, method), append a node a group; each row's node, −1 where it was too small."""
    keys, group = np.unique((parents.astype(np.int64) + 1) * methods + calls.method[rows], return_inverse=True)
    weight = np.bincount(group, calls.weight[rows]).astype(np.int64)
    own = np.bincount(group, calls.own[rows]).astype(np.int64)
    count = np.bincount(group)
    kept = weight >= least
    order = np.lexsort((-weight, keys // methods))
    number = np.full(len(keys), -1, np.int32)
    for place in order[kept[order]].tolist():
        number[place] = len(tree.nodes)
        parent, method = divmod(int(keys[place]), methods)
        tree.nodes.append(
            Node(parent - 1, method, _depth(tree, parent - 1), int(weight[place]), int(own[place]), int(count[place]))
        )
    _add_other(tree, keys[~kept] // methods - 1, weight[~kept], count[~kept])
    return number[group]


def _depth(tree: Tree, parent: int) -> int:
    return tree.nodes[parent].depth + 1 if parent >= 0 else 0


def _add_other(tree: Tree, parents: Array, weight: Array, count: Array) -> None:
    """One node a parent for all that is too small below it."""
    for parent in np.unique(parents).tolist():
        mine = parents == parent
        total = int(weight[mine].sum())
        tree.nodes.append(Node(parent, OTHER, _depth(tree, parent), total, total, int(count[mine].sum())))
