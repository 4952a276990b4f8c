"""What is deleted is gone from store, replica and blocks; a deletion that was killed is finished, and takes no more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection as dashboard

from replica.blocks import folders, places
from replica.comparisons.models import FlowBaseline
from replica.databases.models import Replica
from replica.databases.server import connect, own_urls
from replica.deletion import service
from replica.deletion.models import Deletion
from replica.deletion.tasks import resume_deletions
from replica.editing.models import SessionEdit
from replica.exports import copy, flow_lock, jobs, state
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import FLOW, AddSession, run_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("store", "empty_queue")]
BEARERS = [*copy.session_tables(), "bookkeeping.session_revisions", "bookkeeping.analyses"]


def rows_of(url: str, session: str) -> dict[str, int]:
    """Rows of a session by table, without the tables that have none."""
    with psycopg.connect(url) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table} WHERE session_id = %s", [session]).fetchone()
            for table in BEARERS
        }
    return {table: row[0] for table, row in counts.items() if row and row[0]}


def owner_url() -> str:
    return str(Replica.objects.get().owner_url)


def build_blocks(session: str) -> Path:
    place = places.Place(f"replica_{Replica.objects.get().pk}_address", session, "v")
    folders.ensure(place.folder, write_index)
    return place.folder


def write_index(folder: Path) -> None:
    (folder / folders.INDEX).write_text("{}")


def killed(*_: object) -> Any:
    raise SystemExit  # as a signal does: nothing behind it is run


def perform_until(step: str, deletion: Deletion, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an attempt that is killed when it comes to the step."""
    with monkeypatch.context() as patch:
        patch.setattr(service, step, killed)
        with pytest.raises(SystemExit):
            service.perform(deletion)


