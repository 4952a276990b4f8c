"""The page of members: who sees what, roles, removal, and that an organisation keeps a manager."""

import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.api.scopes import Scope
from statetrace_ui.api.tokens import find, make
from statetrace_ui.people import members
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership, Organisation
from tests.conftest import make_user

PEOPLE = "/people/"


def of(user: User) -> Membership:
    return user.memberships.get()


def test_viewers_see_names_and_roles_alone(reader: User, manager: User, reader_client: Client) -> None:
    page = reader_client.get(PEOPLE).content.decode()
    assert "manager" in page
    for hidden in ("manager@example.com", "Remove", "Invite somebody", "Last signed in"):
        assert hidden not in page


def test_viewers_cannot_find_out_addresses_by_search(manager: User, reader_client: Client) -> None:
    assert reader_client.get(PEOPLE, {"q": "manager"}).context["page"].rows == [manager]
    assert not reader_client.get(PEOPLE, {"q": "manager@"}).context["page"]


def test_managers_search_by_words_and_role(reader: User, analyst: User, manager_client: Client) -> None:
    reader.first_name, reader.last_name = "Ada", "Byron"
    reader.save()
    assert manager_client.get(PEOPLE, {"q": "byron ada"}).context["page"].rows == [reader]
    assert manager_client.get(PEOPLE, {"q": "analyst@"}).context["page"].rows == [analyst]
    assert manager_client.get(PEOPLE, {"role": "analyst"}).context["page"].rows == [analyst]
    assert "No member" in manager_client.get(PEOPLE, {"q": "nobody at all"}).content.decode()


def test_the_list_goes_on_page_by_page(organisation: Organisation, manager_client: Client) -> None:
    for number in range(60):
        make_user(f"person-{number:03}", organisation)
    first = manager_client.get(PEOPLE).context["page"]
    second = manager_client.get(PEOPLE, {"cursor": first.older}).context["page"]
    assert second.older is None
    assert [person.username for person in [*first.rows, *second.rows]] == [
        "manager",
        *(f"person-{number:03}" for number in range(60)),
    ]


def test_a_person_of_two_organisations_is_listed_with_the_role_of_each(
    organisation: Organisation, stranger: User, manager_client: Client
) -> None:
    Membership.objects.create(user=stranger, organisation=organisation, role="analyst")
    [listed] = manager_client.get(PEOPLE, {"q": "stranger"}).context["page"].rows
    assert (listed.role, listed.membership) == ("analyst", stranger.memberships.get(organisation=organisation).pk)


def test_a_role_is_changed_at_once(reader: User, manager_client: Client, reader_client: Client) -> None:
    assert reader_client.post("/people/invitations/").status_code == 403
    assert manager_client.post(f"/people/{of(reader).pk}/role/", {"role": "manager"}).status_code == 302
    assert of(reader).role == "manager"
    assert reader_client.post("/people/invitations/").status_code == 400
    assert SecurityEvent.objects.filter(event=Event.MEMBERSHIP_CHANGED, subject="reader: Manager").exists()


def test_a_forged_role_or_organisation_is_refused(reader: User, stranger: User, manager_client: Client) -> None:
    assert manager_client.post(f"/people/{of(reader).pk}/role/", {"role": "superuser"}).status_code == 400
    answer = manager_client.post(
        f"/people/{of(stranger).pk}/role/", {"role": "manager", "organisation": of(stranger).organisation_id}
    )
    assert answer.status_code == 404
    assert of(stranger).role == "reader"


def test_whoever_is_removed_is_out_at_once_and_their_tokens_end(
    reader: User, reader_client: Client, manager_client: Client
) -> None:
    _, token = make(of(reader), "nightly", [Scope.READ])
    assert manager_client.post(f"/people/{of(reader).pk}/remove/").status_code == 302
    assert reader_client.get("/sources/").status_code in (302, 403)
    assert find(token) is None
    assert not reader.memberships.exists()


def test_members_leave_by_themselves(reader: User, reader_client: Client) -> None:
    reader_client.post("/people/leave/")
    assert not reader.memberships.exists()


@pytest.mark.parametrize("way", ["role", "remove", "leave"])
def test_the_last_manager_stays(way: str, reader: User, manager: User, manager_client: Client) -> None:
    address = "/people/leave/" if way == "leave" else f"/people/{of(manager).pk}/{way}/"
    answer = manager_client.post(address, {"role": "reader"})
    assert (answer.status_code, of(manager).role) == (409, "manager")
    assert "Make somebody else a manager first." in answer.content.decode()


def test_a_manager_who_may_not_sign_in_is_no_other_manager(reader: User, manager: User) -> None:
    members.set_role(of(reader), "manager")
    reader.is_active = False
    reader.save()
    with pytest.raises(UserError):
        members.remove(of(manager))


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_remove_each_other_at_once_leave_one(reader: User, manager: User) -> None:
    members.set_role(of(reader), "manager")
    both, refused = threading.Barrier(2), []

    def remove(membership: Membership) -> None:
        both.wait()
        try:
            members.remove(membership)
        except UserError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=[of(one)]) for one in (reader, manager)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), Membership.objects.count()) == (1, 1)
