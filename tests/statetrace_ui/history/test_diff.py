from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history.comparison import Effort
from statetrace_ui.history.diff import (
    FieldKind,
    Provenance,
    added_fields,
    compare_within,
    field_changes,
    is_noise,
)
from statetrace_ui.history.values import Excerpt, Values
from statetrace_ui.wal.records import Column

COLUMNS = [
    Column("id", "bigint", True),
    Column("name", "text", False),
    Column("total", "numeric(10,2)", False),
]
OLD: Values = {"id": "7", "name": "Ada", "total": "1.0"}

values = st.none() | st.text(max_size=20)
rows = st.dictionaries(st.sampled_from("abcdefg"), values)


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
    changes = added_fields(COLUMNS, dict(reversed(list(OLD.items()))))
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


def test_long_values_are_compared_by_their_excerpts() -> None:
    old, new = Excerpt("Dear", 5000, "aa"), Excerpt("Dear", 5000, "bb")
    [change] = field_changes(COLUMNS, {**OLD, "name": old}, {**OLD, "name": new})
    assert (change.name, change.old, change.new) == ("name", old, new)
    assert field_changes(COLUMNS, {**OLD, "name": old}, {**OLD, "name": Excerpt("Dear", 5000, "aa")}) == []
    assert compare_within(change, Effort()) == change


def test_only_a_field_that_is_looked_into_has_paths_or_words() -> None:
    old, new = "a long text " * 10, "another long text " * 10
    [change] = field_changes(COLUMNS, {**OLD, "name": old}, {**OLD, "name": new})
    assert change.old_words == ()
    assert "".join(word.text for word in compare_within(change, Effort()).old_words) == old
