"""The state of records and tables as of every moment equals a plain fold of the changes up to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from statetrace_ui.history import partitions
from statetrace_ui.history.as_of.moments import moment_of
from statetrace_ui.history.as_of.pages import rows_at
from statetrace_ui.history.as_of.records import Status, record_at
from statetrace_ui.history.as_of.tables import Reason, TableAt
from statetrace_ui.history.downloads.whole_rows import whole_rows
from statetrace_ui.history.models import Change, Source, Table
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.as_of.lives import KEYS, LIVES, Life
from tests.statetrace_ui.history.replay import Row, Tables
from tests.statetrace_ui.history.retention.aged import apply, changes_of, seen
from tests.statetrace_ui.history.rows import make_source

FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
ITEM = ("public", "item")
NONE: set[int] = set()


def event(what: str, key: str = "1", other: str = "2", sent: set[int] = NONE, ends: bool = True) -> Any:
    return (what, key, other, sent), ends


UNSENT = [event("insert"), *[event("update", sent={0})] * 3, event("rename"), event("update", sent={1}), event("drop")]
MOVED = [event("insert"), event("update", sent={0}), event("move"), event("insert"), event("move", "2", "10")]
LOST = [event("insert"), event("insert", "2"), event("gap"), event("update", "2"), event("leave"), event("read")]
EMPTIED = [event("insert"), event("truncate"), event("insert", "3"), event("add"), event("delete", "3", ends=False)]


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return make_source(organisation)


@settings(max_examples=4, suppress_health_check=FIXTURES)
@example(events=UNSENT, young=6)
@example(events=MOVED, young=3)
@example(events=LOST, young=5)
@example(events=EMPTIED, young=3)
@given(events=LIVES, young=st.integers(0, 16))
def test_every_moment_is_known_as_a_fold_of_all_changes_leaves_it(
    source: Source, events: list[Any], young: int
) -> None:
    assert_known(source, events, young)


@pytest.mark.long
@settings(max_examples=60, suppress_health_check=FIXTURES)
@given(events=LIVES, young=st.integers(0, 16))
def test_every_moment_of_many_lives_is_known(source: Source, events: list[Any], young: int) -> None:
    assert_known(source, events, young)


def assert_known(source: Source, events: list[Any], young: int) -> None:
    """young: from which event on the changes are kept by the retention that follows."""
    with lived(source, events, young) as life:
        changes = changes_of(source)
        expected = {change.pk: folded(changes, change) for change in changes}
        assert expected[changes[-1].pk] == (
            {f'["{key}"]': row for key, row in life.rows.items()} if life.captured else {}
        )
        for change in changes:
            assert_state(source, change.pk, expected[change.pk], is_left(changes, change))
        [(_, first_kept, _)] = apply(source).limits["tables"]
        for change in changes_of(source):
            if change.kind not in "BG":
                assert_kept(source, change, expected, changes, first_kept)


def assert_kept(
    source: Source, change: Change, expected: dict[int, Any], before: list[Change], first_kept: int
) -> None:
    """After retention has removed what lies before `first_kept`."""
    table = TableAt(Table.objects.get(source=source, table_name="item"), moment_of(source, change.pk))
    if table.moment.until + 1 < first_kept:
        assert table.ignorance
        assert table.ignorance.reason == Reason.REMOVED
    else:
        assert_state(source, change.pk, expected[change.pk], is_left(before, change))


def assert_state(source: Source, number: int, rows: dict[str, Row], left: bool) -> None:
    """A moment that is named by a change, with all records and pages of two rows."""
    moment = moment_of(source, number)
    table = TableAt(Table.objects.get(source=source, table_name="item"), moment)
    if moment.gap or left:
        assert table.ignorance
        assert table.ignorance.reason == (Reason.GAP if moment.gap else Reason.LEFT)
        assert record_at(table, '["1"]').status == Status.UNKNOWN
        assert rows_at(table).rows == []
        return
    assert table.ignorance is None
    assert {one.key: values(one.row) for one in pages(table)} == rows
    assert [one.key for one in pages(table)] == sorted(rows)
    assert {one.key: values(one.row) for piece in whole_rows(table) for one in piece} == rows
    for key in (f'["{key}"]' for key in KEYS):
        found = record_at(table, key)
        assert (found.exists, values(found.row)) == (key in rows, rows.get(key, {})), key


def keyed(rows: dict[str, Row]) -> dict[str, Row]:
    return {f'["{key}"]': row for key, row in rows.items()}


def pages(table: TableAt) -> Iterator[Any]:
    cursor: str | None = ""
    while cursor is not None:
        page = rows_at(table, cursor=cursor, size=2)
        yield from page.rows
        cursor = page.older


def values(row: Any) -> dict[str, Any]:
    return {name: found.value for name, found in row.items()}


def folded(changes: list[Change], until: Change) -> dict[str, Row]:
    """What a replay of all changes up to the end of a transaction leaves."""
    end = until.transaction.last_change or until.pk
    return Tables().play(seen([change for change in changes if change.pk <= end])).rows.get(ITEM, {})


def is_left(changes: list[Change], until: Change) -> bool:
    """Whether the table was not captured then."""
    end = until.transaction.last_change or until.pk
    marks = [change.kind for change in changes if change.pk <= end and change.kind in "ETS"]
    return bool(marks) and marks[-1] == "E"


@contextmanager
def lived(source: Source, events: list[Any], young: int) -> Iterator[Life]:
    """The life, stored over many small partitions."""
    with transaction.atomic():
        source.refresh_from_db()  # another life was rolled back
        life = Life(source, young)
        with connection.cursor() as cursor:
            first = partitions.last_id(cursor) + 1
            for branch in partitions.BRANCHES:
                for start in range(first, first + 100, 10):
                    partitions.make_in(cursor, branch, start, start)
        life.live(events)
        yield life
        transaction.set_rollback(True)
