"""Labels, and their durations over the sessions of a flow."""

import pytest

from replica.queries.labels import label_durations, labels
from tests.replica.captured import BARE, FLOW, FULL, HOSTILE_SESSION, Captured


def test_label_durations_leave_excluded_sessions_and_moments_out(captured_replica: Captured) -> None:
    durations = label_durations(captured_replica.alias, FLOW)
    assert {duration.session_id for duration in durations} == {FULL, BARE, HOSTILE_SESSION}
    assert {duration.ms for duration in durations if duration.name == "Pay"} == {3250.5, 4000}
    assert "Receipt shown" not in {duration.name for duration in durations}


@pytest.mark.parametrize("name", ["Pay ", " Pay", "Pay\n", "Pay\t "])
def test_blanks_are_part_of_a_labels_name(own_replica: Captured, name: str) -> None:
    own_replica.execute("UPDATE session_labels SET name = %s WHERE session_id = %s AND label_id = 'l2'", name, FULL)
    assert name in {label.name for label in labels(own_replica.alias, FULL)}
    assert name in {duration.name for duration in label_durations(own_replica.alias, FLOW)}


def test_a_label_without_a_name_is_called_by_its_id(own_replica: Captured) -> None:
    own_replica.execute("ALTER TABLE session_labels ALTER name DROP NOT NULL")
    own_replica.execute(f"UPDATE session_labels SET name = NULL WHERE session_id = '{FULL}' AND label_id = 'l2'")
    assert "l2" in {label.name for label in labels(own_replica.alias, FULL)}
    assert "l2" in {duration.name for duration in label_durations(own_replica.alias, FLOW)}
