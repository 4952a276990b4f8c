"""Two groups of profiles in one tree: calls with the same path of names become one node with the times of both groups.

Methods are paired by raw name and package, without a server's address, never by their numbers, which differ between
sessions. Pure numpy.
"""

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from replica.network import without_servers
from replica.profiles.blocks import Method
from replica.profiles.call_tree import LEAST_SHARE, MOST_NODES, Tree, merge_below, prune
from replica.profiles.calls import Array
from replica.profiles.stacks import Stacks

Sides = tuple[Sequence[Stacks], Sequence[Stacks]]  # the stacks of base and new, a session each


def common_numbers(profiles: Sequence[Sequence[Hashable]]) -> tuple[list[Array], list[tuple[int, int]]]:
    """For each profile the common numbers of its methods, which it tells by keys; and where each number is met last.

    The latter are positions of a profile and of the first of its methods that has the key.
    """
    number: dict[Hashable, int] = {}
    met: dict[int, tuple[int, int]] = {}
    of: list[Array] = []
    for profile, keys in enumerate(profiles):
        mine = [number.setdefault(key, len(number)) for key in keys]
        met |= {mine[place]: (profile, place) for place in reversed(range(len(mine)))}
        of.append(np.array(mine, np.int32))
    return of, [met[one] for one in range(len(number))]


def key_of(method: Method) -> Hashable:
    """What is the same in all sessions, wherever the server was that the code came from."""
    name, package = method.key
    return without_servers(name), without_servers(package)


def paired(profiles: Sequence[Sequence[Method]]) -> tuple[list[Array], list[Method]]:
    """The common numbers of each profile's methods, and the method behind each number, as the last profile shows it."""
    of, places = common_numbers([list(map(key_of, methods)) for methods in profiles])
    return of, [profiles[profile][place] for profile, place in places]


def renumbered(stacks: Stacks, number: Array) -> Stacks:
    return replace(stacks, method=number[stacks.method])


def merge_sides(sides: Sides, methods: int, share: float = LEAST_SHARE) -> Tree:
    """The tree of both sides, with sums over the sessions of each. The stacks have common numbers of methods.

    Nodes that are lighter than a share of the whole on both sides are summed up as `other`.
    """
    profiles = [[(stacks, stacks.roots) for stacks in side] for side in sides]
    return prune(merge_below(profiles, methods, share), MOST_NODES)
