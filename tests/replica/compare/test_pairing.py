"""What is the same thing in two sessions."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from replica.compare.facts import CallFact, ComparedSession, ExchangeFact, LabelFact
from replica.compare.pairing import Groups, call_subjects, label_subjects, request_subjects

BASE, NEW = ComparedSession("b", None, 1.0), ComparedSession("n", None, 1.0)
NAMES = st.sampled_from(["Open", "Pay", "Söök", ""])
SIDES = st.sampled_from(["b", "n"])
labels = st.lists(
    st.tuples(SIDES, NAMES, st.sampled_from(["", "step"]), st.integers(0, 1000), st.integers(1, 50)), max_size=30
)


def in_order_of_time(drawn: list[tuple[str, str, str, int, int]]) -> list[LabelFact]:
    facts = [LabelFact(side, category, name, start, start + ms) for side, name, category, start, ms in drawn]
    return sorted(facts, key=lambda fact: (fact.session_id, fact.start, fact.end))


@given(labels)
def test_every_label_is_in_one_pair_and_none_is_dropped(drawn: list[tuple[str, str, str, int, int]]) -> None:
    facts = in_order_of_time(drawn)
    subjects = label_subjects(Groups([BASE], [NEW]), facts)
    placed = Counter(
        (sample.session_id, subject.name, sample.start, sample.end)
        for subject in subjects
        for sample in (*subject.base, *subject.new)
        if sample.start is not None
    )
    assert placed == Counter((fact.session_id, fact.name, fact.start, fact.end) for fact in facts)
    assert len({(subject.name, subject.place) for subject in subjects}) == len(subjects)


@given(labels)
def test_the_nth_of_one_side_meets_the_nth_of_the_other(drawn: list[tuple[str, str, str, int, int]]) -> None:
    facts = in_order_of_time(drawn)
    for subject in label_subjects(Groups([BASE], [NEW]), facts):
        for side in (subject.base, subject.new):
            assert len(side) <= 1
    counts = Counter((fact.session_id, fact.category, fact.name) for fact in facts)
    pairs = sum(
        min(counts["b", category, name], counts["n", category, name])
        for category, name in {(fact.category, fact.name) for fact in facts}
    )
    found = label_subjects(Groups([BASE], [NEW]), facts)
    placed = [[one for one in (*subject.base, *subject.new) if one.start is not None] for subject in found]
    assert sum(len(samples) == 2 for samples in placed) == pairs


def test_a_label_of_one_side_alone_is_gone_or_new() -> None:
    [subject] = label_subjects(Groups([BASE], [NEW]), [LabelFact("n", "", "Pay", 5, 9)])
    assert (subject.base_values, subject.new_values) == ([0.0], [4])


def test_a_session_that_ended_before_a_label_says_nothing_of_it() -> None:
    early = ComparedSession("early", None, 1.0)
    facts = [LabelFact("b", "", "Pay", 5, 9), LabelFact("n", "", "Pay", 5, 9), LabelFact("early", "", "Open", 0, 1)]
    pay, _ = label_subjects(Groups([BASE, early], [NEW]), facts)
    assert (pay.base_values, pay.new_values) == ([4], [4])


def test_what_was_not_recorded_is_not_nothing() -> None:
    """A session without any exchange says nothing of requests; one that made others waited 0 ms for this one."""
    without = ComparedSession("b", None, 1.0, has_exchanges=False)
    exchanges = [ExchangeFact(0, "n", 1, "https://h/pay", 7.0)]
    [subject] = request_subjects(Groups([without], [NEW]), exchanges)
    assert (subject.base_values, subject.new_values) == ([], [7.0])
    [subject] = request_subjects(Groups([BASE], [NEW]), exchanges)
    assert (subject.base_values, subject.new_values) == ([0.0], [7.0])


def test_a_method_is_known_by_its_name_and_package_on_whatever_server() -> None:
    calls = [
        CallFact(0, "b", "sort", "sort (http://a:1/x.js:1:1)", "http://a:1/x.js", 2.0),
        CallFact(0, "n", "sort", "sort (http://b:2/x.js:9:9)", "http://b:2/x.js", 3.0),
        CallFact(0, "n", "(program)", "(program)", "", 99.0),
    ]
    [subject] = call_subjects(Groups([BASE], [NEW]), calls)
    assert (subject.name, subject.place, subject.base_values, subject.new_values) == ("sort", "/x.js", [2.0], [3.0])


def test_functions_without_a_name_are_told_apart_by_their_place() -> None:
    calls = [CallFact(0, "n", "(anonymous)", f"(anonymous) (http://a:1/x.js:{line}:1)", "", 1.0) for line in (1, 2)]
    names = {subject.name for subject in call_subjects(Groups([BASE], [NEW]), calls)}
    assert names == {"(anonymous) (/x.js:1:1)", "(anonymous) (/x.js:2:1)"}
