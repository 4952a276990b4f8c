"""Generated calls: nested, bursty, a few hundred methods, most of them some µs long; the same for the same seed."""

from dataclasses import dataclass

import numpy as np

from replica.profiles.calls import Array

PACKAGES = ("app.ui", "app.ui.list", "app.net", "app.data", "framework.view", "framework.os", "lib.json", "lib.image")
METHODS = 400
DEEPEST = 56


@dataclass(slots=True)
class Generated:
    """One thread's calls in order of entry. `depth` counts from 0, `parent` is a position or −1; times in µs."""

    method: Array
    start: Array
    end: Array
    parent: Array
    depth: Array

    def __len__(self) -> int:
        return len(self.start)


def method_name(number: int) -> tuple[str, str]:
    """(package, name) of a method."""
    return PACKAGES[number % len(PACKAGES)], f"Worker{number // 8}.step{number % 23}"


def generate(count: int, seed: int = 7) -> Generated:
    """`count` calls of one thread.

    A random walk of entries and exits, one clock tick of a few µs between any two events: deeper calls are shorter,
    and every method calls a small set of others, so that merged trees have something to merge.
    """
    random = np.random.default_rng(seed)
    pauses = (random.exponential(3.0, 2 * count + 2) * (1 + 40 * (random.random(2 * count + 2) < 0.01))).astype(int) + 1
    chance, choice = random.random(2 * count), random.integers(0, 4, count)
    method, start, end = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    parent, depth = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    stack: list[int] = []
    now = made = tick = 0
    while made < count or stack:
        now += int(pauses[min(tick, 2 * count + 1)])
        enters = made < count and (not stack or (len(stack) <= DEEPEST and chance[tick] < 0.51))
        tick += 1
        if not enters:
            end[stack.pop()] = now
            continue
        caller = stack[-1] if stack else -1
        above = int(method[caller]) if stack else 0
        method[made] = (above * 7 + int(choice[made]) * 31 + len(stack)) % METHODS
        start[made], parent[made], depth[made] = now, caller, len(stack)
        stack.append(made)
        made += 1
    return Generated(method, start, end, parent, depth)
