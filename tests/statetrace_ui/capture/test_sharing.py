"""Which sources a process takes and gives up: by figures alone, until nobody has anything left to do."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.capture.sharing import Held, Names, Plan, plan

ALL: Names = frozenset()


def sources(*holders: int | None, names: str = "abcdefghij") -> list[Held]:
    return [Held(number, names[number], holder) for number, holder in enumerate(holders)]


def settle(processes: dict[int, Names], held: list[Held]) -> list[Held]:
    """Let the processes act one after the other until none has anything to do; fails if that never happens."""
    for _ in range(50):
        before = held
        for me in processes:
            held = acted(me, plan(me, processes, held), held)
        if held == before:
            return held
    raise AssertionError("The processes never come to rest.")


def acted(me: int, planned: Plan, held: list[Held]) -> list[Held]:
    taken = planned.take[: planned.room]
    return [Held(s.id, s.name, me if s.id in taken else None if s.id in planned.leave else s.holder) for s in held]


def counts(held: list[Held]) -> list[int]:
    return sorted(Counter(source.holder for source in held).values())


def test_one_process_takes_all() -> None:
    assert plan(1, {1: ALL}, sources(None, None)) == Plan(take=(0, 1), room=2)


def test_what_a_process_holds_it_keeps() -> None:
    assert plan(1, {1: ALL}, sources(1, 1)) == Plan()


def test_a_newcomer_gets_its_share() -> None:
    assert counts(settle({1: ALL, 2: ALL}, sources(1, 1, 1, 1))) == [2, 2]


def test_an_odd_source_stays_where_it_is() -> None:
    assert plan(1, {1: ALL, 2: ALL}, sources(1, 1, 2)) == Plan()
    assert plan(1, {1: ALL, 2: ALL}, sources(1)) == Plan()


def test_sources_of_a_process_that_is_gone_are_free() -> None:
    assert counts(settle({1: ALL, 2: ALL}, sources(1, 9, 9, 2))) == [2, 2]


def test_a_source_that_a_process_was_started_for_is_left_to_it() -> None:
    held = settle({1: ALL, 2: frozenset("a")}, sources(1, 1, 1))
    assert [source.holder for source in held] == [2, 1, 1]


def test_a_process_for_some_takes_no_others() -> None:
    assert plan(2, {2: frozenset("b")}, sources(None, None)) == Plan(take=(1,), room=1)


def test_sources_come_back_to_those_for_all_when_their_own_process_is_gone() -> None:
    assert counts(settle({1: ALL}, sources(9, 1, 1))) == [3]


def test_a_source_whose_processes_all_have_their_share_is_captured_all_the_same() -> None:
    """Three processes for two of three sources each: the shares are one each, and two of them took badly."""
    three = {1: frozenset("ab"), 2: frozenset("bc"), 3: frozenset("ca")}
    held = settle(three, sources(1, None, 2))
    assert all(source.holder for source in held)


@given(
    st.dictionaries(st.integers(1, 4), st.frozensets(st.sampled_from("abcdef"), max_size=3), min_size=1),
    st.lists(st.sampled_from([None, 1, 2, 3, 4, 9]), max_size=6),
)
def test_whatever_happened_every_source_finds_its_process(
    processes: dict[int, Names], holders: list[int | None]
) -> None:
    for source in settle(processes, sources(*holders)):
        named = {key for key, names in processes.items() if source.name in names}
        fitting = named or {key for key, names in processes.items() if not names}
        assert source.holder in fitting if fitting else source.holder not in processes


@given(st.integers(1, 5), st.lists(st.sampled_from([None, 1, 2, 3, 4, 5]), max_size=10))
def test_processes_for_all_end_with_the_same_number_but_for_one(number: int, holders: list[int | None]) -> None:
    processes = dict.fromkeys(range(1, number + 1), ALL)
    found = Counter(source.holder for source in settle(processes, sources(*holders)))
    assert max(found.values(), default=0) <= -(-len(holders) // number)
