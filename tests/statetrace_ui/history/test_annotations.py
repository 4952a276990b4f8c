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
    Reading,
    SessionAnnotation,
    excerpt,
    parse,
)
from statetrace_ui.wal.records import Row


def annotation(row: Row) -> Annotation | None:
    return parse(row).annotation


def problems(**row: str | None) -> str:
    return " ".join(parse({"id": "a", "kind": "_st.app.act", "meta": "{}", "payload": "{}", **row}).problems)


def action(payload: object, **columns: str | None) -> ActionAnnotation:
    found = annotation({"id": "a", "kind": "_st.app.act", "meta": "{}", "payload": json.dumps(payload), **columns})
    assert isinstance(found, ActionAnnotation)
    return found


def session(payload: object, **columns: str | None) -> SessionAnnotation:
    found = annotation({"id": "s", "kind": "_st.app.sess", "meta": "{}", "payload": json.dumps(payload), **columns})
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
    assert parse(row) == Reading(MigrationAnnotation())


@pytest.mark.parametrize("kind", ["_st.app.act", None])
def test_the_flat_shape(kind: str | None) -> None:
    row = {"id": "a", "kind": kind, "action_session_id": "s", "action_url": "/x", "session_actor_id": None}
    found = annotation(row)
    assert isinstance(found, ActionAnnotation)
    assert (found.session_key, found.fields["url"], found.payload) == ("s", "/x", None)


@pytest.mark.parametrize("payload", ["{", "[1]", "7", "null", '"x"', "", "NaN", "[" * 100_000, '{"a": 1e999}', None])
def test_a_payload_that_is_not_a_usable_object_leaves_the_fields_empty(payload: str | None) -> None:
    found = annotation({"id": "a", "kind": "_st.app.act", "meta": payload, "payload": payload})
    assert isinstance(found, ActionAnnotation)
    assert (found.session_key, found.fields["url"], found.length_ms) == ("", "", None)


def test_values_of_other_types_become_text() -> None:
    found = session({"session_actor_id": 123, "session_actor_email": {"x": [True]}, "session_actor_avatar": None})
    assert (found.fields["actor_id"], found.fields["actor_email"]) == ("123", '{"x": [true]}')
    assert found.fields["actor_avatar"] == ""


@pytest.mark.parametrize("length", ["abc", "NaN", "Infinity", [], {}, -5, "-0.5"])
def test_a_length_that_is_no_length_becomes_none_and_is_reported(length: object) -> None:
    assert action({"action_length_ms": length}).length_ms is None
    assert "action_length_ms is no length of time" in problems(payload=json.dumps({"action_length_ms": length}))


def test_a_length_that_is_missing_is_no_problem() -> None:
    assert action({"action_length_ms": None}).length_ms is None
    assert problems(payload='{"action_length_ms": null}') == ""


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


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"kind": None}, "It has no kind."),
        ({"kind": "something.else"}, "The kind something.else is not known."),
        (
            {"kind": "_ST.APP.ACT"},
            "The kind _ST.APP.ACT is not known. The kinds are _st.app.sess, _st.app.act, _st.app.mig",
        ),
        ({"kind": "_st.app.sess", "id": None}, "A session needs an id"),
        ({"kind": "_st.app.sess", "id": ""}, "A session needs an id"),
        ({"payload": "{"}, "Its payload cannot be read as JSON."),
        ({"payload": "[" * 100_000}, "Its payload cannot be read as JSON."),
        ({"payload": "[1]"}, "Its payload is no JSON object: [1]."),
        ({"payload": '"x"'}, "Its payload is no JSON object: x."),
        (
            {"payload": json.dumps({"more": "x" * 30_000})},
            "Its payload is left out: it has more than 20,000 characters",
        ),
        ({"payload": '{"more": 1e999}'}, "a number that is not finite"),
        ({"meta": "{"}, "Its meta cannot be read as JSON."),
    ],
)
def test_what_is_not_understood_is_said(row: dict[str, str | None], reason: str) -> None:
    assert reason in problems(**row)


def test_a_good_row_has_no_problem() -> None:
    assert problems(payload=None) == problems(meta=None) == problems(payload='{"action_url": "/", "more": 1}') == ""


def test_what_is_not_understood_is_kept_by_its_beginning() -> None:
    shown = json.loads(excerpt({"kind": None, "payload": "x" * 1_000, **{f"c{n}": "y" for n in range(100)}}))
    assert (shown["kind"], shown["payload"]) == (None, "x" * 300 + "…")
    assert len(shown) == 20


def test_the_payload_is_kept_without_what_has_a_field_of_its_own() -> None:
    payload = action({"action_url": "/buy", "session_actor_id": "7", "tenant": "acme"}).payload
    assert json.loads(payload or "") == {"tenant": "acme"}
    assert action({"action_url": "/buy"}).payload is None


PNG = "data:image/png;base64," + "iVBO" * 10_000


def test_image_data_is_kept_whole_or_cut_where_it_is_too_large() -> None:
    assert session({"session_actor_avatar": PNG}).fields["actor_avatar"] == PNG
    for other in (PNG * 2, PNG.replace("png", "svg+xml"), PNG + "!", "https://example.com/" + "a" * 50_000):
        kept = session({"session_actor_avatar": other}).fields["actor_avatar"]
        assert kept == other[:997] + "…"


@given(st.dictionaries(st.sampled_from(["id", "kind", "meta", "payload", "action_url"]), st.none() | st.text()))
def test_any_row_of_a_known_kind_is_read(row: dict[str, str | None]) -> None:
    assert isinstance(annotation({**row, "kind": "_st.app.act"}), ActionAnnotation)
    assert isinstance(annotation({**row, "kind": "_st.app.sess"}), SessionAnnotation | None)
    assert isinstance(annotation(row), Annotation | None)
    json.loads(excerpt(row))
