"""Flows are copied to several places, and from databases of others; nobody's database is taken without a yes."""

from collections.abc import Callable

import psycopg
import pytest
from django.test import Client
from django.urls import reverse

from replica.databases.models import Replica
from replica.deletion import service as deletion
from replica.exports import state
from replica.exports.models import Target, UserFlowExport
from replica.exports.sync import sync
from replica.exports.targets import service
from replica.exports.tasks import follow_mirrors
from replica.schema.definition import create_tables
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.relay import relay
from tests.replica.conftest import FLOW, AddSession, run_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("store", "empty_queue")]


def sessions_of(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT name FROM session_metadata ORDER BY name").fetchall()
    return [name for (name,) in rows]


@pytest.fixture
def partner() -> Organisation:
    return Organisation.objects.create(name="Partner", slug="partner")


def test_another_organisation_gets_a_flow_once_its_manager_said_yes(
    export: UserFlowExport, add_session: AddSession, partner: Organisation, stranger_client: Client, manager: object
) -> None:
    add_session("one")
    target = service.offer(export.organisation, "Partner's", partner, "ann")
    with pytest.raises(UserError, match="not accepted"):
        service.copy_to(export, target)
    service.accept(target, "pat")
    copied = service.copy_to(export, target)
    assert service.copy_to(export, target) == copied
    state.set_autosync(copied, True)
    run_worker()
    assert sessions_of(Replica.objects.get(organisation=partner).owner_url) == ["one"]
    assert not Replica.objects.filter(organisation=export.organisation).exists()  # a copy of its own each
    add_session("two")
    state.mark_changed(export)
    run_worker()
    assert sessions_of(Replica.objects.get(organisation=partner).owner_url) == ["one", "two"]
    assert [one.status for one in state.states([export, copied])] == ["Inactive", "In Sync"]


def test_only_a_manager_of_the_recipient_accepts(
    export: UserFlowExport, manager_client: Client, stranger_client: Client, stranger: object
) -> None:
    recipient = Organisation.objects.exclude(pk=export.organisation_id).get()
    recipient.memberships.update(role="manager")
    target = service.offer(export.organisation, "theirs", recipient, "ann")
    address = reverse("exports:accept_target", args=[target.pk])
    assert manager_client.post(address).status_code == 404
    assert stranger_client.post(address).status_code == 302
    target.refresh_from_db()
    assert target.accepted_at


def test_an_empty_database_is_taken_over_and_a_copy_is_deleted_alone(
    export: UserFlowExport, add_session: AddSession, new_database: Callable[..., str]
) -> None:
    add_session("one")
    sync(export)
    url = new_database()
    with relay(url) as way:
        target = service.add_server(export.organisation, "theirs", way.url, "ann")
        assert way.url not in target.place
        copied = service.copy_to(export, target)
        assert sync(copied).outcome == "done"
        assert sessions_of(url) == ["one"]
        with pytest.raises(UserError, match="use it"):
            service.remove(target)
        deletion.request_copy(copied, "ann")
        run_worker()
    assert sessions_of(url) == []
    assert sessions_of(Replica.objects.get().owner_url) == ["one"]
    assert list(UserFlowExport.every.all()) == [export]


def test_a_database_with_tables_of_others_is_left_alone(
    export: UserFlowExport, new_database: Callable[..., str], store: str
) -> None:
    url = new_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE session_tags (mine text)")
    with relay(url) as way, pytest.raises(UserError, match="session_tags already"):
        service.add_server(export.organisation, "theirs", way.url, "ann")
    with relay(store) as way, pytest.raises(UserError, match="database of the dashboard itself"):
        service.add_server(export.organisation, "ours", way.url, "ann")
    assert not Target.objects.exists()


def test_a_mirror_is_followed(organisation: Organisation, new_database: Callable[..., str], clean_server: None) -> None:
    url = new_database()
    with relay(url) as way, psycopg.connect(url, autocommit=True) as theirs:
        create_tables(theirs)
        theirs.execute("DROP SCHEMA bookkeeping CASCADE")
        theirs.execute("INSERT INTO user_flow VALUES (%s, 'Search', NULL, now())", [FLOW])
        add_theirs(theirs, "a" * 36)
        mirror = service.add_mirror(organisation, "theirs", way.url, "ann")
        export = service.follow(mirror, FLOW)
        with pytest.raises(UserError, match="exported already"):
            service.follow(mirror, FLOW)
        state.set_autosync(export, True)
        run_worker()
        assert sessions_of(Replica.objects.get().owner_url) == ["a"]
        add_theirs(theirs, "b" * 36)
        follow_mirrors(0)
        run_worker()
        assert sessions_of(Replica.objects.get().owner_url) == ["a", "b"]


def test_a_mirror_cannot_overwrite_a_session_of_the_same_id(
    export: UserFlowExport, add_session: AddSession, new_database: Callable[..., str]
) -> None:
    session = add_session("mine")
    sync(export)
    url = new_database()
    with relay(url) as way, psycopg.connect(url, autocommit=True) as theirs:
        create_tables(theirs)
        theirs.execute("DROP SCHEMA bookkeeping CASCADE")
        theirs.execute("INSERT INTO user_flow VALUES ('evil', 'Search', NULL, now())")
        add_theirs(theirs, session, "evil")
        run = sync(service.follow(service.add_mirror(export.organisation, "theirs", way.url, "eve"), "evil"))
    assert run.outcome == "failed"
    assert "another user flow's session" in run.error
    assert sessions_of(Replica.objects.get().owner_url) == ["mine"]


def add_theirs(connection: psycopg.Connection[object], session: str, flow: str = FLOW) -> None:
    connection.execute(
        "INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time)"
        " VALUES (%s, %s, %s, 'Passed', now())",
        [session, flow, session[0]],
    )
