"""Two sessions under each other: as they were recorded, or step by step, so that what is longer sticks out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from replica.compare.subjects import Comparison, Kind, Sample, typical

Span = tuple[float, float]  # start and end in ms


@dataclass(frozen=True, slots=True)
class Step:
    """A label in the two sessions; None where one of them lacks it."""

    name: str
    category: str
    base: Span | None
    new: Span | None


@dataclass(frozen=True, slots=True)
class Pair:
    """The typical session of each side, and its steps in order of time."""

    base_id: str
    new_id: str
    steps: Sequence[Step]


def typical_pair(comparison: Comparison) -> Pair | None:
    """None where a side has no session with a duration, or no label is there to line them up by."""
    base, new = typical(comparison.flow.subject.base), typical(comparison.flow.subject.new)
    if base is None or new is None:
        return None
    steps = [
        Step(
            entry.subject.name,
            entry.subject.place.partition(" · ")[0],
            _span(entry.subject.base, base.session_id),
            _span(entry.subject.new, new.session_id),
        )
        for entry in comparison.entries
        if entry.subject.kind == Kind.LABEL
    ]
    there = [step for step in steps if step.base or step.new]
    return Pair(base.session_id, new.session_id, in_order(there)) if there else None


def _span(samples: Sequence[Sample], session_id: str) -> Span | None:
    found = (one for one in samples if one.session_id == session_id)
    return next(((one.start, one.end) for one in found if one.start is not None and one.end is not None), None)


def in_order(steps: Iterable[Step]) -> list[Step]:
    """As the base took them; a step that it lacks stands where the new session took it."""
    return sorted(steps, key=lambda step: (step.base or step.new or (0.0, 0.0))[0])


def step_by_step(steps: Sequence[Step]) -> list[Step]:
    """The steps moved so that each begins at one place on both sides, behind whatever came before it on either."""
    moved: list[Step] = []
    at = 0.0
    for step in steps:
        lengths = [span[1] - span[0] if span else None for span in (step.base, step.new)]
        base, new = ((at, at + length) if length is not None else None for length in lengths)
        moved.append(Step(step.name, step.category, base, new))
        at += max(length or 0.0 for length in lengths)
    return moved
