"""Requests of browsers, through Django's whole stack."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from pytest_django import Settings

from statetrace_ui.annotate.middleware import KEY
from tests.statetrace_ui.annotate.conftest import Audited


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.com", first_name="Ada", last_name="Lovelace")


@pytest.fixture
def grace(db: None) -> User:
    return User.objects.create_user("grace", "grace@example.com")


def test_a_request_is_annotated_with_every_documented_field(audited: Audited, visitor: Client, ada: User) -> None:
    visitor.force_login(ada)
    assert visitor.post("/write/?token=secret").status_code == 200
    assert audited.sessions[0].payload == {
        "session_actor_id": str(ada.pk),
        "session_actor_full_name": "Ada Lovelace",
        "session_actor_email": "ada@example.com",
        "session_actor_avatar": None,
        "session_client_user_agent": "A browser",
        "session_application_id": "warehouse",
        "session_application_type": "python/django",
    }
    payload = audited.actions[0].payload
    assert payload.pop("action_length_ms") > 0
    assert payload == {
        "action_session_id": audited.sessions[0].id,
        "action_url": "/write/",
        "action_method": "POST",
        "action_version": "v1.2",
        "action_parent_id": None,
    }


def test_the_project_may_describe_its_actors_itself(
    audited: Audited, visitor: Client, ada: User, settings: Settings
) -> None:
    settings.STATETRACE_ANNOTATE |= {"ACTOR": f"{__name__}.described"}
    visitor.force_login(ada)
    visitor.post("/write/")
    assert audited.sessions[0].payload["session_actor_full_name"] == "The one called ada"


def described(user: User) -> dict[str, str]:
    return {"full_name": f"The one called {user.username}"}


def test_a_get_that_writes_is_annotated_and_one_that_reads_is_not(audited: Audited, visitor: Client) -> None:
    visitor.get("/read/")
    assert audited.actions == audited.sessions == []
    visitor.get("/write/")
    assert [row.payload["action_method"] for row in audited.actions] == ["GET"]


def test_reading_does_not_give_a_visitor_a_session(visitor: Client) -> None:
    visitor.get("/read/")
    assert not visitor.cookies


def test_the_session_is_announced_once_and_kept_over_requests(audited: Audited, visitor: Client, ada: User) -> None:
    visitor.force_login(ada)
    visitor.post("/write/?name=one")
    visitor.post("/write/?name=two")
    assert [row.payload["action_session_id"] for row in audited.actions] == [audited.sessions[0].id] * 2
    assert len(audited.sessions) == 1


def test_no_id_is_the_session_key(audited: Audited, visitor: Client, ada: User) -> None:
    visitor.force_login(ada)
    visitor.post("/write/")
    assert visitor.session[KEY]["id"] == audited.sessions[0].id
    assert uuid.UUID(audited.sessions[0].id).version == 4
    committed = audited.rows("SELECT statetrace_annotations::text AS line FROM statetrace_annotations")
    assert not any(str(visitor.session.session_key) in row.line for row in committed)


def test_two_browsers_of_one_person_are_two_sessions(audited: Audited, visitor: Client, ada: User) -> None:
    other = Client()
    for number, client in enumerate((visitor, other)):
        client.force_login(ada)
        client.post(f"/write/?name={number}")
    assert len(audited.sessions) == 2


def test_signing_in_and_out_begins_new_sessions(audited: Audited, visitor: Client, ada: User, grace: User) -> None:
    visitor.post("/write/?name=before")
    for name, user in (("first", ada), ("second", grace)):
        visitor.force_login(user)
        visitor.post(f"/write/?name={name}")
    visitor.logout()
    visitor.post("/write/?name=after")
    actors = [row.payload["session_actor_id"] for row in audited.sessions]
    assert actors == [None, str(ada.pk), str(grace.pk), None]
    assert [row.payload["action_session_id"] for row in audited.actions] == [row.id for row in audited.sessions]


def test_a_transaction_belongs_to_the_user_signed_in_at_its_commit(
    audited: Audited, visitor: Client, ada: User, grace: User
) -> None:
    assert visitor.post("/act-as/?users=ada,grace,").status_code == 200
    actors = {row.id: row.payload["session_actor_id"] for row in audited.sessions}
    acted = [actors[row.payload["action_session_id"]] for row in audited.actions]
    assert acted == [str(ada.pk), str(grace.pk), None]


def test_a_failing_view_keeps_what_it_had_committed_and_nothing_else(audited: Audited, visitor: Client) -> None:
    assert visitor.post("/write-then-fail/").status_code == 500
    assert list(audited.items()) == ["one"]
    assert len(audited.actions) == 1


def test_a_failing_view_with_atomic_requests_rolls_everything_back(audited: Audited, visitor: Client) -> None:
    connections.settings["audited"]["ATOMIC_REQUESTS"] = True
    assert visitor.post("/write-then-fail/").status_code == 500
    assert audited.items() == {}
    assert audited.actions == audited.sessions == []
    visitor.post("/write/?name=next")
    assert len(audited.actions) == len(audited.sessions) == 1


def test_atomic_requests_have_one_annotation_each(audited: Audited, visitor: Client) -> None:
    connections.settings["audited"]["ATOMIC_REQUESTS"] = True
    visitor.get("/read/")
    visitor.post("/write-twice/")
    assert [row.xid for row in audited.actions] == list(set(audited.items().values()))


def test_a_view_with_atomic_has_one_annotation(audited: Audited, visitor: Client) -> None:
    visitor.post("/write-atomically/")
    assert [row.xid for row in audited.actions] == list(audited.items().values())


def test_writes_while_a_response_streams_are_annotated(audited: Audited, visitor: Client) -> None:
    response = visitor.get("/write-while-streaming/")
    assert audited.items() == {}
    assert b"".join(response.streaming_content) == b"onetwo"  # type: ignore[attr-defined]
    assert [row.payload["action_url"] for row in audited.actions] == ["/write-while-streaming/"] * 2


def test_writes_of_an_asynchronous_view_are_annotated(audited: Audited, visitor: Client) -> None:
    assert visitor.post("/write-asynchronously/").status_code == 200
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


def test_without_django_sessions_each_request_is_a_session(
    audited: Audited, visitor: Client, settings: Settings
) -> None:
    settings.MIDDLEWARE = ["statetrace_ui.annotate.middleware.AnnotateMiddleware"]
    client = Client()
    client.post("/write/?name=one")
    client.post("/write/?name=two")
    assert len(audited.sessions) == len(audited.actions) == 2
