"""A sync makes the replica hold exactly the store's sessions of the flow, whatever happened before."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from replica.exports import copy, jobs, state
from replica.exports.models import Replica, SyncRun, UserFlowExport
from replica.exports.sync import Interrupted, perform, sync
from tests.replica.exports.conftest import FLOW, AddSession

pytestmark = pytest.mark.django_db
Status, Outcome = UserFlowExport.Status, SyncRun.Outcome


def rows(url: str, table: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def owner_url() -> str:
    return str(Replica.objects.get().owner_url)


def test_the_first_sync_makes_the_database_and_ends_in_sync(
    export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    add_session("one", calls=5)
    add_session("two", calls=2)
    run = sync(export)
    assert (run.outcome, run.error, export.status) == (Outcome.DONE, "", Status.IN_SYNC)
    assert (run.sessions_done, run.sessions_total) == (2, 2)
    assert run.rows_by_table == {"session_metadata": 2, "session_tags": 2, "function_call_site": 7}
    for table in (*copy.session_tables(), "user_flow"):
        assert rows(owner_url(), table) == rows(store, table)
