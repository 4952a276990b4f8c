import json
from typing import Any
from uuid import UUID

import pytest

from replica.importing.bundle import ImportFailed, Label
from replica.importing.formats.labels_json import read_labels
from replica.importing.validate import validate
from tests.replica.importing.samples import labels


def read(value: Any) -> tuple[Label, ...]:
    (bundle,) = read_labels(value)
    return validate(bundle).labels


@pytest.mark.parametrize("value", [json.loads(labels()), {"labels": json.loads(labels())}])
def test_reads_labels_and_turns_seconds_into_milliseconds(value: Any) -> None:
    log_in, pay = read(value)
    assert (log_in.name, log_in.category, log_in.type) == ("Log in", "step", "user")
    assert (log_in.start_ms, log_in.end_ms, log_in.data) == (500, 1250, '{"clicks":2}')
    assert (pay.start_ms, pay.end_ms, pay.video_box) == (2000, 2000, "[[0,0,10,10]]")


def nested(deep: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(deep - 1):
        value = [value]
    return value


def test_what_is_attached_may_be_nested_250_deep() -> None:
    (label,) = read([{"name": "a", "start_time": 0, "data": nested(250)}])
    assert label.data == "[" * 250 + "]" * 250


def test_ids_are_the_same_every_time_and_differ_even_for_equal_labels() -> None:
    twice = [{"name": "Tap", "start_time": 1}] * 2
    first, second = read(twice)
    assert first.id != second.id
    assert [label.id for label in read(twice)] == [first.id, second.id]
    assert UUID(first.id)


def test_a_label_may_bring_its_ids() -> None:
    own, group = "D3BF5F07-e910-11eb-a576-acde48001122", "1c89aa46-0807-11ea-bee9-02db88d209ba"
    (label,) = read([{"name": "a", "start_time": 0, "label_id": own, "label_group_id": group}])
    assert (label.id, label.group_id) == (own.lower(), group)


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        ({"start_time": 0}, "a label has no name"),
        ({"name": "a"}, "the start_time of label “a” should be a number, but is missing"),
        ({"name": "a", "start_time": -1}, "start ms is -1000; it cannot be less than 0"),
        ({"name": "a", "start_time": 2, "end_time": 1}, "ends at 1000 ms, before its start at 2000 ms"),
        ({"name": "a", "start_time": 1e12}, "cannot be more than"),
        ({"name": "a", "start_time": True}, "should be a number"),
        ({"name": "a", "start_time": 0, "label_id": "7"}, "“7” where an id"),
        ("a", "a label should be an object"),
        *(
            ({"name": "a", "start_time": 0, key: nested(300)}, "label “a” holds lists or objects that are nested more")
            for key in ("data", "video_box", "colour")
        ),
    ],
)
def test_says_what_is_wrong(label: Any, problem: str) -> None:
    with pytest.raises(ImportFailed, match=problem):
        read([label])
