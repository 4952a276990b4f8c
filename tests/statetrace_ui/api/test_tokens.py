"""The page of tokens, and the command that makes one."""

import io
import re

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.api import tokens
from statetrace_ui.api.models import Token
from statetrace_ui.api.scopes import Scope
from tests.statetrace_ui.api.conftest import Caller

TOKEN = re.compile(r"stt_[0-9a-f]{12}_[\w-]{43}")


def made(client: Client, **fields: object) -> str:
    form = {"name": "Nightly build", "scopes": ["read"], "days": "7", **fields}
    answer = client.post("/account/tokens/make/", form)
    assert answer.status_code == 200, answer.content
    assert "no-store" in answer.headers["Cache-Control"]
    [text] = TOKEN.findall(answer.content.decode())
    return str(text)


def test_a_token_is_shown_once_and_works(reader_client: Client) -> None:
    text = made(reader_client)
    page = reader_client.get("/account/tokens/").content.decode()
    assert "Nightly build" in page
    assert not TOKEN.search(page)
    assert Caller(text)("GET", "token").json()["scopes"] == ["read"]
    assert [entry.event for entry in SecurityEvent.objects.filter(event__startswith="token")] == ["token_made"]


def test_a_revoked_token_works_no_more(reader_client: Client) -> None:
    text = made(reader_client)
    assert reader_client.post(f"/account/tokens/{Token.objects.get().pk}/revoke/").status_code == 302
    assert Caller(text)("GET", "token").status_code == 401
    assert SecurityEvent.objects.filter(event="token_revoked").exists()


def test_nobody_makes_a_token_beyond_their_role(reader_client: Client, reader: User) -> None:
    form = {"name": "x", "scopes": ["read", "admin"], "days": "7"}
    assert reader_client.post("/account/tokens/make/", form).status_code == 400
    with pytest.raises(CommandError, match="may not have admin"):
        call_command("create_token", "reader", "--scope", "read,admin")
    assert not Token.objects.exists()


def test_members_see_and_revoke_their_own_alone_and_managers_all(
    reader_client: Client, analyst_client: Client, manager_client: Client, stranger_client: Client
) -> None:
    made(reader_client, name="The reader's")
    address = f"/account/tokens/{Token.objects.get().pk}/revoke/"
    for client in (analyst_client, stranger_client):
        assert "The reader" not in client.get("/account/tokens/").content.decode()
        assert client.post(address).status_code == 404
    assert "The reader" in manager_client.get("/account/tokens/").content.decode()
    assert manager_client.post(address).status_code == 302
    assert not Token.objects.exists()


def test_a_command_prints_a_token(manager: User) -> None:
    out = io.StringIO()
    call_command("create_token", "manager", "--scope", "read,ingest", "--expires", "3", stdout=out)
    text = out.getvalue().strip()
    assert TOKEN.fullmatch(text)
    assert Caller(text)("GET", "token").json()["scopes"] == ["read", "ingest"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nobody"], "no member “nobody”"),
        (["manager", "--scope", "write"], "'write' is not a valid Scope"),
        (["manager", "--expires", "0"], "1 to 366 days"),
        (["manager", "--organisation", "elsewhere"], "no organisation “elsewhere”"),
    ],
)
def test_a_command_that_is_wrong_is_told_so(arguments: list[str], problem: str, manager: User) -> None:
    with pytest.raises(CommandError, match=problem):
        call_command("create_token", *arguments)


def test_the_description_is_a_page_for_everybody(client: Client, db: None) -> None:
    page = client.get("/api/")
    assert page.status_code == 200
    assert "/v0/userflows/{user_flow_id}/dbsync" in page.content.decode()
    assert client.get("/v0/").headers["Location"] == "/api/"


def test_a_token_is_found_by_all_of_it_alone(manager: User) -> None:
    token, text = tokens.make(manager.memberships.get(), "x", [Scope.READ])
    assert tokens.find(text) == token
    for wrong in (text[:-1], f"{text}x", text.upper(), "", "stt_", "stt__", f"stt_{token.prefix}_", "\ud800"):
        assert tokens.find(wrong) is None
