"""Two profiles in one tree: calls with the same path of names become one node with the times of both. Pure numpy.

Methods are paired by their raw name and package, never by their numbers, which differ between sessions.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from replica.profiles.call_tree import LEAST_SHARE, MOST_NODES, Tree, merge_below, prune
from replica.profiles.calls import Array
from replica.profiles.stacks import Stacks


@dataclass(slots=True)
class Pairing:
    """Numbers for the methods of two profiles: for each method of a profile its common number, and their count.

    `base` and `new` hold, for each common number, the method's number in that profile, −1 where it has none.
    """

    of_base: Array
    of_new: Array
    base: Array
    new: Array

    def __len__(self) -> int:
        return len(self.base)


def pair(base: Sequence[Hashable], new: Sequence[Hashable]) -> Pairing:
    """Give methods with the same key the same number; keys stand in the order of the methods' numbers."""
    number = {key: place for place, key in enumerate(dict.fromkeys([*base, *new]))}
    of_base, of_new = (np.array([number[key] for key in keys], np.int32) for keys in (base, new))
    return Pairing(of_base, of_new, _places(of_base, len(number)), _places(of_new, len(number)))


def _places(numbers: Array, length: int) -> Array:
    """The first position of each number, or −1."""
    places = np.full(length, -1, np.int32)
    places[numbers[::-1]] = np.arange(len(numbers))[::-1]
    return places


def merge_both(base: Stacks, new: Stacks, pairing: Pairing, share: float = LEAST_SHARE) -> Tree:
    """The tree of both; nodes that are lighter than a share of the whole on both sides are summed up as `other`."""
    sides = replace(base, method=pairing.of_base[base.method]), replace(new, method=pairing.of_new[new.method])
    return prune(merge_below([(side, side.roots) for side in sides], len(pairing), share), MOST_NODES)
