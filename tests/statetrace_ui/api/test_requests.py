"""What holds for all requests: problems, repetition, editions, pages, limits."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from replica.exports.models import UserFlowExport
from replica.importing.service import put_flow
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.api import rates, tokens
from statetrace_ui.api.models import KeptAnswer, Token
from statetrace_ui.web.locks import alone
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.api.conftest import SESSION, Caller

HOSTILE = {
    "a name twice": b'{"name": "a", "name": "b"}',
    "not a number": b'{"name": NaN}',
    "endless": b'{"name": 1e999}',
    "a long number": b'{"name": ' + b"9" * 5_000 + b"}",
    "NUL": b'{"name": "a\\u0000"}',
    "half a character": b'{"name": "\\ud800"}',
    "a name that is half a character": b'{"\\ud800": 1}',
    "no UTF-8": b'{"name": "\xff"}',
    "deep": b"[" * 100_000,
    "no JSON": b"name=a",
    "nothing": b"",
    "another name": b'{"name": "a", "nmae": "b"}',
    "another type": b'{"name": 7}',
    "blank": b'{"name": "  "}',
    "long": b'{"name": "' + b"a" * 256 + b'"}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_body_that_is_not_understood_is_told_so(body: bytes, api: Caller) -> None:
    answer = api.raw("PUT", "userflows", body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert Token.objects.count() == 1  # the connection to the database is well


def test_other_kinds_of_body_are_refused(api: Caller) -> None:
    assert api.raw("PUT", "userflows", b"name=a", "application/x-www-form-urlencoded").status_code == 415


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing", 404),
        ("GET", "userflows/nothing", 404),
        ("DELETE", "userflows", 405),
        ("GET", "userflows?limit=0", 422),
        ("GET", "userflows?cursor=changed", 400),
        ("GET", "userflows/%00", 404),
        ("GET", "audited/changes?q=%00", 422),
        ("GET", "audited/changes?q=no:such", 422),
    ],
)
def test_every_failure_is_a_problem(method: str, path: str, status: int, api: Caller) -> None:
    answer = api(method, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    told = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]


def test_a_failure_of_ours_is_a_problem_too(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(rates.Pacing, "headers")
    api.client.raise_request_exception = False
    answer = api("GET", "token")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")


def test_a_request_leaves_no_session_behind(api: Caller, flow: UserFlowExport) -> None:
    answer = api("POST", f"userflows/session/{SESSION}", {"user_flow_id": flow.user_flow_id})
    assert answer.status_code == 201
    assert api("PUT", f"userflows/session/{SESSION}", {"name": "Run"}).status_code == 200
    assert not answer.cookies
    assert not api.client.cookies


# Repetition


def label(api: Caller, key: str, name: str = "pay") -> Any:
    body = {"name": name, "start_time": 0, "end_time": 0}
    return api("POST", f"sessions/{SESSION}/label/add", body, Idempotency_Key=key)


@pytest.fixture
def session(api: Caller, flow: UserFlowExport) -> None:
    assert api("POST", f"userflows/session/{SESSION}", {"user_flow_id": flow.user_flow_id}).status_code == 201


@pytest.mark.usefixtures("session")
def test_a_request_that_is_repeated_is_answered_again_and_not_done_again(api: Caller, flow: UserFlowExport) -> None:
    first, again, other = label(api, "a"), label(api, "a"), label(api, "b")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() != other.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(api("GET", f"userflows/{flow.user_flow_id}/events").json()["events"]) == 2


@pytest.mark.usefixtures("session")
def test_a_key_is_for_one_request(api: Caller) -> None:
    assert label(api, "a").status_code == 201
    assert label(api, "a", name="another").status_code == 422


@pytest.mark.usefixtures("session")
def test_a_key_is_a_tokens_own(api: Caller, caller: Callable[..., Caller], manager: User) -> None:
    assert label(api, "a").json() != label(caller(manager), "a").json()


@pytest.mark.usefixtures("session")
def test_what_failed_may_be_tried_again_with_its_key(api: Caller) -> None:
    assert label(api, "a", name="").status_code == 422
    assert not KeptAnswer.objects.exists()
    assert label(api, "a").status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("session")
def test_the_same_request_at_the_same_time_is_a_conflict(api: Caller) -> None:
    token = Token.objects.get()
    begun, go_on = threading.Event(), threading.Event()

    def other() -> None:
        with alone("API request", f"{token.pk} a") as mine:
            assert mine
            begun.set()
            go_on.wait(20)
        connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    assert begun.wait(20)
    conflict = label(api, "a")
    go_on.set()
    thread.join()
    assert (conflict.status_code, label(api, "a").status_code) == (409, 201)


# Editions


@pytest.mark.usefixtures("session")
def test_an_edit_of_an_older_edition_is_refused(api: Caller) -> None:
    path = f"userflows/session/{SESSION}"
    read = api("GET", path).headers["ETag"]
    edited = api("PUT", path, {"name": "Mine"}, If_Match=read)
    assert (edited.status_code, edited.headers["ETag"] != read) == (200, True)
    assert api("PUT", path, {"name": "Theirs"}, If_Match=read).status_code == 412
    assert api("PUT", path, {"name": "Theirs"}, If_Match='"x"').status_code == 412
    assert api("GET", path).json()["name"] == "Mine"
    assert api("PUT", path, {"name": "Theirs"}, If_Match="*").status_code == 200


def test_settings_of_an_older_edition_are_not_changed(api: Caller, flow: UserFlowExport) -> None:
    path = f"userflows/{flow.user_flow_id}/settings"
    read = api("GET", path).headers["ETag"]
    assert api("POST", path, {"autosync": 1}, If_Match=read).status_code == 200
    assert api("POST", path, {"autosync": 0}, If_Match=read).status_code == 412
    assert api("GET", path).json()["autosync"] == 1


# Pages


def test_pages_hold_everything_once(api: Caller, organisation: Organisation) -> None:
    names = [f"Flow {number}" for number in range(5)]
    for name in reversed(names):
        put_flow(organisation, name, "")
    assert [flow["name"] for flow in pages(api, "userflows", "user_flows", 2)] == names


def test_pages_of_measurements_hold_everything_once(api: Caller) -> None:
    data = [{"key": f"m{number}", "value": number} for number in range(5)]
    flow = api("POST", "perftests/upload", {"session_id": SESSION, "test_name": "Checkout", "data": data}).json()
    found = pages(api, f"userflows/{flow['user_flow_id']}/measurements", "measurements", 2)
    assert [row["number"] for row in found] == [0, 1, 2, 3, 4]


def test_pages_of_sessions_hold_everything_once(api: Caller, flow: UserFlowExport) -> None:
    ids = [f"d3bf5f07-e910-41eb-a576-acde4800112{number}" for number in range(5)]
    for one in ids:  # all began at the same moment
        body = {"user_flow_id": flow.user_flow_id, "start_time": "2026-11-01T10:00:00Z"}
        assert api("POST", f"userflows/session/{one}", body).status_code == 201
    found = pages(api, f"userflows/{flow.user_flow_id}/sessions", "sessions", 2)
    assert [row["session_id"] for row in found] == ids[::-1]


def pages(api: Caller, path: str, key: str, limit: int) -> Iterator[Any]:
    cursor: str | None = ""
    while cursor is not None:
        page = api("GET", f"{path}?limit={limit}&cursor={cursor}").json()
        yield from page[key]
        cursor = page["next_cursor"]


# Limits


def test_a_token_that_calls_too_often_must_wait(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "API_REQUESTS_PER_MINUTE", 3)
    answers = [api("GET", "token") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit"].partition(";t=")[0] for answer in answers] == [
        f'"token";r={left}' for left in (2, 1, 0, 0)
    ]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 20
    with connection.cursor() as cursor:  # a minute passes
        cursor.execute("UPDATE api_pace SET full_at = full_at - interval '1 minute'")
    assert api("GET", "token").status_code == 200


def test_each_token_has_a_limit_of_its_own(
    api: Caller, caller: Callable[..., Caller], manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "API_REQUESTS_PER_MINUTE", 1)
    assert [api("GET", "token").status_code for _ in range(2)] == [200, 429]
    assert caller(manager)("GET", "token").status_code == 200


# Tokens


def test_wrong_tokens_are_counted_for_their_address_and_lock_nobody_else_out(api: Caller) -> None:
    wrong = Caller(f"{api.text}x")
    answers = [wrong("GET", "token") for _ in range(22)]
    statuses = [answer.status_code for answer in answers]
    assert (set(statuses[:20]), statuses[-1]) == ({401}, 429)
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert api("GET", "token").status_code == 200
    assert SecurityEvent.objects.filter(event="token_refused").count() == statuses.count(401)


def test_an_expired_token_is_refused_and_told_of(api: Caller) -> None:
    Token.objects.update(expires_at="2026-01-01T00:00:00Z")
    assert api("GET", "token").status_code == 401
    [entry] = SecurityEvent.objects.filter(event="token_refused")
    assert (entry.person_name, entry.organisation_name) == ("manager", "Acme")


def test_a_token_is_kept_as_a_digest(api: Caller) -> None:
    [kept] = Token.objects.values_list("name", "prefix", "digest")
    secret = api.text.rsplit("_", 1)[0] and api.text.split("_", 2)[2]
    assert len(secret) == 43  # 256 bits
    assert secret not in " ".join(kept)


def test_its_use_is_noted_once_a_minute(api: Caller) -> None:
    api("GET", "token")
    noted = Token.objects.get().last_used_at
    assert noted is not None
    api("GET", "token")
    assert Token.objects.get().last_used_at == noted


def test_a_person_has_so_many_tokens_at_most(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_TOKENS", 1)
    client = Client()
    client.force_login(manager)
    form = {"name": "One", "scopes": ["read"], "days": "7"}
    assert client.post("/account/tokens/make/", form).status_code == 200
    assert client.post("/account/tokens/make/", form).status_code == 400


def test_a_small_read_asks_the_database_for_the_token_its_pace_and_the_thing(
    api: Caller, flow: UserFlowExport, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"userflows/{flow.user_flow_id}/settings"
    api("GET", path)  # which notes the use of the token, once a minute
    with django_assert_num_queries(3):
        assert api("GET", path).status_code == 200
