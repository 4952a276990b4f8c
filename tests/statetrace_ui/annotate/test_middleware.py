"""Requests of browsers, through Django's whole stack."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.conf import settings as settings_of_django
from django.contrib.auth.models import User
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from pytest_django import Settings

from statetrace_ui.annotate.middleware import KEY, AnnotateMiddleware
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


@pytest.fixture
def cached_sessions(settings: Settings) -> None:
    """Django sessions that all threads see at once: `default` is in a transaction of the test's own."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"


def test_two_first_writes_of_one_browser_at_once_are_one_session(
    audited: Audited, visitor: Client, cached_sessions: None
) -> None:
    begun = visitor.session
    begun.save()
    clients = [Client(), Client()]
    for client in clients:
        client.cookies[settings_of_django.SESSION_COOKIE_NAME] = str(begun.session_key)
    with ThreadPoolExecutor(2) as threads:
        answers = threads.map(write_and_await_the_other, clients, ("one", "two"))
    assert list(answers) == [200, 200]
    assert len(audited.sessions) == 1
    assert [row.payload["action_session_id"] for row in audited.actions] == [audited.sessions[0].id] * 2


def write_and_await_the_other(client: Client, name: str) -> int:
    try:
        return client.post(f"/write-and-await-the-other/?name={name}").status_code
    finally:
        connections.close_all()


def test_a_session_key_that_nobody_was_given_makes_no_id(audited: Audited, visitor: Client) -> None:
    """A browser may send any cookie: two that send the same made-up key are not one session."""
    for name in ("one", "two"):
        stranger = Client()
        stranger.cookies[settings_of_django.SESSION_COOKIE_NAME] = "made-up-by-somebody-else"
        stranger.post(f"/write/?name={name}")
    assert len(audited.sessions) == 2


def test_two_browsers_of_one_person_are_two_sessions(audited: Audited, visitor: Client, ada: User) -> None:
    other = Client()
    for number, client in enumerate((visitor, other)):
        client.force_login(ada)
        client.post(f"/write/?name={number}")
    assert len(audited.sessions) == 2


def test_two_browsers_that_sign_in_at_once_are_two_sessions_where_cookies_hold_them(
    audited: Audited, visitor: Client, ada: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key of a session in a signed cookie is its content and the second."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    for number, client in enumerate((visitor, Client())):
        client.force_login(ada)
        client.post(f"/write/?name=first-{number}")
        client.post(f"/write/?name=second-{number}")
    one, two = (row.id for row in audited.sessions)
    assert [row.payload["action_session_id"] for row in audited.actions] == [one, one, two, two]


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


def test_what_a_response_streams_belongs_to_the_browsers_session(audited: Audited, visitor: Client, ada: User) -> None:
    visitor.force_login(ada)
    b"".join(visitor.get("/write-while-streaming/").streaming_content)  # type: ignore[attr-defined]
    visitor.post("/write/?name=three")
    visitor.post("/write/?name=four")
    assert len(audited.actions) == 4
    assert len(audited.sessions) == 1
    assert {row.payload["action_session_id"] for row in audited.actions} == {audited.sessions[0].id}


def test_writes_of_an_asynchronous_view_are_annotated(audited: Audited, visitor: Client) -> None:
    assert visitor.post("/write-asynchronously/").status_code == 200
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]


@pytest.mark.parametrize("path", ["/write/", "/write-asynchronously/"])
def test_requests_of_asgi_are_annotated(audited: Audited, visitor: Client, ada: User, path: str) -> None:
    browser = AsyncClient()
    browser.force_login(ada)
    assert async_to_sync(browser.post)(path).status_code == 200
    assert [row.xid for row in audited.actions] == [audited.items()["one"]]
    assert audited.sessions[0].payload["session_actor_id"] == str(ada.pk)


def test_an_asynchronous_response_that_writes_belongs_to_the_browsers_session(
    audited: Audited, visitor: Client, ada: User
) -> None:
    browser = AsyncClient()
    browser.force_login(ada)

    async def stream() -> list[bytes]:
        response = await browser.get("/write-while-streaming-asynchronously/")
        return [chunk async for chunk in response.streaming_content]  # type: ignore[attr-defined]

    assert async_to_sync(stream)() == [b"one", b"two"]
    async_to_sync(browser.post)("/write/?name=three")
    assert [row.payload["action_url"] for row in audited.actions] == [
        *["/write-while-streaming-asynchronously/"] * 2,
        "/write/",
    ]
    assert len(audited.sessions) == 1


def test_asgi_needs_no_thread_for_the_middleware_and_wsgi_no_event_loop() -> None:
    async def respond_later(_: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert AnnotateMiddleware.async_capable
    assert AnnotateMiddleware.sync_capable
    assert iscoroutinefunction(AnnotateMiddleware(respond_later))
    assert not iscoroutinefunction(AnnotateMiddleware(lambda _: HttpResponse()))


def test_a_thread_that_takes_the_context_along_is_annotated(audited: Audited, visitor: Client) -> None:
    visitor.post("/write-in-a-thread/")
    assert [(row.xid, row.payload["action_url"]) for row in audited.actions] == [
        (audited.items()["thread"], "/write-in-a-thread/")
    ]


def test_without_django_sessions_each_request_is_a_session(
    audited: Audited, visitor: Client, settings: Settings
) -> None:
    settings.MIDDLEWARE = ["statetrace_ui.annotate.middleware.AnnotateMiddleware"]
    client = Client()
    client.post("/write/?name=one")
    client.post("/write/?name=two")
    assert len(audited.sessions) == len(audited.actions) == 2
