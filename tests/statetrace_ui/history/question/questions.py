"""Random questions, and a moment and zones in which lines are read."""

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import assume
from hypothesis import strategies as st

from statetrace_ui.history.question.names import KINDS
from statetrace_ui.history.question.terms import Choice, Comparison, FieldCondition, Operator, Question

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 24, 10, 34, 56, tzinfo=BERLIN)  # a Tuesday
# Clocks that change at night, at midnight, by half an hour, and never.
ZONES = [
    ZoneInfo(name)
    for name in ("UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata")
]
START = dt.datetime(2018, 1, 1, tzinfo=dt.UTC)
MOMENTS = st.integers(-1_500_000_000_000_000, 5_700_000_000_000_000).map(
    lambda us: START + dt.timedelta(microseconds=us)
)
# Also whole days, hours and minutes, of which random moments have none; many of them near a change of clocks.
ROUND = st.integers(0, 100_000).map(lambda halves: START + dt.timedelta(minutes=30 * halves))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12) | st.sampled_from(
    ["a b", 'a"b', '"', "-a", "outside", "GAP", "table:x", "<=5", "=", "~", "*", "http://x", " ", "–", "order_id:5"]
)
NAMES = TEXTS.filter(lambda text: text != "*")


def choices(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Choice]:
    some = st.lists(texts, max_size=2, unique=True).map(tuple)
    return st.builds(Choice, some, some)


COMPARISONS = st.lists(st.builds(Comparison, st.sampled_from(Operator), st.just("") | TEXTS), max_size=2).map(tuple)
CONDITIONS = st.builds(FieldCondition, st.just("") | NAMES, COMPARISONS, COMPARISONS, st.booleans())


@st.composite
def questions(draw: st.DrawFn) -> Question:
    start, end = draw(st.none() | MOMENTS | ROUND), draw(st.none() | MOMENTS | ROUND)
    assume(not start or not end or start < end)
    plain = ("tables", "keys", "actors", "urls", "methods", "versions", "applications", "sessions", "sources")
    some = draw(st.sets(st.sampled_from(plain), max_size=4))
    numbers = st.integers(0, 2**63 - 1).map(str)
    return Question(
        words=tuple(draw(st.lists(TEXTS, max_size=3))),
        fields=tuple(draw(st.lists(CONDITIONS, max_size=3))),
        outside=draw(st.sampled_from([None, True, False])),
        gap=draw(st.sampled_from([None, True, False])),
        start=start,
        end=end,
        kinds=draw(choices(st.sampled_from(list(KINDS)))),
        xids=draw(choices(numbers)),
        lsns=draw(choices(st.sampled_from(["0/16B3748", "16/B374D848", "FFFFFFFF/FFFFFFFF"]))),
        **{name: draw(choices(TEXTS)) for name in sorted(some)},
    )
