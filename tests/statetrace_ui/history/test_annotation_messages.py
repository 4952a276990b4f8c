"""Annotations as messages: what their content may be, and hostile ones."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history.annotation_messages import MOST_BYTES, parse_message
from statetrace_ui.history.annotations import (
    ActionAnnotation,
    Annotation,
    MigrationAnnotation,
    Reading,
    SessionAnnotation,
    excerpt,
)
from statetrace_ui.wal.decoder import MOST_MESSAGE
from statetrace_ui.wal.messages import message_change
from statetrace_ui.wal.protocol import LogicalMessage
from statetrace_ui.wal.records import Row

ACTION = {"action_session_id": "s", "action_url": "/buy"}


def parsed(content: str | bytes, prefix: str = "_st.app.act", size: int | None = None) -> tuple[Row, Reading]:
    data = content.encode() if isinstance(content, str) else content
    message = LogicalMessage(True, 1, prefix, data, len(data) if size is None else size)
    return parse_message(message_change(message).new or {})


def annotation(content: object, prefix: str = "_st.app.act") -> Annotation | None:
    reading = parsed(json.dumps(content), prefix)[1]
    assert reading.problems == ()
    return reading.annotation


@pytest.mark.parametrize(
    "content",
    [
        {"id": "a", "payload": ACTION},
        {"id": "a", "meta": {}, "payload": ACTION},
        {"id": "a", "payload": json.dumps(ACTION)},
        {"id": "a", **ACTION},
        {"id": "a", "kind": "_st.app.mig", "payload": ACTION, "meta": None},
    ],
)
def test_the_content_is_an_object_as_a_row_of_the_table(content: object) -> None:
    found = annotation(content)
    assert isinstance(found, ActionAnnotation)
    assert (found.key, found.session_key, found.fields["url"]) == ("a", "s", "/buy")


def test_a_session_with_what_it_says_beside() -> None:
    payload = {"session_actor_id": 7, "session_actor_full_name": "Ada", "tenant": ["x"]}
    found = annotation({"id": 12, "meta": {"host": "a"}, "payload": payload}, "_st.app.sess")
    assert isinstance(found, SessionAnnotation)
    assert (found.key, found.fields["actor_id"], found.fields["actor_full_name"]) == ("12", "7", "Ada")
    assert (found.meta, found.payload) == ('{"host": "a"}', '{"tenant": ["x"]}')


@pytest.mark.parametrize("content", ["", " ", "{}", '{"id": "m"}'])
def test_a_migration_needs_no_content(content: str) -> None:
    assert parsed(content, "_st.app.mig")[1] == Reading(MigrationAnnotation())


def test_a_migration_counts_whatever_is_in_it() -> None:
    _, reading = parsed("version 7", "_st.app.mig")
    assert reading == Reading(MigrationAnnotation(), ("The message cannot be read as JSON.",))


@pytest.mark.parametrize(
    ("content", "prefix", "said"),
    [
        ("", "_st.app.act", "cannot be read as JSON"),
        (b"\xff\0{", "_st.app.act", "cannot be read as JSON"),
        ("[" * 100_000, "_st.app.sess", "cannot be read as JSON"),
        ('{"id": ' + "9" * 10_000 + "}", "_st.app.sess", "cannot be read as JSON"),
        ('[7, "\\u0000\\ud800"]', "_st.app.act", 'no JSON object: [7, "'),
        ('{"payload": {}}', "_st.app.sess", "A session needs an id"),
        ("{}", "_st.app.sess", "A session needs an id"),
        ("{}", "_st.app.other", "The kind _st.app.other is not known"),
        ("{}", "_ST.APP.ACT", "The kind _ST.APP.ACT is not known"),
    ],
)
def test_what_is_not_understood_is_said(content: str | bytes, prefix: str, said: str) -> None:
    row, reading = parsed(content, prefix)
    assert reading.annotation is None
    assert said in " ".join(reading.problems)
    assert row["kind"] == prefix


def test_a_part_that_is_not_understood_does_not_spoil_the_rest() -> None:
    _, reading = parsed('{"id": "a", "payload": {"action_url": "/x", "action_length_ms": -1}, "meta": "{"}')
    assert isinstance(reading.annotation, ActionAnnotation)
    assert [problem[:13] for problem in reading.problems] == ["Its meta cann", "action_length"]


def test_a_message_that_is_too_large_says_how_large() -> None:
    row, reading = parsed('{"id": "x', size=MOST_BYTES + 1)
    assert reading == Reading(None, ("The message has 1,000,001 bytes; at most 1,000,000 are read.",))
    assert row["message"] == '{"id": "x'
    assert MOST_MESSAGE == MOST_BYTES  # what the decoder keeps whole


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "meta", "payload", "a"]) | st.text(), inner),
    max_leaves=5,
)


@given(JSON.map(json.dumps).map(str.encode) | st.binary(), st.sampled_from(["_st.app.act", "_st.app.sess", "_st.x"]))
def test_any_content_is_read_as_text_that_can_be_stored(content: bytes, prefix: str) -> None:
    row, reading = parsed(content, prefix)
    stored = [excerpt(row), *reading.problems]
    if isinstance(reading.annotation, ActionAnnotation | SessionAnnotation):
        found = reading.annotation
        stored += [found.key, *found.fields.values(), found.meta or "", found.payload or ""]
    for text in stored:
        assert "\0" not in text
        text.encode()
