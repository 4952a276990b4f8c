"""People on the admin site: organisation and role first, and of permissions those that do something."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from statetrace_ui.accounts.models import Authenticator
from statetrace_ui.web.models import Organisation

PLACE = "memberships"


def management(**more: str) -> dict[str, str]:
    return {f"{PLACE}-TOTAL_FORMS": "1", f"{PLACE}-INITIAL_FORMS": "0", **more}


def test_somebody_new_gets_an_organisation_and_a_role_in_one_form(
    admin_client: Client, organisation: Organisation
) -> None:
    password = "correct horse battery"
    place = {f"{PLACE}-0-organisation": str(organisation.pk), f"{PLACE}-0-role": "analyst"}
    person = {"username": "ada", "email": "ada@example.com", "password1": password, "password2": password}
    answer = admin_client.post("/admin/auth/user/add/", management(**place, **person, usable_password="true"))
    assert answer.status_code == 302
    made = User.objects.get(username="ada")
    assert (made.email, [(one.organisation, one.role) for one in made.memberships.all()]) == (
        "ada@example.com",
        [(organisation, "analyst")],
    )


def test_the_form_offers_permissions_that_do_something(admin_client: Client, reader: User) -> None:
    page = admin_client.get(f"/admin/auth/user/{reader.pk}/change/").content.decode()
    choices = re.search(r'name="user_permissions".*?</select>', page, re.DOTALL)[0]  # type: ignore[index]
    offered = {*re.findall(r'<option value="(\d+)"', choices)}
    named = {one.codename for one in Permission.objects.filter(pk__in=offered)}
    assert "view_securityevent" in named
    assert not {"add_session", "change_user", "delete_logentry", "add_contenttype", "view_organisation"} & named
    assert len(offered) < Permission.objects.count() / 3


def test_a_second_factor_that_was_lost_is_removed(admin_client: Client, reader: User) -> None:
    Authenticator.objects.create(person=reader, secret="A" * 32)
    fields = {"action": "remove_second_factor", "_selected_action": [str(reader.pk)]}
    assert admin_client.post("/admin/auth/user/", fields).status_code == 302
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("path", ["/admin/auth/user/", "/admin/auth/user/add/"])
def test_people_are_for_superusers(path: str, manager: User, client: Client) -> None:
    manager.is_staff = True
    manager.save()
    manager.user_permissions.set(Permission.objects.all())
    client.force_login(manager)
    assert client.get(path).status_code == 403
