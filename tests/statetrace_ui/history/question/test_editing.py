import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history.question.completing import unfinished_at
from statetrace_ui.history.question.editing import line_excluding, line_with, line_without, parts_of
from statetrace_ui.history.question.parsing import parse
from statetrace_ui.history.question.writing import write
from tests.statetrace_ui.history.question.questions import BERLIN, NOW, questions

LINE = "68 new:1 table:a field:b -table:c old:2 since:24h new:3"


def test_the_parts_of_a_line_are_its_terms_and_its_conditions() -> None:
    assert [part.text for part in parts_of(LINE)] == [
        "68",
        "new:1",
        "table:a",
        "field:b old:2 new:3",
        "-table:c",
        "since:24h",
    ]


@pytest.mark.parametrize(
    ("gone", "line"),
    [
        ("68", "new:1 table:a field:b old:2 new:3 -table:c since:24h"),
        ("field:b old:2 new:3", "68 new:1 table:a -table:c since:24h"),
        ("-table:c", "68 new:1 table:a field:b old:2 new:3 since:24h"),
    ],
)
def test_a_part_is_taken_out(gone: str, line: str) -> None:
    parts = parts_of(LINE)
    [part] = [one for one in parts if one.text == gone]
    assert line_without(parts, part) == line


@given(questions())
def test_what_is_left_when_a_part_is_taken_out_asks_for_the_rest(question: object) -> None:
    line = write(question, BERLIN)  # type: ignore[arg-type]
    parts = parts_of(line)
    for part in parts:
        rest = line_without(parts, part)
        assert [one.text for one in parts_of(rest)] == [one.text for one in parts if one is not part]
        parse(rest, NOW, BERLIN)


@pytest.mark.parametrize(
    ("line", "added", "expected"),
    [
        ("", "table:a", "table:a"),
        ("x table:b -table:c kind:delete", "table:a", "x -table:c kind:delete table:a"),
        ("table:a -table:a", "table:a", "table:a"),
        ("since:7d actor:mei", "at:today", "actor:mei at:today"),
        ("since:7d until:today", "since:8d", "until:today since:8d"),
        ("at:7d", "until:today", "until:today"),
        ("field:a new:1", "field:b", "field:a new:1 field:b"),
        ("field:a", "field:a", "field:a"),
        ("outside", "table:a", "outside table:a"),
    ],
)
def test_a_value_is_asked_for_alone(line: str, added: str, expected: str) -> None:
    assert line_with(line, added) == expected


@pytest.mark.parametrize(
    ("line", "added", "expected"),
    [
        ("", "table:a", "-table:a"),
        ("x table:a table:b", "table:a", "x table:b -table:a"),
        ("-table:a", "table:a", "-table:a"),
        ("field:b", 'field:a new:="x y"', 'field:b -field:a new:="x y"'),
    ],
)
def test_a_value_is_excluded(line: str, added: str, expected: str) -> None:
    assert line_excluding(line, added) == expected


@pytest.mark.parametrize(
    ("written", "name", "prefix", "text", "completed"),
    [
        ("|", "", "", "table:", "table:|"),
        ("ta|", "", "ta", "table:", "table:|"),
        ("x ta| y", "", "ta", "table:", "x table:| y"),
        ("-ta|", "", "ta", "table:", "-table:|"),
        ("x | y", "", "", "gap", "x gap| y"),
        ("table:|", "table", "", "table:a", "table:a |"),
        ("-TABLE:or| x", "table", "or", "table:orders", "-table:orders| x"),
        ("table:o|ld x", "table", "o", "table:orders", "table:orders| x"),
        ('table:"my t| x', "table", "my t", 'table:"my table"', 'table:"my table" |'),
        ('table:"my t"|', "table", "my t", 'table:"my table"', 'table:"my table" |'),
        ("new:<=|", "new", "", "new:<=5", "new:<=5 |"),
        ("10:3|", "", "10:3", "gap", "gap |"),
    ],
)
def test_what_is_being_written_is_completed(written: str, name: str, prefix: str, text: str, completed: str) -> None:
    place = written.index("|")
    found = unfinished_at(written.replace("|", ""), place)
    assert (found.name, found.prefix) == (name, prefix)
    line, caret = found.completed(text)
    if completed.endswith((" |", ":|")):
        assert line[:caret] + "|" + line[caret:] == completed
    else:
        assert line == completed.replace("|", "")
        assert line[caret - 1] == " " or line[caret - 1] == ":"


@given(st.text(st.sampled_from(' "-:<=ato'), max_size=20), st.data())
def test_any_place_of_any_text_can_be_completed(line: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(line)))
    found = unfinished_at(line, place)
    assert 0 <= found.start <= place <= found.end <= len(line)
    completed, caret = found.completed("table:a")
    assert "table:a" in completed[:caret]
    assert caret <= len(completed)
