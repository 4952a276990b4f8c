"""Rows of the annotation table in the three shapes that are in the wild, and hostile ones."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history.annotations import (
    MOST_BYTES,
    ActionAnnotation,
    Annotation,
    MigrationAnnotation,
    SessionAnnotation,
    parse,
)


def action(payload: object, **columns: str | None) -> ActionAnnotation:
    found = parse({"id": "a", "kind": "_st.app.act", "meta": "{}", "payload": json.dumps(payload), **columns})
    assert isinstance(found, ActionAnnotation)
    return found


def session(payload: object, **columns: str | None) -> SessionAnnotation:
    found = parse({"id": "s", "kind": "_st.app.sess", "meta": "{}", "payload": json.dumps(payload), **columns})
    assert isinstance(found, SessionAnnotation)
    return found


def test_the_documented_shape_of_a_session() -> None:
    found = session({"session_actor_id": "123", "session_actor_email": "ada@example.com", "more": 1})
    assert (found.key, found.fields["actor_id"], found.fields["actor_email"]) == ("s", "123", "ada@example.com")
    assert json.loads(found.payload or "")["more"] == 1


def test_the_documented_shape_of_an_action() -> None:
    found = action(
        {
            "action_session_id": "s",
            "action_url": "/buy",
            "action_method": "POST",
            "action_version": "abc",
            "action_length_ms": "12.5",
            "action_parent_id": "p",
        }
    )
    assert (found.session_key, found.parent_key, found.length_ms) == ("s", "p", 12.5)
    assert found.fields == {"url": "/buy", "method": "POST", "version": "abc"}


def test_the_shape_with_a_uuid_a_timestamp_and_no_payload() -> None:
    row = {"uuid": "u", "timestamp": "2026-01-01", "id": "x", "kind": "_st.app.mig", "meta": None, "payload": None}
    assert parse(row) == MigrationAnnotation()


@pytest.mark.parametrize("kind", ["_st.app.act", None])
def test_the_flat_shape(kind: str | None) -> None:
    row = {"id": "a", "kind": kind, "action_session_id": "s", "action_url": "/x", "session_actor_id": None}
    found = parse(row)
    assert isinstance(found, ActionAnnotation)
    assert (found.session_key, found.fields["url"], found.payload) == ("s", "/x", None)


@pytest.mark.parametrize("payload", ["{", "[1]", "7", "null", '"x"', "", "NaN", "[" * 100_000, '{"a": 1e999}', None])
def test_a_payload_that_is_not_a_usable_object_leaves_the_fields_empty(payload: str | None) -> None:
    found = parse({"id": "a", "kind": "_st.app.act", "meta": payload, "payload": payload})
    assert isinstance(found, ActionAnnotation)
    assert (found.session_key, found.fields["url"], found.length_ms) == ("", "", None)


def test_values_of_other_types_become_text() -> None:
    found = session({"session_actor_id": 123, "session_actor_email": {"x": [True]}, "session_actor_avatar": None})
    assert (found.fields["actor_id"], found.fields["actor_email"]) == ("123", '{"x": [true]}')
    assert found.fields["actor_avatar"] == ""


@pytest.mark.parametrize("length", ["abc", "NaN", "Infinity", [], {}, None])
def test_a_length_that_is_not_a_number_becomes_none(length: object) -> None:
    assert action({"action_length_ms": length}).length_ms is None


def test_huge_texts_are_cut_to_fit_an_index() -> None:
    found = session({"session_actor_email": "🙂" * 5_000, "session_actor_id": "x" * 5_000}, id="k" * 5_000)
    assert found.fields["actor_id"] == "x" * 997 + "…"
    assert found.fields["actor_email"].endswith("…")
    assert len(found.fields["actor_email"].encode()) <= MOST_BYTES
    assert len(found.key) < 100
    assert found.key != session({}, id="k" * 5_001).key


def test_an_action_finds_its_session_also_by_a_key_that_was_cut() -> None:
    assert action({"action_session_id": "k" * 5_000}).session_key == session({}, id="k" * 5_000).key


def test_characters_that_postgresql_refuses_are_replaced() -> None:
    found = session({"session_actor_id": "a\0b", "session_actor_email": "\ud800"})
    assert (found.fields["actor_id"], found.fields["actor_email"]) == ("ab", "?")
    assert "\\u0000" not in (found.payload or "")


def test_rows_without_meaning_are_skipped() -> None:
    assert parse({}) is None
    assert parse({"id": "x", "kind": "something.else"}) is None
    assert parse({"id": None, "kind": "_st.app.sess"}) is None


@given(st.dictionaries(st.sampled_from(["id", "kind", "meta", "payload", "action_url"]), st.none() | st.text()))
def test_any_row_of_a_known_kind_is_read(row: dict[str, str | None]) -> None:
    assert isinstance(parse({**row, "kind": "_st.app.act"}), ActionAnnotation)
    assert isinstance(parse({**row, "kind": "_st.app.sess"}), SessionAnnotation | None)
    assert isinstance(parse(row), Annotation | None)
