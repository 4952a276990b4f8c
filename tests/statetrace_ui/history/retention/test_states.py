"""What is known of tables stays right, whatever happened to them, and at every moment of a run."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from statetrace_ui.history.models import Source
from statetrace_ui.history.retention import runs, sweep
from statetrace_ui.history.retention.sweep import Sweep
from statetrace_ui.wal.records import Change, Column, Relation, Row, row_change
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.replay import Row as Replayed
from tests.statetrace_ui.history.retention.aged import OLD, YOUNG, apply, changes_of, commit, present
from tests.statetrace_ui.history.rows import make_source

KEYS = ("1", "2", "3")
NAMES = ("a", "b")
# (what, key, other key or column names, which columns are sent)
EVENTS = st.tuples(
    st.sampled_from(["insert", "update", "update", "move", "delete", "truncate", "rename", "read"]),
    st.sampled_from(KEYS),
    st.sampled_from(KEYS),
    st.sets(st.sampled_from([0, 1])),
)


@dataclass
class Table:
    """An audited table, and the changes that its log would send."""

    names: tuple[str, ...] = NAMES
    rows: dict[str, Row] = field(default_factory=dict)
    number: int = 0

    @property
    def relation(self) -> Relation:
        columns = (Column("id", "integer", True), *(Column(name, "text", False) for name in self.names))
        return Relation(7, "public", "item", "d", columns)

    def changes(self, what: str, key: str, other: str, sent: set[int]) -> Iterator[Change]:
        self.number += 1
        if what == "truncate":
            self.rows.clear()
            yield row_change(self.relation, "T")
        elif what == "rename":
            yield self._renamed()
        elif what == "read":
            yield row_change(self.relation, "S")
            for row in self.rows.values():
                yield row_change(self.relation, "B", new=row)
        elif key in self.rows and what != "insert":
            yield from self._changed(what, key, other, sent)
        elif key not in self.rows:
            self.rows[key] = {"id": key, **{name: f"{name}{self.number}" for name in self.names}}
            yield row_change(self.relation, "I", new=self.rows[key])

    def _changed(self, what: str, key: str, other: str, sent: set[int]) -> Iterator[Change]:
        row = self.rows.pop(key)
        if what == "delete":
            yield row_change(self.relation, "D", old={"id": key})
            return
        now = other if what == "move" and other not in self.rows else key
        changed = {self.names[place]: f"u{self.number}" for place in sent}
        self.rows[now] = {**row, "id": now, **changed}
        new: Row = {"id": now, **changed}
        unsent = [name for name in self.names if name not in changed]
        yield row_change(self.relation, "U", {"id": key} if now != key else None, new, unsent)

    def _renamed(self) -> Change:
        """The columns swap their names, or get new ones."""
        before, self.names = self.names, self.names[::-1] if self.number % 2 else ("c", "d")
        renamed = {now: was for now, was in zip(self.names, before, strict=True) if now != was}
        names = dict(zip(before, self.names, strict=True))
        self.rows = {
            key: {"id": key, **{names[name]: value for name, value in row.items() if name != "id"}}
            for key, row in self.rows.items()
        }
        return row_change(self.relation, "A", old=dict(renamed), new={})


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return make_source(organisation)


FIRST: tuple[str, str, str, set[int]] = ("insert", "1", "1", set())
MOVED = [FIRST, ("update", "1", "1", {0}), ("move", "1", "2", set()), ("update", "2", "2", {1})]
UPDATED = ("update", "1", "1", {0})
RENAMED = [FIRST, ("rename", "1", "1", set()), UPDATED, UPDATED, ("rename", "1", "1", set())]
EMPTIED = [FIRST, ("insert", "2", "2", set()), ("truncate", "1", "1", set()), FIRST, ("delete", "1", "1", set())]
FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
LIVES = given(events=st.lists(EVENTS, min_size=1, max_size=14), young=st.integers(0, 14), batch=st.integers(1, 4))


@settings(max_examples=3, suppress_health_check=FIXTURES)
@example(events=MOVED, young=4, batch=1)
@example(events=RENAMED, young=5, batch=1)
@example(events=EMPTIED, young=4, batch=1)
@LIVES
def test_what_tables_hold_is_known_at_every_moment(
    source: Source, monkeypatch: pytest.MonkeyPatch, events: list[Any], young: int, batch: int
) -> None:
    assert_known_throughout(source, monkeypatch, events, young, batch)


@pytest.mark.long
@settings(max_examples=150, suppress_health_check=FIXTURES)
@LIVES
def test_what_many_tables_hold_is_known_at_every_moment(
    source: Source, monkeypatch: pytest.MonkeyPatch, events: list[Any], young: int, batch: int
) -> None:
    assert_known_throughout(source, monkeypatch, events, young, batch)


def assert_known_throughout(
    source: Source, monkeypatch: pytest.MonkeyPatch, events: list[Any], young: int, batch: int
) -> None:
    monkeypatch.setattr(sweep, "BATCH_ROWS", batch)
    with transaction.atomic():
        table = Table()
        for number, event in enumerate(events):
            if changes := list(table.changes(*event)):
                commit(source, OLD if number < young else YOUNG, *changes, kind=_kind(changes))
        before = present(source)
        assert before.get(("public", "item"), {}) == {f'["{key}"]': row for key, row in table.rows.items()}
        with monkeypatch.context() as patched:
            states = watched(source, patched)
            run = apply(source)
        assert all(state == before for state in states)
        assert present(source) == before
        left = [change for change in changes_of(source) if change.pk < run_limit(run)]
        assert {change.kind for change in left} <= {"B", "A"}
        transaction.set_rollback(True)


def _kind(changes: list[Change]) -> Any:
    return "baseline" if changes[0].kind == "S" else "resync" if changes[0].kind == "A" else "commit"


def run_limit(run: Any) -> int:
    return max((first_kept for _, first_kept, _ in run.limits["tables"]), default=0)


def watched(source: Source, monkeypatch: pytest.MonkeyPatch) -> list[dict[Any, dict[str, Replayed]]]:
    """What is known after each batch, as it is read by others from then on."""
    states: list[dict[Any, dict[str, Replayed]]] = []
    for name in ("complete", "remove"):
        original = getattr(Sweep, name)

        def batch(self: Sweep, *arguments: Any, original: Any = original, **named: Any) -> Any:
            swept = original(self, *arguments, **named)
            states.append(present(source))
            return swept

        monkeypatch.setattr(Sweep, name, batch)
    return states


def test_nothing_is_removed_without_a_rule(source: Source) -> None:
    commit(source, OLD, row_change(Table().relation, "I", new={"id": "1", "a": "x", "b": "y"}))
    run = runs.start(source, "test")
    runs.perform(run)
    assert (run.outcome, run.changes, len(changes_of(source))) == ("done", 0, 1)
