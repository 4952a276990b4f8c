"""Sample data is put in and taken out as a whole, whoever does it at once or is killed meanwhile; nothing else goes."""

from collections import Counter
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from replica.databases.models import Replica
from replica.exports.models import UserFlowExport
from replica.importing.service import find_or_make_flow
from statetrace_ui.history.models import Change, Session, Source, Transaction
from statetrace_ui.start.models import SampleData
from statetrace_ui.start.sample import service
from statetrace_ui.start.sample.story import RUNS
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import run_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("store", "empty_queue", "clean_server")]
# What says that something was done, and goes on saying so.
RECORDS = {"accounts_securityevent", "deletion_deletion", "procrastinate_jobs", "procrastinate_events"}
KEPT_RECORDS = {"bookkeeping.deletions"}


def rows(url: str = "") -> Counter[str]:
    """Rows by table: of the dashboard, or of the database at the URL."""
    if url:
        with psycopg.connect(url) as other:
            return _rows(other.execute)
    with connection.cursor() as cursor:
        return _rows(lambda query: cursor.execute(query) or cursor)


def _rows(execute: Any) -> Counter[str]:
    listed = execute(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname IN ('public', 'bookkeeping')"
    ).fetchall()
    counts = {name: execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in listed}
    return Counter({name.removeprefix("public."): count for name, count in counts.items() if count})


def left_behind(before: Counter[str], after: Counter[str]) -> set[str]:
    return {name for name in after.keys() | before.keys() if after[name] != before[name]} - RECORDS - KEPT_RECORDS


def killed(*_: object, **__: object) -> Any:
    raise SystemExit


def test_both_sides_are_there_and_belong_together(organisation: Organisation, store: str) -> None:
    service.put_in(organisation)
    run_worker()
    source = Source.objects.get(organisation=organisation)
    assert Session.objects.filter(source=source).count() == 2 * RUNS + 1
    assert Transaction.objects.filter(source=source, outside=True).count() == 1
    assert Change.objects.filter(source=source).count() > 6 * RUNS
    export = UserFlowExport.objects.get(organisation=organisation)
    assert export.status == UserFlowExport.Status.IN_SYNC
    keys = set(Session.objects.values_list("key", flat=True))
    with psycopg.connect(store) as connected:
        tags = connected.execute(
            "SELECT tag_value FROM session_tags WHERE tag_key = 'statetrace_session_id'"
        ).fetchall()
    assert len(tags) == 2 * RUNS
    assert {value for (value,) in tags} <= keys


def test_what_goes_leaves_nothing(organisation: Organisation, store: str) -> None:
    service.put_in(organisation)  # makes the replica, too, which stays
    run_worker()
    service.take_out(organisation, "ada")
    run_worker()
    url = str(Replica.objects.get(organisation=organisation).owner_url)
    before = rows(), rows(store), rows(url)
    service.put_in(organisation)
    run_worker()
    assert [left_behind(*pair) for pair in zip(before, (rows(), rows(store), rows(url)), strict=True)] != [set()] * 3
    service.take_out(organisation, "ada")
    run_worker()
    after = rows(), rows(store), rows(url)
    assert [left_behind(*pair) for pair in zip(before, after, strict=True)] == [set()] * 3


def test_a_second_time_adds_nothing(organisation: Organisation, store: str) -> None:
    service.put_in(organisation)
    run_worker()
    before = rows(store), Change.objects.count()
    service.put_in(organisation)
    run_worker()
    assert (rows(store), Change.objects.count()) == before


@pytest.mark.long
@pytest.mark.parametrize("step", ["_export", "_put_sessions", "_put_history", "request_sync"])
def test_one_that_was_killed_is_completed(
    organisation: Organisation, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(service, step, killed)
        with pytest.raises(SystemExit):
            service.put_in(organisation)
    service.put_in(organisation)
    run_worker()
    assert Session.objects.count() == 2 * RUNS + 1
    assert UserFlowExport.objects.get().status == UserFlowExport.Status.IN_SYNC


def test_removal_that_was_killed_is_completed(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    service.put_in(organisation)
    with monkeypatch.context() as patch:
        patch.setattr(Source, "delete", killed)
        with pytest.raises(SystemExit):
            service.take_out(organisation, "ada")
    assert service.sample_of(organisation)
    service.take_out(organisation, "ada")
    run_worker()
    assert not Source.objects.exists()
    assert not UserFlowExport.objects.exists()
    assert not SampleData.objects.exists()


def test_two_at_once_do_not_meet(organisation: Organisation) -> None:
    other = connections.create_connection("default")
    key = f"statetrace sample data {organisation.pk}"
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
        with pytest.raises(UserError) as refused:
            service.put_in(organisation)
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
    other.close()
    assert refused.value.status == 409
    service.put_in(organisation)


def test_what_has_its_name_already_is_not_taken(organisation: Organisation, store: str) -> None:
    own_source = Source.objects.create(organisation=organisation, name=service.SOURCE, status="recorded")
    own_flow = find_or_make_flow(organisation, service.FLOW)
    service.put_in(organisation)
    service.take_out(organisation, "ada")
    run_worker()
    assert list(Source.objects.all()) == [own_source]
    assert list(UserFlowExport.objects.all()) == [own_flow]


def test_while_it_goes_it_does_not_come(organisation: Organisation) -> None:
    service.put_in(organisation)
    service.take_out(organisation, "ada")
    with pytest.raises(UserError):
        service.put_in(organisation)
    run_worker()
    service.put_in(organisation)


def test_each_organisation_has_its_own(organisation: Organisation, store: str) -> None:
    other = Organisation.objects.create(name="Other", slug="other")
    service.put_in(organisation)
    service.put_in(other)
    service.take_out(organisation, "ada")
    run_worker()
    assert Session.objects.filter(source__organisation=other).count() == 2 * RUNS + 1
    with psycopg.connect(store) as connected:
        [(sessions,)] = connected.execute("SELECT count(*) FROM session_metadata").fetchall()
    assert sessions == 2 * RUNS


def test_managers_do_it_by_one_click(manager_client: Client, organisation: Organisation) -> None:
    assert "Put sample data in" in manager_client.get(reverse("start:page")).content.decode()
    assert manager_client.post(reverse("start:put_sample")).status_code == 302
    page = manager_client.get(reverse("start:page")).content.decode()
    assert "Take the sample data out" in page
    assert "0 of 5 taken" in page  # it counts as nothing of one's own
    manager_client.post(reverse("start:take_sample"))
    assert "The sample data is being taken out" in manager_client.get(reverse("start:page")).content.decode()


def test_a_flow_that_was_deleted_alone_comes_back(organisation: Organisation) -> None:
    service.put_in(organisation)
    UserFlowExport.objects.all().delete()
    service.put_in(organisation)
    run_worker()
    assert UserFlowExport.objects.get().status == UserFlowExport.Status.IN_SYNC
