"""What the roles of members allow, and where they are given."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory

from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership, Organisation
from statetrace_ui.web.requests import Request, analyst_view, manager_view, member_view

ALLOWED = {"reader": (True, False, False), "analyst": (True, True, False), "manager": (True, True, True)}


def ok(request: Request) -> HttpResponse:
    return HttpResponse("ok")


@pytest.mark.parametrize("role", Membership.Role.values)
def test_a_role_opens_the_doors_that_it_names(role: str, reader: User) -> None:
    reader.memberships.update(role=role)
    doors = (member_view(ok), analyst_view(ok), manager_view(ok))
    assert tuple(status_behind(door, reader) == 200 for door in doors) == ALLOWED[role]


def status_behind(door: Any, user: User) -> int:
    request: Any = RequestFactory().get("/")
    request.user, request.membership = user, user.memberships.get()
    try:
        return int(door(request).status_code)
    except UserError as error:
        return error.status


def test_an_administrator_gives_the_role(admin_client: Client, organisation: Organisation, reader: User) -> None:
    membership = reader.memberships.get()
    posted = {
        "name": organisation.name,
        "slug": organisation.slug,
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(membership.pk),
        "memberships-0-organisation": str(organisation.pk),
        "memberships-0-user": str(reader.pk),
        "memberships-0-role": "analyst",
    }
    address = f"/admin/web/organisation/{organisation.pk}/change/"
    assert "Analyst" in admin_client.get(address).content.decode()
    assert admin_client.post(address, posted).status_code == 302
    membership.refresh_from_db()
    assert (membership.may_download, membership.may_manage) == (True, False)
