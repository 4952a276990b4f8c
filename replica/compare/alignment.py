"""Two sessions on one time axis, step by step: what both have begins at one place, and what is longer sticks out.

A step is a label that both sessions have. Steps and what lies between them are parts; each takes as much of the axis as
the session that takes longer over it, so that a length on the axis is a length of time in both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise
from math import sqrt
from operator import itemgetter

from replica.compare.subjects import Comparison, typical

Span = tuple[float, float]  # start and end in ms
Step = tuple[Span, Span]  # where it is in the base and in the new session
MOST_STEPS = 300  # that are looked at, the longest


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a session, in ms, and where it begins on the axis."""

    start: float
    end: float
    at: float


def typical_pair(comparison: Comparison) -> tuple[str, str] | None:
    """The session in the middle of each side; None where a side has none with a duration."""
    base, new = typical(comparison.flow.subject.base), typical(comparison.flow.subject.new)
    return None if base is None or new is None else (base.session_id, new.session_id)


def chained(steps: Iterable[Step]) -> list[Step]:
    """The steps that follow each other in both sessions, in order; of those that do not, the weightier.

    Steps that fill another one outweigh it, and short ones within a long one do not.
    """
    ordered = sorted(nlargest(MOST_STEPS, steps, key=_weight), key=lambda step: (step[0][1], step[1][1]))
    chains: list[tuple[float, list[Step]]] = []  # the weightiest that ends with each step
    for step in ordered:
        before = [chain for chain in chains if _follows(step, chain[1][-1])]
        weight, chain = max(before, key=itemgetter(0), default=(0.0, []))
        chains.append((weight + _weight(step), [*chain, step]))
    return max(chains, key=itemgetter(0), default=(0.0, []))[1]


def _weight(step: Step) -> float:
    return sqrt(max(end - start for start, end in step))


def _follows(step: Step, other: Step) -> bool:
    return all(one[0] >= before[1] for one, before in zip(step, other, strict=True))


def step_by_step(steps: Iterable[Step], lengths: tuple[float, float]) -> tuple[list[Part], list[Part]]:
    """The parts of both sessions, which are `lengths` long."""
    edges = [(0.0, 0.0)]
    for base, new in chained(steps):
        edges += [(base[0], new[0]), (base[1], new[1])]
    last = edges[-1]
    edges.append((max(lengths[0], last[0]), max(lengths[1], last[1])))
    base_parts, new_parts, at = [], [], 0.0
    for (base_start, new_start), (base_end, new_end) in pairwise(edges):
        base_parts.append(Part(base_start, base_end, at))
        new_parts.append(Part(new_start, new_end, at))
        at += max(base_end - base_start, new_end - new_start)
    return base_parts, new_parts
