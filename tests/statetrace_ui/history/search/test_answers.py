"""The engine finds what a plain filter over all changes finds, page by page."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from statetrace_ui.history import partitions, search
from statetrace_ui.history.models import Transaction
from statetrace_ui.history.question.terms import Choice, Comparison, FieldCondition, Operator, Question
from statetrace_ui.history.search.building import build_missing
from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.search import plain
from tests.statetrace_ui.history.search.histories import EMAILS, MOMENTS, NOTES, START, STATES, TOTALS, History

NUMBER = count(1)
MOST_PAGES = 1_000
NAMES = ("", "status", "stat*", "total", "note", "made_at", "open", "email", "secret", "name", "id", "nothing", "*")
VALUES = [
    *(value for values in (STATES, TOTALS, NOTES, MOMENTS, EMAILS) for value in values if value),
    "null", "true", "f", "9.99", "1.0", "2026-03-01T12:00:00Z", "2026-03-15", "THANK", "GRÜ", "%", "_", "\\",
    "2", "7", "'",
]  # fmt: skip
WORDS = ("2", "order", "mei", "Thanks", "THANKS", "thank", "you", "thank you", "1@x.y", "en", "2@x.y, en", "nobody")


def choices(*texts: str) -> st.SearchStrategy[Choice]:
    """Seldom more than one, since terms are ANDed and most questions should match something."""
    some = st.lists(st.sampled_from(texts), max_size=2).map(tuple)
    named = st.builds(Choice, wanted=some, excluded=st.lists(st.sampled_from(texts), max_size=1).map(tuple))
    return st.one_of(st.just(Choice()), st.just(Choice()), st.just(Choice()), named)


comparisons = st.builds(Comparison, st.sampled_from(Operator), st.sampled_from(VALUES))
equalities = st.builds(Comparison, st.just(Operator.EQUALS), st.sampled_from(VALUES))
sides = st.lists(st.one_of(equalities, comparisons), max_size=2).map(tuple)
conditions = st.builds(
    FieldCondition, st.sampled_from(NAMES), sides, sides, st.sampled_from((False, False, False, True))
)
moments = st.one_of(st.none(), st.none(), st.integers(-5, 70).map(lambda minutes: START + timedelta(minutes=minutes)))
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(tuple)
questions = st.builds(
    Question,
    words=st.one_of(st.just(()), st.just(()), st.just(()), st.just(()), words),
    tables=choices("shop_order", "public.shop_order", "other.*", "pers*", "nothing", '"other".shop_order'),
    keys=choices("1", "2", "3", "4*", "1@x.y, en", "2@x.y, de, at", "*, en"),
    actors=choices("mei", "tan", "ada tan", "nobody"),
    urls=choices("/checkout/", "/orders", "pay", "*/7/*", "checkout"),
    methods=choices("get", "POST", "p*"),
    versions=choices("1.2", "1*", "2"),
    applications=choices("shop", "other"),
    kinds=choices("insert", "update", "delete", "truncate", "snapshot", "altered"),
    sessions=choices("s1", "s2", "s9"),
    sources=choices("one", "two", "o*"),
    xids=choices("703", "710", "x", "9" * 30),
    fields=st.lists(conditions, max_size=2).map(tuple),
    outside=st.sampled_from((None, None, None, True, False)),
    gap=st.sampled_from((None, None, None, False, True)),
    start=moments,
    end=moments,
)
# What search indexes answer.
of_values = st.builds(
    lambda name, comparison: Question(fields=(FieldCondition(name, new=(comparison,)),)),
    st.sampled_from(NAMES),
    equalities,
)


class World:
    """An organisation with two sources, and a stranger with similar data; partitions of which some are sealed."""

    def __init__(self, seed: int) -> None:
        number = next(NUMBER)
        self.organisation = Organisation.objects.create(name=f"Acme {number}", slug=f"acme-{number}")
        stranger = Organisation.objects.create(name=f"Other {number}", slug=f"other-{number}")
        own = [History(self.organisation, name, seed + place) for place, name in enumerate(("one", "two"))]
        every = [*own, History(stranger, "one", seed)]
        for part in range(3):
            for history in every:
                history.grow(8)
            if part == seed % 3:
                every[seed % 2].lose()
            if part < 2:
                partitions.seal_full()
            if part == 1:
                build_missing()
        self._plain = [plain.Plain(history.source, history.masker) for history in own]

    def expected(self, question: Question) -> list[int]:
        return plain.matching(self._plain, question)

    def paged(self, question: Question, size: int, seconds: float) -> list[int]:
        found, cursor = [], ""
        for _ in range(MOST_PAGES):
            answer = search.changes(self.organisation, question, cursor, size, seconds)
            assert len(answer.page.rows) <= size
            assert answer.complete == (answer.page.older is None)
            found += [change.pk for change in answer.page.rows]
            if answer.complete:
                return found
            cursor = answer.page.older or ""
        raise AssertionError("It does not come to an end.")


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 25), pytest.param(2, 150, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_what_is_found_is_what_a_plain_filter_finds(seed: int, count: int) -> None:
    world = World(seed)
    matched: set[Question] = set()

    @examples(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(
        question=st.one_of(questions, of_values), size=st.sampled_from((3, 50)), seconds=st.sampled_from((0.1, 10.0))
    )
    def compare(question: Question, size: int, seconds: float) -> None:
        expected = world.expected(question)
        assert world.paged(question, size, seconds) == expected
        assert [number for batch in search.every(world.organisation, question) for _, number, _ in batch] == expected
        if expected:
            matched.add(question)

    compare()
    assert len(matched) > count / 8


@pytest.fixture(autouse=True)
def _small_steps(small_partitions: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statetrace_ui.history.search.scanning.FIRST_STEP", 100)
    monkeypatch.setattr("statetrace_ui.history.search.scanning.WALKED", 30)
    monkeypatch.setattr("statetrace_ui.history.search.building.LEAST_SLICE", 10)
    monkeypatch.setattr("statetrace_ui.history.search.following.FIRST_KNOWN", 1)


def test_transactions_are_found_by_their_ids_and_positions() -> None:
    world = World(7)
    lsns = [format_lsn(lsn) for lsn in Transaction.objects.filter(xid=705).values_list("commit_lsn", flat=True)]
    for question in (Question(), Question(lsns=Choice(tuple(lsns))), Question(xids=Choice(("705",)))):
        assert world.paged(question, 50, 10) == world.expected(question) != []


@pytest.mark.parametrize("text", ["THANK", "GRÜ"])
def test_parts_of_texts_are_found_without_regard_to_capitals(text: str) -> None:
    world = World(5)
    question = Question(fields=(FieldCondition("note", new=(Comparison(Operator.CONTAINS, text),)),))
    assert world.paged(question, 50, 10) == world.expected(question) != []


@pytest.mark.parametrize("asked", [{"sessions": Choice(("s1",))}, {"actors": Choice(("mei",))}], ids=str)
def test_all_transactions_of_a_session_or_an_actor_are_found(asked: dict[str, Choice]) -> None:
    world = World(7)
    for question in (Question(**asked), Question(**asked, start=START + timedelta(minutes=9))):  # type: ignore[arg-type]
        expected = world.expected(question)
        assert world.paged(question, 3, 10) == world.paged(question, 50, 0) == expected != []
