"""Tables, sandwiches, narrowed stacks and differences against slow readings of the same random calls."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replica.profiles import method_table, narrowing
from replica.profiles.blocks import Method
from replica.profiles.call_tree import OTHER, merge_below, merge_calls
from replica.profiles.diff_rows import diff_rows
from replica.profiles.sandwich import sandwich
from replica.profiles.stacks import Span, Stacks, select
from replica.profiles.tree_diff import common_numbers, merge_sides, paired, renumbered
from tests.replica.profiles.forest import METHODS, Event, events, row, walk
from tests.replica.profiles.stacked import (
    PACKAGES,
    Slow,
    blocks_of,
    paths,
    read_slowly,
    stacks_of,
    sums_by_path,
    thread_stacks,
    without_light,
)

AS_NUMBERED = list(range(METHODS))
BY_NAME = [*range(METHODS - 1), METHODS - 2]
threads = st.lists(events, min_size=1, max_size=3).map(
    lambda walked: [row for number, one in enumerate(walked) for row in walk(one, number)]
)
some_threads = threads.filter(len)
spans = st.none() | st.tuples(st.integers(0, 3_000), st.integers(1, 60_000)).map(lambda pair: (pair[0], sum(pair)))


def found(tree: Any, profile: int = 0) -> dict[tuple[int, ...], tuple[int, int, int]]:
    named = {path: node for path, node in paths(tree, profile=profile).items() if node.method != OTHER}
    return {path: (node.total, node.own, node.calls) for path, node in named.items()}


def once_a_stack(calls: list[Slow], identity: list[int]) -> list[tuple[int, int, int]]:
    """(own, total, calls) by identity; a call below another of the same identity adds nothing to the total."""
    sums = [(0, 0, 0)] * (max(identity) + 1)
    for call in calls:
        mine = identity[call.path[-1]]
        own, total, count = sums[mine]
        inside = mine in [identity[method] for method in call.path[:-1]]
        sums[mine] = own + call.own, total + (0 if inside else call.total), count + 1
    return sums


def as_list(sums: method_table.Sums) -> list[tuple[int, ...]]:
    return [tuple(values) for values in np.stack((sums.own, sums.total, sums.calls), axis=1).tolist()]


@settings(max_examples=60)
@given(some_threads, spans, st.booleans())
def test_a_selection_holds_what_lies_in_the_range(
    rows: list[dict[str, int]], span: Span | None, all_threads: bool
) -> None:
    with TemporaryDirectory() as folder:
        blocks = blocks_of(rows, Path(folder))
        stacks = select(blocks, None if all_threads else blocks.threads[0], span=span)
        calls = read_slowly(rows, BY_NAME, *(span or ()))
        mine = [call for call in calls if all_threads or call.thread == 0]
        assert found(merge_calls(stacks, METHODS, [], share=0)) == without_light(sums_by_path(mine))
        assert as_list(method_table.sums_of_methods(stacks, METHODS))[:-1] == once_a_stack(mine, BY_NAME)


@settings(max_examples=30)
@given(some_threads, spans)
def test_cpu_time_is_cut_in_proportion(rows: list[dict[str, int]], span: Span | None) -> None:
    with TemporaryDirectory() as folder:
        blocks = blocks_of(rows, Path(folder))
        wall, cpu = (select(blocks, None, weight, span) for weight in ("wall", "cpu"))
        assert (cpu.weight <= wall.weight).all()
        assert (np.abs(cpu.weight * 2 - wall.weight) <= 2).all()  # walked calls are on the CPU for half of their time
        whole = select(blocks, None, "cpu")
        assert cpu.weight.sum() <= whole.weight.sum()


@given(threads)
def test_tables_count_recursion_once_a_stack(rows: list[dict[str, int]]) -> None:
    stacks, calls = stacks_of(rows), read_slowly(rows, AS_NUMBERED)
    assert as_list(method_table.sums_of_methods(stacks, METHODS)) == once_a_stack(calls, AS_NUMBERED)
    package = np.arange(METHODS) % PACKAGES
    found = as_list(method_table.sums_of_packages(stacks, package, PACKAGES))
    assert found == once_a_stack(calls, package.tolist())


@settings(max_examples=30)
@given(some_threads, spans)
def test_threads_have_the_time_of_their_roots(rows: list[dict[str, int]], span: Span | None) -> None:
    with TemporaryDirectory() as folder:
        blocks = blocks_of(rows, Path(folder))
        sums = method_table.sums_of_threads(select(blocks, thread, span=span) for thread in blocks.threads)
    calls = read_slowly(rows, BY_NAME, *(span or ()))
    by_thread = [[call for call in calls if call.thread == number] for number in range(len(blocks.threads))]
    assert sums.total.tolist() == [sum(c.total for c in mine if not c.parent) for mine in by_thread]
    assert sums.own.tolist() == [sum(c.own for c in mine) for mine in by_thread]
    assert sums.calls.tolist() == [len(mine) for mine in by_thread]


@given(threads, st.integers(0, METHODS - 1))
def test_a_sandwich_is_the_stacks_above_and_below_a_method(rows: list[dict[str, int]], method: int) -> None:
    calls = read_slowly(rows, AS_NUMBERED)
    mine = [call for call in calls if call.path[-1] == method and method not in call.path[:-1]]
    above, below = Counter[tuple[int, ...]](), Counter[tuple[int, ...]]()
    for call in mine:
        for length in range(1, len(call.path) + 1):
            above[call.path[::-1][:length]] += call.total
    for call in calls:
        if method in call.path:
            below[call.path[call.path.index(method) :]] += call.total
    result = sandwich(stacks_of(rows), method, METHODS, share=0)
    assert {path: sums[0] for path, sums in found(result.callers).items()} == +above
    assert {path: sums[0] for path, sums in found(result.callees).items()} == +below


@given(threads, st.integers(0, METHODS - 1), st.floats(0, 0.5))
def test_the_trees_of_a_sandwich_weigh_what_the_table_says(
    rows: list[dict[str, int]], method: int, share: float
) -> None:
    stacks = stacks_of(rows)
    own, total, calls = as_list(method_table.sums_of_methods(stacks, METHODS))[method]
    result = sandwich(stacks, method, METHODS, share)
    assert (result.own, result.calls) == (own, calls)
    for tree in (result.callers, result.callees):
        assert tree.whole.tolist() == [total]
        assert tree.own.sum() == total


@given(threads, st.sets(st.integers(0, METHODS - 1)))
def test_what_is_hidden_hangs_on_its_callers(rows: list[dict[str, int]], hidden: set[int]) -> None:
    calls = read_slowly(rows, AS_NUMBERED)
    expected: dict[tuple[int, ...], tuple[int, int, int]] = {}
    for call in calls:
        path = tuple(method for method in call.path if method not in hidden)
        if not path:
            continue
        total, own, count = expected.get(path, (0, 0, 0))
        shown = call.path[-1] not in hidden
        expected[path] = total + call.total * shown, own + call.own, count + shown
    mask = np.isin(np.arange(METHODS), list(hidden))
    tree = merge_calls(narrowing.without_methods(stacks_of(rows), mask), METHODS, [], share=0)
    assert found(tree) == without_light(expected)


@given(threads)
def test_without_recursion_every_method_is_in_a_stack_once_and_no_time_is_lost(rows: list[dict[str, int]]) -> None:
    stacks = stacks_of(rows)
    once = narrowing.without_recursion(stacks)
    assert once.own.sum() == stacks.own.sum()
    assert all(len(set(path)) == len(path) for path in found(merge_calls(once, METHODS, [], share=0)))
    sums = [method_table.sums_of_methods(one, METHODS).total for one in (stacks, once)]
    assert sums[0].tolist() == sums[1].tolist()


NAMES = [[f"method {number}" for number in numbers] for numbers in (range(METHODS), (9, 5, 1, 3, 0, 8))]


def by_name(calls: list[Slow], names: list[str]) -> dict[tuple[str, ...], tuple[int, int, int]]:
    return {tuple(names[method] for method in path): sums for path, sums in sums_by_path(calls).items()}


groups = st.lists(threads, min_size=1, max_size=3)
Group = list[list[dict[str, int]]]  # the calls of each session of a side


def numbered(base: Group, new: Group) -> tuple[tuple[list[Stacks], list[Stacks]], list[str]]:
    """The stacks of both sides with common numbers, and the names behind these."""
    keys = [NAMES[0] for _ in base] + [NAMES[1] for _ in new]
    numbers, places = common_numbers(keys)
    stacks = [renumbered(stacks_of(rows), number) for rows, number in zip((*base, *new), numbers, strict=True)]
    return (stacks[: len(base)], stacks[len(base) :]), [keys[profile][place] for profile, place in places]


def added_up(group: Group, names: list[str]) -> dict[tuple[str, ...], tuple[int, int, int]]:
    """(total, own, calls) of every path, over all sessions, one call after the other."""
    sums: dict[tuple[str, ...], tuple[int, int, int]] = {}
    for rows in group:
        for path, values in by_name(read_slowly(rows, AS_NUMBERED), names).items():
            total, own, calls = (a + b for a, b in zip(sums.get(path, (0, 0, 0)), values, strict=True))
            sums[path] = total, own, calls
    return sums


@given(groups, groups)
def test_a_difference_pairs_calls_by_their_path_of_names_and_sums_up_sessions(base: Group, new: Group) -> None:
    stacks, names = numbered(base, new)
    tree = merge_sides(stacks, len(names), share=0)
    for side, group in enumerate((base, new)):
        shown = {tuple(names[method] for method in path): sums for path, sums in found(tree, side).items()}
        # A path that weighs nothing on both sides is left out.
        expected = without_light(added_up(group, NAMES[side]))
        assert {path: sums for path, sums in shown.items() if sums[0]} == expected


@given(groups, groups, st.floats(0, 0.5))
def test_the_changes_of_self_time_add_up_to_the_change_of_the_whole(base: Group, new: Group, share: float) -> None:
    stacks, names = numbered(base, new)
    tree = merge_sides(stacks, len(names), share)
    slow = [
        sum(total for path, (total, _, _) in added_up(group, NAMES[0]).items() if len(path) == 1)
        for group in (base, new)
    ]
    assert tree.whole.tolist() == slow
    assert tree.own.sum(axis=1).tolist() == slow
    roots = tree.parent < 0
    assert (tree.total[:, roots].sum(axis=1) == tree.whole).all()
    for node in np.flatnonzero(tree.method != OTHER).tolist():
        inside = tree.parent == node
        assert (tree.own[:, node] + tree.total[:, inside].sum(axis=1) == tree.total[:, node]).all()


@given(groups, groups)
def test_the_table_of_a_difference_has_the_means_of_its_sides(base: Group, new: Group) -> None:
    stacks, names = numbered(base, new)
    rows = {row.name: row for row in diff_rows(stacks, [Method(7, n, name, "") for n, name in enumerate(names)])}
    for side, group in enumerate((base, new)):
        expected: Counter[str] = Counter()
        for path, (_, own, _) in added_up(group, NAMES[side]).items():
            expected[path[-1]] += own
        assert {name: row.own[side] * len(group) for name, row in rows.items() if row.own[side]} == pytest.approx(
            {name: own for name, own in expected.items() if own}
        )


@given(events)
def test_a_profile_does_not_differ_from_itself_nor_from_itself_twice(walked: list[Event]) -> None:
    stacks = thread_stacks(walked)
    tree = merge_sides(([stacks], [stacks, stacks]), METHODS)
    assert (2 * tree.own[0] == tree.own[1]).all()
    assert (2 * tree.total[0] == tree.total[1]).all()


def test_methods_of_one_key_get_one_number() -> None:
    numbers, places = common_numbers([["a", "b", "a"], ["c", "a"]])
    assert [number.tolist() for number in numbers] == [[0, 1, 0], [2, 0]]
    assert places == [(1, 1), (0, 1), (1, 0)]


def test_code_is_the_same_wherever_its_server_was() -> None:
    here, there = (Method(1, 1, "sort", f"http://127.0.0.1:{port}/shop/sorting.js") for port in (8000, 47567))
    numbers, _ = paired([[here], [there]])
    assert numbers[0].tolist() == numbers[1].tolist()


def test_callees_of_calls_at_different_depths_become_one_node() -> None:
    deep = [row(0, 9), row(1, 8, id=1, parent=0, depth=1, method=1), row(2, 7, id=2, parent=1, depth=2, method=2)]
    flat = [row(20, 5, id=3, method=1), row(21, 3, id=4, parent=3, depth=1, method=2)]
    callees = sandwich(stacks_of([*deep, *flat]), 1, METHODS, share=0).callees
    assert found(callees) == {(1,): (13, 3, 2), (1, 2): (10, 10, 2)}


def test_an_empty_profile_has_an_empty_tree() -> None:
    empty = stacks_of([])
    assert len(merge_below([[(empty, empty.roots)]], METHODS)) == 0
    assert len(merge_sides(([empty], [thread_stacks([(True, 1, 0), (False, 0, 5)])]), METHODS)) == 1
    assert as_list(method_table.sums_of_methods(Stacks(*[np.zeros(0, np.int64)] * 7), 2)) == [(0, 0, 0)] * 2
