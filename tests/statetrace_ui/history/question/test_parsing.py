import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.history.question.lines import LONGEST_LINE, MOST_TERMS
from statetrace_ui.history.question.names import FLAGS, KINDS, NAMES
from statetrace_ui.history.question.parsing import parse
from statetrace_ui.history.question.terms import Choice, Comparison, FieldCondition, Operator, Question
from statetrace_ui.history.question.writing import write
from tests.statetrace_ui.history.question.questions import BERLIN, NOW, ZONES, questions

PIECES = [
    *(f"{name}:" for name in NAMES),
    *FLAGS,
    *KINDS,
    "tabel:",
    "kind:delet",
    "-",
    '"',
    '""',
    " ",
    "*",
    "<=",
    "!=",
    "7d",
    "2026-10-25T02:30",
]
ANYTHING = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join)


def error_of(line: str) -> QuestionError:
    with pytest.raises(QuestionError) as raised:
        parse(line, NOW, BERLIN)
    return raised.value


def problem_of(line: str, zone: ZoneInfo) -> QuestionError | None:
    try:
        parse(line, NOW, zone)
    except QuestionError as error:
        return error
    return None


@given(questions(), st.sampled_from(ZONES))
@settings(max_examples=100)
def test_what_is_written_is_read_as_the_same_question(question: Question, zone: ZoneInfo) -> None:
    assert parse(write(question, zone), NOW, zone) == question


@given(ANYTHING, st.sampled_from(ZONES))
@settings(max_examples=200)
def test_any_text_is_a_question_or_wrong_at_a_place_in_it(line: str, zone: ZoneInfo) -> None:
    error = problem_of(line, zone)
    if error:
        assert 0 <= error.place < error.place + error.length <= len(line)
        assert error.sentence
        assert error.advice
    else:
        question = parse(line, NOW, zone)
        assert parse(write(question, zone), NOW, zone) == question


@given(ANYTHING)
def test_what_is_proposed_in_place_of_an_error_is_understood(line: str) -> None:
    error = problem_of(line, BERLIN)
    mended = problem_of(error.instead, BERLIN) if error else None
    assert not mended or mended.sentence != error.sentence  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("", {}),
        ("order 68", {"words": ("order", "68")}),
        ('"order 68"', {"words": ("order 68",)}),
        ("10:34", {"words": ("10:34",)}),
        ("table:a table:b -table:c", {"tables": Choice(("a", "b"), ("c",))}),
        ('TABLE:"my ""odd"" table"', {"tables": Choice(('my "odd" table',))}),
        ("kind:Deleted", {"kinds": Choice(("delete",))}),
        ("outside -gap", {"outside": True, "gap": False}),
        ('"outside"', {"words": ("outside",)}),
        ("url:/a:b?c=1", {"urls": Choice(("/a:b?c=1",))}),
        ("lsn:0/16b3748", {"lsns": Choice(("0/16B3748",))}),
        ("new:paid", {"fields": (FieldCondition(new=(Comparison(Operator.EQUALS, "paid"),)),)}),
        ('new:""', {"fields": (FieldCondition(new=(Comparison(Operator.EQUALS, ""),)),)}),
        ("new:>=5", {"fields": (FieldCondition(new=(Comparison(Operator.AT_LEAST, "5"),)),)}),
        ('new:">=5"', {"fields": (FieldCondition(new=(Comparison(Operator.EQUALS, ">=5"),)),)}),
        (
            "field:a new:1 old:2 -field:b new:~3 field:*",
            {
                "fields": (
                    FieldCondition("a", (Comparison(Operator.EQUALS, "2"),), (Comparison(Operator.EQUALS, "1"),)),
                    FieldCondition("b", (), (Comparison(Operator.CONTAINS, "3"),), excluded=True),
                    FieldCondition(""),
                )
            },
        ),
    ],
)
def test_a_line_is_read(line: str, parts: dict[str, Any]) -> None:
    assert parse(line, NOW, BERLIN) == Question(**parts)


@pytest.mark.parametrize(
    ("line", "part", "sentence", "instead"),
    [
        ("order tabel:orders", "tabel:orders", "There is no term tabel:.", "table:orders"),
        ('-Actr:"a b"', '-Actr:"a b"', "There is no term Actr:.", '-actor:"a b"'),
        ("status:paid", "status:paid", "There is no term status:.", ""),
        ("a kind:delet b", "kind:delet", "There is no kind delet.", "kind:delete"),
        ("-kind:gap", "-kind:gap", "A gap is no kind of change.", "gap"),
        ("table: orders", "table:", "table: has no value.", ""),
        ("new:= 5", "new:=", "new:= has no value.", ""),
        ('table:""', 'table:""', "table: has an empty value.", ""),
        ('x ""', '""', "These quotation marks are empty.", ""),
        ('x key:"a b', '"a b', "This quotation mark is not closed.", ""),
        ('x key:"a b"c', "c", "This follows a quotation mark without a blank.", ""),
        ("new:!=5", "!=", "There is no operator !=.", ""),
        ("-word", "-word", "A word alone cannot be excluded.", ""),
        ("- word", "-", "- alone excludes nothing.", ""),
        ("-new:5", "-new:5", "new: cannot be excluded by itself.", ""),
        ("outside -outside", "-outside", "outside and -outside exclude one another.", ""),
        ("xid:7²", "xid:7²", "The id of a transaction is a number.", ""),
        ("xid:9223372036854775808", "xid:9223372036854775808", "The id of a transaction is a number.", ""),
        ("lsn:0/1/2", "lsn:0/1/2", "This is no position in the log.", ""),
        ("a since:soon", "since:soon", "soon is neither a time nor a period.", ""),
        ("since:7d since:8d", "since:8d", "The time is said twice.", ""),
        ("at:today until:today", "until:today", "The time is said twice.", ""),
        ("since:today until:yesterday", "until:yesterday", "The end is before the beginning.", ""),
        ("-since:today", "-since:today", "A time cannot be excluded.", ""),
        ("a\0b", "\0", "No database can hold this character.", ""),
        ("a\ud800b", "\ud800", "No database can hold this character.", ""),
    ],
)
def test_what_is_wrong_is_said_at_its_place(line: str, part: str, sentence: str, instead: str) -> None:
    error = error_of(line)
    assert line[error.place : error.place + error.length] == part
    assert (error.sentence, error.instead) == (sentence, instead)


def test_a_line_has_limits() -> None:
    assert "characters" in error_of("x" * (LONGEST_LINE + 1)).sentence
    assert len(parse(" ".join("x" * MOST_TERMS), NOW, BERLIN).words) == MOST_TERMS
    error = error_of(" ".join("x" * (MOST_TERMS + 1)))
    assert "terms" in error.sentence
    assert (error.place, error.length) == (2 * MOST_TERMS, 1)


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_understood(name: str) -> None:
    assert parse(NAMES[name].example, NOW, BERLIN)


def test_at_is_since_and_until() -> None:
    question = parse("at:2026-03-29", NOW, BERLIN)
    assert question.start
    assert question.end
    assert question.end - question.start == dt.timedelta(hours=23)
    assert question == parse("since:2026-03-29 until:2026-03-29", NOW, BERLIN)
