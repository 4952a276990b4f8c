"""Call trees: calls with the same path of methods from the root become one node. Pure numpy, level by level.

Nodes that weigh less than a thousandth of the whole are left out, and of the others the heaviest are kept. The rest is
summed up in an explicit `other` node of its parent; a tree below that parent's `path` shows it.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from replica.profiles.calls import Array
from replica.profiles.thread_calls import ThreadCalls

OTHER = -1  # the method of nodes that sum up light ones
LEAST_SHARE = 0.001
MOST_NODES = 1200  # not counting the `other` of each


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
    """Nodes, parents before children. `total` is the weight and `calls` the number of the calls at the focus."""

    nodes: list[Node]
    total: int
    calls: int


def merge_calls(calls: ThreadCalls, methods: int, path: list[int], share: float = LEAST_SHARE) -> Tree:
    """Merge a thread's calls into the tree below `path`, heaviest children first.

    `path` holds methods from the root; if it is empty, the tree is that of the whole thread.
    """
    node_of_row = np.full(len(calls.method), -1, np.int32)
    roots = _rows_on_path(calls, path) if path else np.flatnonzero(calls.parent < 0)
    tree = Tree([], int(calls.weight[roots].sum(dtype=np.int64)), len(roots))
    least = max(share * tree.total, 1)
    is_root = np.zeros(len(calls.method), bool)
    is_root[roots] = True
    for low, high in pairwise(calls.offsets.tolist()):
        parents = _values_of_parents(node_of_row, calls.parent[low:high])
        parents[is_root[low:high]] = -1
        rows = np.flatnonzero((parents >= 0) | is_root[low:high])
        if len(rows):
            node_of_row[low + rows] = _add_level(tree, calls, low + rows, parents[rows], methods, least)
    return prune(tree, MOST_NODES)


def prune(tree: Tree, most: int) -> Tree:
    """Keep the `most` heaviest nodes; the `other` nodes of their parents sum up the rest."""
    named = [place for place, node in enumerate(tree.nodes) if node.method != OTHER]
    if len(named) <= most:
        return tree
    # A parent weighs no less than its child and stands before it, so the parent of a kept node is kept too.
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


def _rows_on_path(calls: ThreadCalls, path: list[int]) -> Array:
    """The rows whose methods from the root down are exactly `path`."""
    on_path = np.full(len(calls.method), -1, np.int32)
    rows = np.zeros(0, np.int64)
    lanes = list(pairwise(calls.offsets.tolist()))
    if len(path) > len(lanes):
        return rows
    for level, (low, high) in enumerate(lanes[: len(path)]):
        matches = calls.method[low:high] == path[level]
        if level:
            matches &= _values_of_parents(on_path, calls.parent[low:high]) == level - 1
        rows = low + np.flatnonzero(matches)
        on_path[rows] = level
    return rows


def _values_of_parents(values: Array, parents: Array) -> Array:
    """The value of each row's parent; −1 for rows without a parent."""
    return np.where(parents >= 0, values[np.maximum(parents, 0)], -1)


def _add_level(tree: Tree, calls: ThreadCalls, rows: Array, parents: Array, methods: int, least: float) -> Array:
    """Append a node for each (parent's node, method) of the rows. Returns each row's node, −1 if it is too light."""
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
    """Append a node to each of these parents that sums up its light children."""
    for parent in np.unique(parents).tolist():
        mine = parents == parent
        total = int(weight[mine].sum())
        tree.nodes.append(Node(parent, OTHER, _depth(tree, parent), total, total, int(count[mine].sum())))
