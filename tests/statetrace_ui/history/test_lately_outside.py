"""The rail tells on every page what lately came from outside the application."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from statetrace_ui.history.models import Relation, Source
from statetrace_ui.history.queries import outside
from statetrace_ui.history.queries.outside import lately_outside
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import (
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def told(source: Source) -> Source:
    """The source, whose application tells its actions."""
    source.annotation_messages = True
    source.save()
    return source


def write(source: Source, relation: Relation, ago: dt.timedelta = HOUR) -> None:
    transaction = make_transaction(source, timezone.now() - ago, outside=True)
    make_change(transaction, relation, "U", new=row())


def test_the_last_day_is_counted_and_leads_to_the_changes(
    reader_client: Client, told: Source, orders: Relation
) -> None:
    for ago in (HOUR, 2 * HOUR, 25 * HOUR):
        write(told, orders, ago)
    make_change(make_action(make_session(told), timezone.now()).transaction, orders, "U", new=row())
    found = lately_outside(told.organisation)
    assert found
    assert (found.shown, found.line) == ("2", "outside since:24h")
    page = reader_client.get("/sources/").content.decode()
    assert 'href="/changes/?q=outside%20since%3A24h"' in page
    assert len(reader_client.get("/changes/?q=outside%20since%3A24h").context["changes"]) == 2


def test_nothing_is_told_where_there_is_nothing(
    reader_client: Client, organisation: Organisation, source: Source, orders: Relation
) -> None:
    """Nor of a source whose application has never told an action: there, it would say nothing."""
    write(source, orders)
    assert lately_outside(organisation) is None
    assert "from outside" not in reader_client.get("/sources/").content.decode()


def test_sources_that_tell_are_named_beside_others(reader_client: Client, told: Source, orders: Relation) -> None:
    write(told, orders)
    silent = make_source(told.organisation, "silent one")
    write(silent, make_relation(silent))
    found = lately_outside(told.organisation)
    assert found
    assert (found.shown, found.line) == ("1", "outside since:24h source:shop")
    assert len(reader_client.get("/changes/", {"q": found.line}).context["changes"]) == 1


def test_of_another_organisation_nothing_is_told(
    reader_client: Client, stranger_client: Client, told: Source, orders: Relation
) -> None:
    write(told, orders)
    assert "from outside" in reader_client.get("/sources/").content.decode()
    assert "from outside" not in stranger_client.get("/sources/").content.decode()


def test_only_so_many_are_counted(told: Source, orders: Relation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "MOST_COUNTED", 2)
    for shown in ("1", "2", "2+", "2+"):
        write(told, orders)
        found = lately_outside(told.organisation)
        assert found
        assert found.shown == shown


def test_it_reads_the_newest_of_an_index(told: Source, orders: Relation) -> None:
    write(told, orders)
    for _ in range(300):
        make_transaction(told)
    with CaptureQueriesContext(connection) as asked:
        lately_outside(told.organisation)
    assert len(asked.captured_queries) == 2
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE history_transaction")  # else it plans for what an earlier test had
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked.captured_queries[1]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "transaction_outside" in plan
    assert "Sort" not in plan
