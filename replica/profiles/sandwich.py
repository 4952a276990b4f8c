"""A method between its callers and its callees: two merged trees that begin at the method. Pure numpy.

Both weigh the calls of the method that no other call of it encloses, so both have the method's total in the table.
"""

from dataclasses import dataclass

import numpy as np

from replica.profiles.call_tree import LEAST_SHARE, MOST_NODES, Growing, Step, Tree, merge_below, prune
from replica.profiles.calls import Array
from replica.profiles.stacks import Stacks


@dataclass(slots=True)
class Sandwich:
    """`own` and `calls` are of all calls of the method, the trees of those outside of others.

    In `callers` a node's parent is what it calls, and `own` is the time under it when nothing called it.
    """

    callers: Tree
    callees: Tree
    own: int
    calls: int


def sandwich(stacks: Stacks, method: int, methods: int, share: float = LEAST_SHARE) -> Sandwich:
    """The trees of one method; nodes lighter than a share of its total are summed up as `other`."""
    mine = np.flatnonzero(stacks.method == method)
    rows = mine[stacks.outer[mine]]
    callees = prune(merge_below([[(stacks, rows)]], methods, share), MOST_NODES)
    callers = prune(merge_callers(stacks, rows, methods, share), MOST_NODES)
    return Sandwich(callers, callees, int(stacks.own[mine].sum(dtype=np.int64)), len(mine))


def merge_callers(stacks: Stacks, rows: Array, methods: int, share: float) -> Tree:
    """Merge some rows and the stacks above them: every row brings its whole weight to each of its callers."""
    weight = stacks.weight[rows]
    whole = np.array([weight.sum(dtype=np.int64)])
    growing = Growing(methods, np.maximum(share * whole, 1))
    at, node = rows, np.full(len(rows), -1, np.int32)
    while len(at):
        above = stacks.parent[at]
        own = np.where(above < 0, weight, 0)
        (node,) = growing.add([Step(stacks.method[at], node, weight, own)])
        inside = (node >= 0) & (above >= 0)
        at, node, weight = above[inside], node[inside], weight[inside]
    return growing.tree(whole, np.array([len(rows)]))
