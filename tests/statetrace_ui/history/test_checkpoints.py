"""What is known of a row whose last change did not send all of it, against a replay of all its changes."""

from collections.abc import Iterator
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history.table_state import Marker, Sent, completed
from tests.statetrace_ui.history.replay import Row, Tables
from tests.statetrace_ui.history.test_replay import Seen

NAMES = ("id", "a", "b", "c")
SHAPE = SimpleNamespace(columns=[{"name": name} for name in NAMES])
KEY = "1"
VALUES = st.sampled_from(["x", "y", None])
UPDATES = st.tuples(st.dictionaries(st.sampled_from(NAMES[1:]), VALUES, min_size=1), st.booleans())
# The columns a, b and c under each other's names, or under new ones of the same set.
RENAMES = st.permutations(NAMES[1:]).map(lambda names: dict(zip(NAMES[1:], names, strict=True)))
LIVES = st.lists(st.one_of(UPDATES, RENAMES), max_size=8)


def lived(life: list[tuple[Row, bool] | dict[str, str]]) -> list[Seen]:
    """A row that is inserted, updated, some values unsent, and whose columns are renamed in between."""
    changes = [Seen("I", KEY, new=dict.fromkeys(NAMES, "first"))]
    for event in life:
        if isinstance(event, dict):
            names = {now: before for now, before in event.items() if now != before}
            changes.append(Seen("A", old=dict(names), relation=SHAPE))
        else:
            values, all_sent = event
            unchanged = [] if all_sent else [name for name in NAMES[1:] if name not in values]
            new = {**dict.fromkeys(NAMES, "sent"), **values, "id": "1"} if all_sent else {"id": "1", **values}
            changes.append(Seen("U", KEY, new=new, unchanged=unchanged))
    return changes


def step_of(change: Seen) -> Sent[str | None] | Marker[str | None]:
    if change.kind == "A":
        return Marker(0, "A", change.old or {}, change.new or {})
    return Sent(change.new or {}, whole=not change.unchanged)


@given(LIVES)
def test_a_row_is_completed_as_a_replay_of_all_changes_leaves_it(life: list[tuple[Row, bool] | dict[str, str]]) -> None:
    changes = lived(life)
    while changes[-1].kind == "A":  # what follows the last change is not part of what it left
        changes.pop()
    last, before = changes[-1], changes[-2::-1]
    found = completed(last.new or {}, last.unchanged, map(step_of, before))
    assert found == Tables().play(changes).rows["public", "item"][KEY]


def test_what_was_never_sent_stays_unknown() -> None:
    assert completed({"id": "1"}, ["body"], []) == {"id": "1"}


def test_nothing_from_before_the_table_was_emptied_counts() -> None:
    before: list[Sent[str] | Marker[str]] = [Marker(5, "T", {}, {}), Sent({"id": "1", "body": "another's"}, whole=True)]
    assert completed({"id": "1"}, ["body"], before) == {"id": "1"}


def test_a_column_that_was_added_has_the_value_that_every_row_got() -> None:
    before: list[Sent[str] | Marker[str]] = [Marker(5, "A", {}, {"body": "default"}), Sent({"id": "1"}, whole=True)]
    assert completed({"id": "1"}, ["body"], before) == {"id": "1", "body": "default"}


def test_no_more_is_read_than_is_needed() -> None:
    def changes() -> Iterator[Sent[str]]:
        yield Sent({"id": "1", "body": "kept"}, whole=False)
        raise AssertionError("read on")

    assert completed({"id": "1"}, ["body"], changes())["body"] == "kept"
