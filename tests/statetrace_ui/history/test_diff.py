import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history.diff import (
    FieldKind,
    PathChange,
    Provenance,
    added_fields,
    field_changes,
    is_noise,
    json_changes,
    words,
)
from statetrace_ui.wal.records import Column, Row

COLUMNS = [
    Column("id", "bigint", True),
    Column("name", "text", False),
    Column("total", "numeric(10,2)", False),
]
OLD: Row = {"id": "7", "name": "Ada", "total": "1.0"}

values = st.none() | st.text(max_size=20)
rows = st.dictionaries(st.sampled_from("abcdefg"), values)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def test_an_update_names_only_the_fields_that_changed() -> None:
    [change] = field_changes(COLUMNS, OLD, {**OLD, "total": "1.00"})
    assert (change.name, change.kind, change.old, change.new) == ("total", FieldKind.CHANGED, "1.0", "1.00")
    assert (change.before, change.type) == (Provenance.SENT, "numeric(10,2)")


def test_an_empty_text_and_null_are_two_values() -> None:
    [change] = field_changes(COLUMNS, {**OLD, "name": None}, {**OLD, "name": ""})
    assert (change.old, change.new) == (None, "")


def test_values_that_were_not_sent_are_taken_from_history_and_marked() -> None:
    [change] = field_changes(COLUMNS, None, {**OLD, "name": "Grace"}, earlier=OLD)
    assert (change.name, change.old, change.new, change.before) == ("name", "Ada", "Grace", Provenance.HISTORY)


def test_without_history_the_values_before_are_unknown_except_for_the_key() -> None:
    changes = field_changes(COLUMNS, None, OLD)
    assert [(change.name, change.kind, change.before) for change in changes] == [
        ("name", FieldKind.UNKNOWN, Provenance.NOT_SENT),
        ("total", FieldKind.UNKNOWN, Provenance.NOT_SENT),
    ]


def test_a_sent_key_shows_that_the_key_changed() -> None:
    changes = field_changes(COLUMNS, {"id": "7"}, {**OLD, "id": "8"}, earlier=OLD)
    assert [(change.name, change.old, change.new) for change in changes] == [("id", "7", "8")]


def test_unchanged_large_values_are_named_not_guessed() -> None:
    [change] = field_changes(COLUMNS, None, {"id": "7", "total": "1.0"}, ["name"], earlier=OLD)
    assert (change.name, change.kind, change.new) == ("name", FieldKind.NOT_SENT, None)


def test_a_deletion_shows_what_was_lost_as_far_as_it_is_known() -> None:
    sent = field_changes(COLUMNS, {"id": "7"}, None)
    assert [(change.name, change.kind) for change in sent] == [("id", FieldKind.REMOVED)]
    known = field_changes(COLUMNS, {"id": "7"}, None, earlier=OLD)
    assert [(change.name, change.old) for change in known] == [("id", "7"), ("name", "Ada"), ("total", "1.0")]


def test_a_column_that_the_relation_does_not_know_is_shown_all_the_same() -> None:
    [change] = field_changes(COLUMNS, {**OLD, "extra": "1"}, {**OLD, "extra": "2"})
    assert (change.name, change.type) == ("extra", "")


def test_an_inserted_row_shows_every_field_with_its_type() -> None:
    changes = added_fields(COLUMNS, dict(reversed(OLD.items())))
    assert [(change.name, change.new, change.type) for change in changes] == [
        ("id", "7", "bigint"),
        ("name", "Ada", "text"),
        ("total", "1.0", "numeric(10,2)"),
    ]


def test_columns_that_change_with_every_write_are_noise() -> None:
    assert all(map(is_noise, ["updated_at", "modified", "last_modified", "last_updated_on", "mtime", "UPDATED_AT"]))
    assert not any(map(is_noise, ["created_at", "price", "updates", "modified_by", "last_login"]))


@given(old=rows, new=rows)
def test_with_both_rows_sent_the_diff_is_exactly_what_differs(old: dict[str, Any], new: dict[str, Any]) -> None:
    changes = field_changes([], old, new)
    assert {change.name for change in changes if change.kind == FieldKind.CHANGED} == {
        name for name in old.keys() & new.keys() if old[name] != new[name]
    }
    assert {change.name for change in changes if change.kind == FieldKind.UNKNOWN} == new.keys() - old.keys()


@given(old=rows, new=rows, earlier=rows)
def test_values_that_the_source_sent_outrank_history(
    old: dict[str, Any], new: dict[str, Any], earlier: dict[str, Any]
) -> None:
    for change in field_changes([], old, new, earlier=earlier):
        if change.before == Provenance.HISTORY:
            assert change.name not in old
        if change.before == Provenance.SENT:
            assert change.old == old[change.name]


def test_json_is_compared_by_path() -> None:
    old = '{"items": [{"price": 19.90}, {"price": 1}], "odd key": 1, "same": [1, 2]}'
    new = '{"items": [{"price": 19.9}], "odd key": null, "same": [1,2], "gift": {"to": "Ada"}}'
    assert json_changes(old, new) == [
        PathChange("items[0].price", "19.90", "19.9"),
        PathChange("items[1]", '{"price":1}', None),
        PathChange('["odd key"]', "1", "null"),
        PathChange("gift", None, '{"to":"Ada"}'),
    ]


def test_large_json_numbers_are_not_rounded() -> None:
    [change] = json_changes('{"n": 9007199254740993.0000000000000001}', '{"n": 9007199254740993.0000000000000002}')
    assert change == PathChange("n", "9007199254740993.0000000000000001", "9007199254740993.0000000000000002")


def test_json_that_cannot_be_compared_is_left_to_be_shown_as_text() -> None:
    assert json_changes("{broken", "{}") == []
    assert json_changes("[" * 100_000, "[]") == []
    assert json_changes(None, "{}") == []
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
