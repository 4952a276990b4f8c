"""Callers of the API: a test client with a token of a standing person."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from replica.exports.models import UserFlowExport
from replica.importing.service import put_flow
from statetrace_ui.api import tokens
from statetrace_ui.api.scopes import Scope, scopes_of
from statetrace_ui.web.models import Organisation

SESSION = "d3bf5f07-e910-41eb-a576-acde48001122"


class Caller:
    """Calls as a program does: JSON in, JSON out, no cookie."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.client = Client(headers={"Authorization": f"Bearer {text}"}, raise_request_exception=True)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        data = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, f"/v0/{path}", data, content_type="application/json", headers=sent)

    def raw(self, method: str, path: str, body: bytes, content_type: str = "application/json") -> Any:
        return self.client.generic(method, f"/v0/{path}", body, content_type=content_type)


@pytest.fixture
def caller() -> Callable[..., Caller]:
    """A caller for a person, with all scopes that their role gives, or with those that are named."""

    def make(person: User, *scopes: Scope) -> Caller:
        membership = person.memberships.get()
        return Caller(tokens.make(membership, "test", scopes or scopes_of(membership))[1])

    return make


@pytest.fixture
def api(caller: Callable[..., Caller], manager: User, store: str) -> Caller:
    """A manager's, with an empty store."""
    return caller(manager)


@pytest.fixture
def flow(store: str, organisation: Organisation) -> UserFlowExport:
    return put_flow(organisation, "Checkout", "Buys a product")[0]
