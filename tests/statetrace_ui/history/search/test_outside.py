"""A commit without any action is outside the application; the store says so, and an action that comes later."""

from importlib import import_module

import pytest
from django.db import connection

from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.history.late_actions import write_annotations
from statetrace_ui.history.models import Source, Transaction
from statetrace_ui.history.store import store
from statetrace_ui.wal.records import Transaction as Committed
from tests.statetrace_ui.history.test_store import START, commit, insert, note


def outside() -> dict[int | None, bool]:
    return dict(Transaction.objects.values_list("xid", "outside"))


@pytest.fixture
def mixed(source: Source) -> Source:
    """Transactions with an action, with none, with a migration, and one that read a table."""
    baseline = Committed(800, 808, START, [insert(9)], xid=100, kind="baseline")
    found = [
        commit(1, insert(1), note("act", "a", action_url="/x")),
        commit(2, insert(2)),
        commit(3, insert(3), note("mig")),
        commit(4, insert(4), note("sess", "s")),
        baseline,
    ]
    store(source, found)
    return source


def test_the_store_tells_commits_without_an_action(mixed: Source) -> None:
    assert outside() == {1: False, 2: True, 3: False, 4: True, 100: False}


def test_an_action_that_is_read_later_takes_its_transaction_in(mixed: Source) -> None:
    late = note("act", "b", action_url="/y")
    with connection.cursor() as cursor:
        write_annotations(cursor, mixed.pk, ChainWriter(cursor, mixed.pk), START, [(late, 2), (note("sess", "t"), 4)])
    assert outside() == {1: False, 2: False, 3: False, 4: True, 100: False}


def test_what_was_stored_before_is_told_once(mixed: Source) -> None:
    expected = outside()
    Transaction.objects.update(outside=False)
    migration = import_module("statetrace_ui.history.migrations.0021_outside")
    for _ in range(2):
        migration.note_outside(None, None)
        assert outside() == expected
