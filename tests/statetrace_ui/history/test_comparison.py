import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history import comparison
from statetrace_ui.history.comparison import MOST_PATHS, MOST_TOKENS, Effort, PathChange, Word

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def json_changes(old: str, new: str) -> list[PathChange]:
    return comparison.json_changes(old, new, Effort())


def words(old: str, new: str) -> tuple[list[Word], list[Word]]:
    return comparison.words(old, new, Effort())


def changed(words: list[Word]) -> list[str]:
    return [word.text for word in words if word.changed]


def test_json_is_compared_by_path() -> None:
    old = '{"items": [{"price": 19.90}, {"price": 1}], "odd key": 1, "same": [1, 2]}'
    new = '{"items": [{"price": 19.9}], "odd key": null, "same": [1,2], "gift": {"to": "Ada"}}'
    assert json_changes(old, new) == [
        PathChange("items[0].price", "19.90", "19.9"),
        PathChange("items[1]", '{"price":1}', None),
        PathChange('["odd key"]', "1", "null"),
        PathChange("gift", None, '{"to":"Ada"}'),
    ]


def array_changes(old: str, new: str) -> list[tuple[str, str | None, str | None]]:
    return [(one.path, one.old, one.new) for one in comparison.array_changes(old, new, Effort())]


def test_arrays_are_compared_by_element() -> None:
    assert array_changes('{a,"b c",NULL}', '{a,"b d",NULL,"NULL"}') == [
        ("[2]", '"b c"', '"b d"'),
        ("[4]", None, '"NULL"'),
    ]
    assert array_changes("{a,b,c}", "{b,c}") == [("[1]", "a", None)]
    assert array_changes("{a,b,c}", "{a,new,b,c}") == [("[2]", None, "new")]
    assert array_changes("{}", "{a}") == [("[1]", None, "a")]
    assert array_changes('{"a,\\"}b\\\\",c}', '{"a,\\"}b\\\\",d}') == [("[2]", "c", "d")]


def test_inner_arrays_are_compared_as_a_whole_and_places_are_those_of_sql() -> None:
    assert array_changes("{{1,2},{3,4}}", "{{1,2},{3,5}}") == [("[2]", "{3,4}", "{3,5}")]
    assert array_changes("[-1:0]={a,b}", "[-1:0]={a,c}") == [("[0]", "b", "c")]
    assert array_changes("[0:1][5:6]={{1,2},{3,4}}", "[0:1][5:6]={{9,2},{3,4}}") == [("[0]", "{1,2}", "{9,2}")]


def test_what_is_no_array_is_left_to_be_shown_as_text() -> None:
    for broken in ("", "a", "{a", "{a}}", '{"a}', "{a}b", "{{a}"):
        assert array_changes(broken, "{b}") == array_changes("{b}", broken) == []
    assert array_changes("{1,2}", "[0:1]={1,2}") == []


def test_comparing_arrays_is_bounded() -> None:
    many = [f"{{{','.join(str(n + step) for n in range(0, 10_000, 2))}}}" for step in (0, 1)]
    assert len(array_changes(*many)) == MOST_PATHS
    assert comparison.array_changes("{1}", "{2}", Effort(characters=5)) == []
    deep = "{" * 50_000 + "1" + "}" * 50_000
    assert [path for path, _, _ in array_changes(deep, deep.replace("1", "2"))] == ["[1]"]


@given(st.lists(st.text(max_size=3) | st.none(), max_size=6), st.lists(st.text(max_size=3) | st.none(), max_size=6))
def test_any_arrays_are_compared(old: list[str | None], new: list[str | None]) -> None:
    assert bool(array_changes(written(old), written(new))) == (old != new)


def written(elements: list[str | None]) -> str:
    """As PostgreSQL writes an array, with quotation marks more often than it needs them."""
    texts = ("NULL" if one is None else '"' + re.sub(r'(["\\])', r"\\\1", one) + '"' for one in elements)
    return "{" + ",".join(texts) + "}"


def test_large_json_numbers_are_not_rounded() -> None:
    [change] = json_changes('{"n": 9007199254740993.0000000000000001}', '{"n": 9007199254740993.0000000000000002}')
    assert change == PathChange("n", "9007199254740993.0000000000000001", "9007199254740993.0000000000000002")


def test_json_that_cannot_be_compared_is_left_to_be_shown_as_text() -> None:
    assert json_changes("{broken", "{}") == []
    assert json_changes("[" * 100_000, "[]") == []
    [deep] = json_changes("[" * 80 + "1" + "]" * 80, "[" * 80 + "2" + "]" * 80)
    assert deep.path == "[0]" * 50


@given(old=documents, new=documents)
def test_json_diff_is_empty_only_for_equal_values(old: Any, new: Any) -> None:
    changes = json_changes(json.dumps(old), json.dumps(new))
    equal = json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)
    assert (changes == []) == equal
    assert all(change.old != change.new for change in changes)
    assert len({change.path for change in changes}) == len(changes)


@given(old=st.text(min_size=61, max_size=200), new=st.text(min_size=61, max_size=200))
def test_words_put_together_are_the_texts(old: str, new: str) -> None:
    before, after = words(old, new)
    if before or after:
        assert "".join(word.text for word in before) == old
        assert "".join(word.text for word in after) == new
        kept = ["".join(word.text for word in side if not word.changed) for side in (before, after)]
        assert kept[0] == kept[1]


def test_words_of_long_texts_are_highlighted_where_they_differ() -> None:
    old = "The quick brown fox jumps over the lazy dog, and then it walks home through the rain."
    before, after = words(old, old.replace("brown", "red"))
    assert [word.text for word in before if word.changed] == ["brown"]
    assert [word.text for word in after if word.changed] == ["red"]
    assert words("short", "texts") == ([], [])


def test_a_word_is_found_in_a_text_of_any_length() -> None:
    old = "All is well in the state of Denmark. " * 1000
    before, after = words(old, old.replace("well", "rotten", 1))
    assert (changed(before), changed(after)) == (["well"], ["rotten"])


def test_two_long_differences_are_not_compared_word_by_word() -> None:
    effort = Effort()
    old, new = "a b b a " * MOST_TOKENS, "b a " * MOST_TOKENS + "c"
    before, _ = comparison.words("Begin " + old, "Begin " + new, effort)
    assert effort.pairs == Effort().pairs
    assert len(changed(before)) == 1


def test_a_page_spends_only_its_effort() -> None:
    effort = Effort(characters=100_000, pairs=10_000)
    text = "one two three four five six seven eight nine ten " * 4
    marked = [len(changed(comparison.words(text, text.replace("o", "O"), effort)[0])) for _ in range(20)]
    assert marked[0] > 5
    assert marked[-1] == 1  # all between the common beginning and the common end
    assert effort.pairs >= 0
    assert comparison.json_changes('{"a": "' + "x" * 100_000 + '"}', "{}", effort) == []


def test_a_value_shows_only_so_many_places() -> None:
    old, new = (json.dumps({f"k{n}": n + side for n in range(2 * MOST_PATHS)}) for side in (0, 1))
    assert len(json_changes(old, new)) == MOST_PATHS
