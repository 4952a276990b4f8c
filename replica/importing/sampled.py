"""Makes nested calls of what V8's sampling profiler writes: the innermost function at each sample."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from replica.importing.bundle import Calls, ImportFailed, Ints, Method
from replica.importing.calls import Events, call_sites, pair_events
from replica.importing.safe_urls import without_secrets
from replica.importing.untrusted import a_list, an_object, text, whole

UNSEEN = {"(root)", "(idle)"}
ON_TOP = {"(garbage collector)", "(program)"}
# Profiles that V8 writes stay far below these; a file that was made to fill the memory does not.
DEEPEST, MOST_CALLS = 1_000, 5_000_000


@dataclass(frozen=True)
class Node:
    """A place in the tree of stacks; `method` is None where the program does not run."""

    parent: int | None
    name: str
    method: int | None


@dataclass(frozen=True)
class Sampled:
    """A profile as V8 writes it: µs of its own clock, and the id of the innermost node at each sample.

    `left_out` says for people which samples are not among them.
    """

    nodes: dict[int, Node]
    methods: tuple[Method, ...]
    samples: list[int]
    times: Ints
    end: int
    left_out: tuple[str, ...] = ()


def read_sampled(nodes: list[Any], samples: list[Any], deltas: list[Any], start: int, end: int | None) -> Sampled:
    """Check and order what a profile holds; `deltas[0]` counts from `start`, and deltas may be negative."""
    if len(samples) != len(deltas):
        raise ImportFailed(f"the profile has {len(samples):,} samples but {len(deltas):,} time deltas")
    tree, methods = _tree(nodes)
    times = start + np.cumsum(np.array([whole(delta, "a time delta") for delta in deltas], dtype=np.int64))
    ids = [whole(sample, "a sample") for sample in samples]
    rooted = _rooted(tree)
    # Samples are written as they arrive, not always as they were taken.
    order = [i for i in np.argsort(times, kind="stable").tolist() if ids[i] in rooted]
    if ids and not order:
        raise ImportFailed(
            f"the profile does not have the stack of any sample: node {ids[0]} has no way up to the root"
        )
    last = int(times.max(initial=start))
    return Sampled(
        tree,
        methods,
        [ids[i] for i in order],
        times[order],
        max(last, last if end is None else end),
        tuple(_left_out(tree, len(ids) - len(order), len(ids))),
    )


def _left_out(tree: dict[int, Node], missing: int, total: int) -> Iterator[str]:
    """Recorders lose pieces of a profile."""
    if missing:
        yield f"{missing:,} of {total:,} samples, whose stacks the file does not have"
    cut = sum(node.parent is not None and node.parent not in tree for node in tree.values())
    if cut:
        yield f"the outer calls of {cut:,} stack{'' if cut == 1 else 's'}, which the file does not have"


def _rooted(tree: dict[int, Node]) -> set[int]:
    """The nodes whose way up ends: at the root, or where the file does not have the caller."""
    rooted: set[int] = set()
    seen: set[int] = set()
    for first in tree:
        path: list[int] = []
        node: int | None = first
        while node in tree and node not in seen:
            path.append(node)
            seen.add(node)
            node = tree[node].parent
        if node not in tree or node in rooted:
            rooted.update(path)
    return rooted


def _tree(nodes: list[Any]) -> tuple[dict[int, Node], tuple[Method, ...]]:
    parents = _parents(nodes)
    methods: dict[tuple[str, str, int, int], int] = {}
    tree: dict[int, Node] = {}
    for value in nodes:
        node = an_object(value, "a node")
        node_id, place = whole(node.get("id"), "a node's id"), _place(node)
        method = None if place[0] in UNSEEN else methods.setdefault(place, len(methods) + 1)
        tree[node_id] = Node(parents.get(node_id), place[0], method)
    return tree, tuple(_method(number, place) for place, number in methods.items())


def _parents(nodes: list[Any]) -> dict[int, int]:
    """Nodes name their children, or their parent, by the version of V8."""
    parents: dict[int, int] = {}
    for value in nodes:
        node = an_object(value, "a node")
        node_id = whole(node.get("id"), "a node's id")
        if "parent" in node:
            parents[node_id] = whole(node["parent"], "a node's parent")
        for child in a_list(node.get("children", []), "a node's children"):
            parents[whole(child, "a node's child")] = node_id
    return parents


def _place(node: dict[str, Any]) -> tuple[str, str, int, int]:
    frame = an_object(node.get("callFrame"), "a node's callFrame")
    line, column = (whole(frame.get(key, -1), f"a frame's {key}") for key in ("lineNumber", "columnNumber"))
    return text(frame.get("functionName")) or "(anonymous)", without_secrets(text(frame.get("url"))), line, column


def _method(number: int, place: tuple[str, str, int, int]) -> Method:
    name, url, line, column = place
    where = f"{url}:{line + 1}:{column + 1}" if url and line >= 0 else url  # V8 counts lines and columns from 0
    signature = f"{name} ({where})" if where else name
    return Method(1, number, raw_name=signature, name=name, signature=signature, package_name=url or None)


def sampled_calls(
    profile: Sampled, origin: int, process_id: int, thread_id: int, most_calls: int = MOST_CALLS
) -> Calls:
    """Nested calls of the samples, in µs since `origin`: a frame that two neighbouring samples share is one call."""
    changes = _Changes(most_calls)
    stacks = _Stacks(profile.nodes)
    for time, stack in zip((profile.times - origin).tolist(), map(stacks.of, profile.samples), strict=True):
        changes.to(stack, time, profile.nodes)
    changes.to((), profile.end - origin, profile.nodes)
    spans = pair_events(changes.events())
    return call_sites(spans, np.array([process_id]), np.array([thread_id]))


class _Stacks:
    """The stack of each sample, outermost first, as node ids. V8's own work lies on top of the stack before it."""

    def __init__(self, nodes: dict[int, Node]) -> None:
        self.nodes = nodes
        self.known: dict[int, tuple[int, ...]] = {}
        self.last: tuple[int, ...] = ()

    def of(self, node_id: int) -> tuple[int, ...]:
        if self.nodes[node_id].name in ON_TOP:
            return (*self.last, node_id)
        if node_id not in self.known:
            self.known[node_id] = self._walk(node_id)
        self.last = self.known[node_id]
        return self.last

    def _walk(self, node_id: int | None) -> tuple[int, ...]:
        path: list[int] = []
        while node_id in self.nodes:
            if len(path) >= DEEPEST:
                raise ImportFailed(f"a stack of the profile is deeper than {DEEPEST:,} calls")
            node = self.nodes[node_id]
            if node.method is not None:
                path.append(node_id)
            node_id = node.parent
        return tuple(reversed(path))


class _Changes:
    """Entries and exits between one stack and the next."""

    def __init__(self, most_calls: int) -> None:
        self.most_calls = most_calls
        self.stack: tuple[int, ...] = ()
        self.time = array("q")
        self.method = array("q")

    def to(self, stack: tuple[int, ...], time: int, nodes: dict[int, Node]) -> None:
        if stack == self.stack:
            return
        shared = 0
        for old, new in zip(self.stack, stack, strict=False):
            if old != new:
                break
            shared += 1
        self.method.extend([0] * (len(self.stack) - shared))
        self.method.extend(nodes[node].method or 0 for node in stack[shared:])
        self.time.extend([time] * (len(self.stack) + len(stack) - 2 * shared))
        self.stack = stack
        if len(self.time) > 2 * self.most_calls:
            raise ImportFailed(f"the profile has more than {MOST_CALLS:,} calls")

    def events(self) -> Events:
        """Numbers of methods count from 1, so 0 stands for an exit."""
        method, time = (np.frombuffer(values, dtype=np.int64) for values in (self.method, self.time))
        return Events(np.zeros(len(time), dtype=np.int64), time, method, method > 0)
