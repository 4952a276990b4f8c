import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from replica.profiles.call_tree import OTHER, merge_calls, prune
from replica.profiles.stacks import Stacks
from tests.replica.profiles.forest import METHODS, Event, events
from tests.replica.profiles.stacked import nodes_of, paths, thread_stacks


def naive(calls: Stacks) -> dict[tuple[int, ...], tuple[int, int, int]]:
    """(total, own, calls) by path, one call after another."""
    path_of: dict[int, tuple[int, ...]] = {-1: ()}
    sums: dict[tuple[int, ...], tuple[int, int, int]] = {}
    for row in range(len(calls.method)):
        path = (*path_of[int(calls.parent[row])], int(calls.method[row]))
        path_of[row] = path
        total, own, count = sums.get(path, (0, 0, 0))
        sums[path] = (total + int(calls.weight[row]), own + int(calls.own[row]), count + 1)
    return sums


@given(events)
def test_nothing_pruned_is_the_sum_over_all_paths(walked: list[Event]) -> None:
    calls = thread_stacks(walked)
    tree = merge_calls(calls, METHODS, [], share=0)
    expected = {path: sums for path, sums in naive(calls).items() if sums[0] >= 1}
    found = {path: (n.total, n.own, n.calls) for path, n in paths(tree).items() if n.method != OTHER}
    assert found == expected


@given(events, st.floats(0, 0.5))
def test_pruned_weights_are_in_the_others(walked: list[Event], share: float) -> None:
    tree = merge_calls(thread_stacks(walked), METHODS, [], share=share)
    below = np.zeros(len(tree))
    for node in nodes_of(tree):
        if node.parent >= 0:
            below[node.parent] += node.total
    for node, inside in zip(nodes_of(tree), below, strict=True):
        if node.method != OTHER:
            assert node.own + inside == node.total
    assert sum(node.total for node in nodes_of(tree) if node.parent < 0) == tree.whole[0]


@given(events)
def test_a_focus_shows_its_part_of_the_whole_tree(walked: list[Event]) -> None:
    calls = thread_stacks(walked)
    whole = {path: n for path, n in paths(merge_calls(calls, METHODS, [], share=0)).items() if n.method != OTHER}
    if not whole:
        return
    path = random.Random(len(walked)).choice(sorted(whole))
    focused = paths(merge_calls(calls, METHODS, list(path), share=0), path[:-1])
    assert {p: (n.total, n.calls) for p, n in focused.items() if n.method != OTHER} == {
        p: (n.total, n.calls) for p, n in whole.items() if p[: len(path)] == path
    }


def test_children_come_heaviest_first_and_other_last() -> None:
    walked = [(True, 0, 0), (True, 1, 0), (False, 0, 1), (True, 2, 0), (False, 0, 500), (True, 3, 0), (False, 0, 499)]
    tree = merge_calls(thread_stacks(walked), METHODS, [], share=0.01)
    assert [node.method for node in nodes_of(tree)] == [0, 2, 3, OTHER]
    assert [node.depth for node in nodes_of(tree)] == [0, 1, 1, 1]
    assert nodes_of(tree)[-1].calls == 1


def test_a_path_without_calls_is_empty() -> None:
    tree = merge_calls(thread_stacks([(True, 0, 0), (False, 0, 9)]), METHODS, [0, 4])
    assert (nodes_of(tree), tree.whole.tolist(), tree.whole_calls.tolist()) == ([], [0], [0])


@given(events, st.integers(1, 12))
def test_the_heaviest_nodes_stay_and_the_rest_is_in_the_others(walked: list[Event], most: int) -> None:
    calls = thread_stacks(walked)
    whole = merge_calls(calls, METHODS, [], share=0.01)
    tree = prune(whole, most)
    named = [node for node in nodes_of(tree) if node.method != OTHER]
    assert sorted(n.total for n in named) == sorted(n.total for n in nodes_of(whole) if n.method != OTHER)[-most:]
    for place, node in enumerate(nodes_of(tree)):
        assert node.parent < place
        inside = [child for child in nodes_of(tree) if child.parent == place]
        assert sum(child.method == OTHER for child in inside) <= 1
        if node.method != OTHER:
            assert node.own + sum(child.total for child in inside) == node.total
    assert sum(node.total for node in nodes_of(tree) if node.parent < 0) == tree.whole[0]
