"""Every address of this part, as the three standing people and an anonymous visitor see it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from statetrace_ui.history.models import Change

LISTS = ["sessions", "changes", "sources"]
OWNED = ["session", "action_changes", "change", "record", "source"]


def address(name: str, change: Change) -> str:
    action = change.transaction.actions.get()
    ids = {"session": action.session_id, "action_changes": action.pk, "change": change.pk, "source": change.source_id}
    if name == "record":
        return reverse("history:record", args=[change.source_id, "public.orders"]) + '?key=["7"]'
    return reverse(f"history:{name}", args=[ids[name]] if name in ids else [])


@pytest.mark.parametrize("name", LISTS + OWNED)
def test_members_see_the_page(name: str, change: Change, reader: User, manager: User) -> None:
    for member in (reader, manager):
        client = Client()
        client.force_login(member)
        assert client.get(address(name, change)).status_code == 200


@pytest.mark.parametrize("name", OWNED)
def test_a_stranger_does_not_find_it(name: str, change: Change, stranger_client: Client) -> None:
    assert stranger_client.get(address(name, change)).status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_a_strangers_list_is_empty_and_teaches(name: str, change: Change, stranger_client: Client) -> None:
    text = stranger_client.get(address(name, change)).content.decode()
    assert "Ada" not in text
    assert "orders" not in text.replace("public.orders", "", 1)  # the filter's placeholder
    assert "manage.py add_source NAME" in text


def test_a_stranger_cannot_filter_by_a_foreign_source(change: Change, stranger_client: Client) -> None:
    assert stranger_client.get(f"/changes/?source={change.source_id}").status_code == 400


def test_a_strangers_live_list_stays_silent(change: Change, stranger_client: Client) -> None:
    assert stranger_client.get("/changes/?after=0", headers={"HX-Request": "true"}).status_code == 204


@pytest.mark.parametrize("name", LISTS + OWNED)
def test_a_visitor_is_asked_to_sign_in(name: str, change: Change, client: Client) -> None:
    response = client.get(address(name, change))
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")
