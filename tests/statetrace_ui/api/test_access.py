"""Who may do what: every operation of the API, by scope, role and organisation.

Operations are those of the description, so one that is added must be classified here.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from replica.exports.models import UserFlowExport
from statetrace_ui.accounts.models import PasswordAttempts
from statetrace_ui.api.scopes import Scope
from statetrace_ui.api.v0 import description
from statetrace_ui.web.models import Membership
from tests.statetrace_ui.api.conftest import SESSION, Caller

FLOW = "{flow}"
# A valid request of each operation: (body, id of what it is about is another's).
BODIES: dict[str, Any] = {
    "put_user_flow": {"name": "Another"},
    "add_session": {"user_flow_id": FLOW},
    "annotate_session": {"status": "Failed"},
    "add_label": {"name": "pay", "start_time": 0, "end_time": 0},
    "change_settings": {"autosync": 1},
    "sync": {},
    "upload_measurements": {"session_id": SESSION, "test_name": "Checkout", "data": [{"key": "Load", "value": 1}]},
    "change_replica_settings": {"keep_days": 7},
    "add_target": {"name": "Theirs", "recipient": "nobody"},
    "rotate_credentials": {"hours": 1},
    "add_webhook": {"name": "On-call", "url": "https://hooks.example.com/x"},
}
# What is not about one thing of an organisation: its lists, what makes things, and its own replica and token.
OF_NOBODY = {
    *("read_token", "list_user_flows", "put_user_flow", "list_changes", "list_audited_sessions", "list_deletions"),
    *("upload_measurements", "read_database", "read_replica_settings", "change_replica_settings"),
    *("list_webhooks", "add_webhook", "list_targets", "add_target"),
    *("reveal_credentials", "rotate_credentials", "revoke_former_credentials"),
}
OPERATIONS = {
    details["operationId"]: (method.upper(), path.removeprefix("/v0/"), Scope(details["security"][0]["Token"][0]))
    for path, methods in description()["paths"].items()
    for method, details in methods.items()
    if not details.get("deprecated")
}
OWNED = sorted(OPERATIONS.keys() - OF_NOBODY)


def call(caller: Caller, name: str, flow: UserFlowExport) -> Any:
    method, path, _ = OPERATIONS[name]
    ids = {
        "user_flow_id": flow.user_flow_id,
        "session_id": SESSION,
        "label_id": SESSION,
        "webhook_id": "1",
        "run_id": "1",
        "target_id": "1",
    }
    for part, value in ids.items():
        path = path.replace("{" + part + "}", value)
    if name == "upload_sessions":
        return caller.raw(method, path, b"{}", "application/octet-stream")
    body = json.loads(json.dumps(BODIES.get(name)).replace(FLOW, flow.user_flow_id))
    return caller(method, path, body)


@pytest.fixture
def session(api: Caller, flow: UserFlowExport) -> UserFlowExport:
    """The flow, with a session."""
    assert api("POST", f"userflows/session/{SESSION}", {"user_flow_id": flow.user_flow_id}).status_code == 201
    return flow


def test_without_a_token_nothing_is_told(session: UserFlowExport, manager: User) -> None:
    unknown, client = Caller("stt_nobodyhasit_x"), Client(enforce_csrf_checks=True)
    client.force_login(manager)
    for name, (method, path, _) in OPERATIONS.items():
        PasswordAttempts.objects.all().delete()
        answer = call(unknown, name, session)
        assert (name, answer.status_code) == (name, 401)
        assert answer.headers["Content-Type"] == "application/problem+json"
        signed_in = client.generic(method, f"/v0/{path}")  # a browser's session says nothing here
        assert (name, signed_in.status_code, signed_in.headers["WWW-Authenticate"]) == (name, 401, "Bearer")


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_lets_a_token_do_what_needs_it_and_nothing_else(
    scope: Scope, session: UserFlowExport, caller: Callable[..., Caller], manager: User
) -> None:
    token = caller(manager, scope)
    answers = {name: call(token, name, session).status_code for name in OPERATIONS}
    assert not {401, 500} & set(answers.values())
    assert {name for name, status in answers.items() if status != 403} == {
        name for name, (_, _, needed) in OPERATIONS.items() if needed == scope
    }


@pytest.mark.parametrize("role", [Membership.Role.READER, Membership.Role.ANALYST])
def test_a_token_gives_no_more_than_the_role_of_its_person_now(
    role: Membership.Role, session: UserFlowExport, api: Caller, manager: User
) -> None:
    manager.memberships.update(role=role)
    let_in = {name for name in OPERATIONS if call(api, name, session).status_code != 403}
    for_analysts = {"list_changes", "list_audited_sessions"} if role == Membership.Role.READER else set()
    assert let_in == {name for name, (_, _, needed) in OPERATIONS.items() if needed == Scope.READ} - for_analysts


def test_what_is_anothers_is_not_there(session: UserFlowExport, caller: Callable[..., Caller], stranger: User) -> None:
    stranger.memberships.update(role=Membership.Role.MANAGER)
    theirs = caller(stranger)
    for name in OWNED:
        answer = call(theirs, name, session)
        assert (name, answer.status_code) == (name, 404)
        assert session.name not in answer.content.decode()


def test_lists_hold_what_is_ones_own_alone(
    session: UserFlowExport, caller: Callable[..., Caller], stranger: User
) -> None:
    theirs = caller(stranger)
    assert theirs("GET", "userflows").json()["user_flows"] == []
    assert theirs("GET", "token").json()["organisation"] == "elsewhere"


def test_a_session_of_others_takes_no_measurements(
    session: UserFlowExport, caller: Callable[..., Caller], stranger: User
) -> None:
    stranger.memberships.update(role=Membership.Role.MANAGER)
    theirs = caller(stranger)
    assert theirs("POST", "perftests/upload", BODIES["upload_measurements"]).status_code == 409
    assert theirs("GET", "userflows").json()["user_flows"] == []


@pytest.mark.parametrize("change", ["leaves", "deactivated"])
def test_who_has_left_has_no_token(change: str, api: Caller, manager: User) -> None:
    assert api("GET", "token").status_code == 200
    if change == "leaves":
        manager.memberships.get().delete()
    else:
        User.objects.filter(pk=manager.pk).update(is_active=False)
    assert api("GET", "token").status_code == 401
