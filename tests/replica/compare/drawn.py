"""Sessions drawn from known distributions."""

from numpy.random import Generator

from replica.compare.facts import ComparedSession, LabelFact
from replica.compare.pairing import Groups
from replica.compare.subjects import Comparison
from replica.compare.tree import compare_labels

STEPS, NOISE, STEP_MS = 10, 0.02, 500.0


def draw(rng: Generator, a_side: int, slower: dict[str, float] | None = None, noise: float = NOISE) -> Comparison:
    """Two groups of ten steps each, drawn alike but for the steps that are `slower` by a factor in the new one."""
    groups, labels = [], []
    for side in ("base", "new"):
        sessions = []
        for number in range(a_side):
            session_id = f"{side}-{number}"
            at = 0.0
            for step in range(STEPS):
                factor = (slower or {}).get(f"Step {step}", 1.0) if side == "new" else 1.0
                ms = STEP_MS * factor * (1 + noise * float(rng.standard_normal()))
                labels.append(LabelFact(session_id, "step", f"Step {step}", at, at + ms))
                at += ms
            sessions.append(ComparedSession(session_id, None, at))
        groups.append(sessions)
    return compare_labels(Groups(*groups), labels)
