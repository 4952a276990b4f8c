"""The order of what changed, what lies inside what, and the sentence."""

import numpy as np

from replica.compare.facts import ComparedSession, LabelFact
from replica.compare.pairing import Groups
from replica.compare.ranking import flattened
from replica.compare.sentence import brief, sentence
from replica.compare.steps import step_changes
from replica.compare.subjects import Comparison
from replica.compare.tree import compare_labels
from tests.replica.compare.drawn import draw


def compared(labels: dict[str, tuple[float, float, float]], a_side: int = 5) -> Comparison:
    """Labels by name with (start, ms of the base, ms of the new side)."""
    sessions: dict[str, list[ComparedSession]] = {"b": [], "n": []}
    facts = []
    for side, found in sessions.items():
        for n in range(a_side):
            session_id, more = f"{side}{n}", 0.0
            for name, (start, base, new) in labels.items():
                ms = (base if side == "b" else new) + n * 0.1
                facts.append(LabelFact(session_id, "", name, start + more, start + more + ms))
                more += ms
            found.append(ComparedSession(session_id, None, more))
    return compare_labels(Groups(sessions["b"], sessions["n"]), facts)


def names(comparison: Comparison) -> list[str]:
    return [entry.subject.name for entry in flattened(comparison.entries)]


def test_the_surest_come_first_and_of_these_the_largest() -> None:
    found = compared({"same": (0, 500, 500), "small": (0, 100, 120), "large": (0, 100, 300)})
    assert names(found) == ["large", "small", "same"]


def test_a_label_within_another_stands_below_it() -> None:
    facts, sides = [], []
    for side, ms in (("b", 100.0), ("n", 300.0)):
        sides.append([ComparedSession(f"{side}{n}", None, ms + n) for n in range(5)])
        for n in range(5):
            facts += [LabelFact(f"{side}{n}", "", "outer", 0, ms + n), LabelFact(f"{side}{n}", "", "inner", 5, ms)]
    found = compare_labels(Groups(*sides), facts)
    [outer] = found.entries
    assert outer.subject.name == "outer"
    assert [entry.subject.name for entry in outer.inside] == ["inner"]
    assert sentence(found) == "200 ms slower: “outer” +200 ms, of which 200 ms in “inner”."


def test_a_label_that_is_new_is_told_as_that() -> None:
    facts, sides = [], []
    for side in ("b", "n"):
        sides.append([ComparedSession(f"{side}{n}", None, 100 + n + 50.0 * (side == "n")) for n in range(5)])
        for n in range(5):
            facts.append(LabelFact(f"{side}{n}", "", "old", 0, 100 + n))
            facts += [LabelFact(f"{side}{n}", "", "Ask again", 200, 250 + n)] if side == "n" else []
    assert sentence(compare_labels(Groups(*sides), facts)) == "50 ms slower: “Ask again” +52 ms (new)."


def test_where_nothing_moved_the_sentence_says_so() -> None:
    found = draw(np.random.default_rng(1), 6)
    assert sentence(found) == "No clear change as a whole; no label changed clearly."


def test_many_labels_are_counted() -> None:
    found = compared({f"step {n}": (0, 100, 200 + n) for n in range(7)})
    assert sentence(found).endswith("; 3 more.")


def test_durations_are_as_one_keeps_them_in_mind() -> None:
    assert [brief(ms) for ms in (0.5, 219.4, 3021.8, 90_000)] == ["500 µs", "219 ms", "3.0 s", "1 min 30 s"]


def test_a_step_is_found_where_it_was_planted_and_none_where_none_was() -> None:
    rng = np.random.default_rng(1)
    values = (100 + 2 * rng.standard_normal(60)).tolist()
    assert step_changes(values) == []
    values[30:] = [value + 10 for value in values[30:]]
    values[::10] = [value + 80 for value in values[::10]]  # slow sessions here and there
    [step] = step_changes(values)
    assert abs(step.index - 30) <= 2
    assert 8 < step.shift.value < 12


def test_few_values_have_no_steps() -> None:
    assert step_changes([1.0] * 5 + [9.0] * 5) == []
    assert step_changes([1.0] * 50) == []