def test_a_session_goes_from_everywhere_and_its_neighbour_stays(
    export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    one, two = add_session("one"), add_session("two")
    sync(export)
    folder, kept = build_blocks(one), build_blocks(two)
    SessionEdit.objects.create(organisation=export.organisation, session_id=one, revision=7, what="name")
    FlowBaseline.objects.create(organisation=export.organisation, user_flow_id=FLOW, session_ids=[one, two])
    deletion = service.request_session(export.organisation, one, "ann")
    assert deletion.counts == {"function_call_site": 3, "session_metadata": 1, "session_tags": 1}
    assert rows_of(store, one)  # nothing goes before a worker comes
    run_worker()
    deletion.refresh_from_db()
    assert deletion.finished_at
    assert deletion.error == ""
    assert rows_of(store, one) == rows_of(owner_url(), one) == {}
    assert rows_of(store, two)
    assert rows_of(owner_url(), two)
    assert (folder.exists(), kept.exists()) == (False, True)
    assert not SessionEdit.objects.exists()
    assert FlowBaseline.objects.get().session_ids == [two]
    assert state.pending(export) == 0
    events = SecurityEvent.objects.values_list("event", "subject", "person_name").order_by("pk")
    assert ("deleted", f"Session {one}", "ann") in events


def test_a_flow_goes_with_its_export_and_its_sessions(
    export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    sessions = [add_session("one"), add_session("two")]
    other = add_session("other", flow="another flow")
    sync(export)
    late = add_session("late")  # not in the replica yet
    service.request_flow(export, "ann")
    run_worker()
    for session in (*sessions, late):
        assert rows_of(store, session) == rows_of(owner_url(), session) == {}
    assert rows_of(store, other)
    assert not UserFlowExport.objects.exists()
    for url in (store, owner_url()):
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1 FROM user_flow WHERE user_flow_id = %s", [FLOW]).fetchone() is None


@pytest.mark.parametrize(
    "step", ["_erase_copies", "_erase_originals", "_erase_original", "_forget_in_dashboard", "_finish"]
)
def test_a_killed_deletion_is_finished_by_the_next_run(
    export: UserFlowExport, add_session: AddSession, store: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = add_session("one"), add_session("two")
    sync(export)
    deletion = service.request_flow(export, "ann")
    perform_until(step, deletion, monkeypatch)
    clear_jobs()
    assert not Deletion.objects.get().finished_at
    resume_deletions(0)
    run_worker()
    assert Deletion.objects.get().finished_at
    for session in (one, two):
        assert rows_of(store, session) == rows_of(owner_url(), session) == {}
    assert not UserFlowExport.objects.exists()


def test_what_is_imported_after_the_store_let_go_is_not_taken_by_the_next_run(
    export: UserFlowExport, add_session: AddSession, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = add_session("one")
    sync(export)
    deletion = service.request_session(export.organisation, one, "ann")
    perform_until("_finish", deletion, monkeypatch)
    assert rows_of(store, one) == {}
    assert add_session("one") == one
    service.perform(deletion)
    assert deletion.finished_at
    assert rows_of(store, one)


def test_nothing_goes_from_the_store_while_the_replica_does_not_answer(
    export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    one = add_session("one")
    sync(export)
    before = rows_of(store, one)
    Replica.objects.update(owner_url="postgresql://nobody@127.0.0.1:1/none")
    deletion = service.request_session(export.organisation, one, "ann")
    service.perform(deletion)
    assert not deletion.finished_at
    assert "does not answer" in deletion.error
    assert rows_of(store, one) == before


def test_it_waits_for_a_sync_that_is_at_work(export: UserFlowExport, add_session: AddSession, store: str) -> None:
    one = add_session("one")
    sync(export)
    deletion = service.request_session(export.organisation, one, "ann")
    with connect(own_urls()[0]) as other:
        copy.claim(other, FLOW)
        service.perform(deletion)
        assert "still writing" in deletion.error
    service.perform(deletion)
    assert rows_of(store, one) == {}


def test_a_flow_is_not_deleted_under_an_import(
    export: UserFlowExport, add_session: AddSession, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_session("one")
    deletion = service.request_flow(export, "ann")
    monkeypatch.setattr(flow_lock, "PATIENCE", "100ms")
    with psycopg.connect(store) as importing:
        flow_lock.hold(importing, export.organisation_id, export.name)
        service.perform(deletion)
        assert not deletion.finished_at
        assert UserFlowExport.objects.exists()
    service.perform(deletion)
    assert not UserFlowExport.objects.exists()


def test_a_second_request_is_the_first_one(export: UserFlowExport, add_session: AddSession) -> None:
    one = add_session("one")
    first = service.request_session(export.organisation, one, "ann")
    assert service.request_session(export.organisation, one, "bob") == first


def test_a_session_of_another_organisation_is_not_there(export: UserFlowExport, add_session: AddSession) -> None:
    one = add_session("one")
    other = Organisation.objects.create(name="Other", slug="other")
    with pytest.raises(UserError) as refused:
        service.request_session(other, one, "eve")
    assert refused.value.status == 404
    assert not Deletion.objects.exists()


class TestReplica:
    def test_its_database_and_roles_go_and_a_sync_makes_another(
        self, export: UserFlowExport, add_session: AddSession, server_url: str
    ) -> None:
        one = add_session("one")
        sync(export)
        state.set_autosync(export, True)
        replica = Replica.objects.get()
        folder = build_blocks(one)
        with psycopg.connect(replica.reader_url):  # somebody reads it
            service.request_replica(replica, "ann")
            run_worker()
        with psycopg.connect(server_url) as server:
            left = server.execute(
                "SELECT datname FROM pg_database WHERE datname = %(name)s UNION ALL"
                " SELECT rolname FROM pg_roles WHERE rolname LIKE %(name)s || '%%'",
                {"name": replica.database},
            ).fetchall()
        assert left == []
        assert not Replica.objects.exists()
        assert not folder.exists()
        export.refresh_from_db()
        assert not export.autosync
        assert state.states([export])[0].status == UserFlowExport.Status.INACTIVE
        sync(export)
        assert rows_of(owner_url(), one)

    def test_a_database_of_others_stays(self, organisation: Organisation, new_database: Callable[..., str]) -> None:
        url = new_database()
        replica = Replica.objects.create(
            organisation=organisation, database="theirs", login_role="theirs", reader_url=url
        )
        service.request_replica(replica, "ann")
        run_worker()
        assert not Replica.objects.exists()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

    def test_a_sync_that_waits_does_not_make_it_anew(self, export: UserFlowExport, add_session: AddSession) -> None:
        add_session("one")
        sync(export)
        deletion = service.request_replica(Replica.objects.get(), "ann")
        jobs.request_sync(export)
        service.perform(deletion)
        run_worker()
        assert not Replica.objects.exists()


def clear_jobs() -> None:
    with dashboard.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
