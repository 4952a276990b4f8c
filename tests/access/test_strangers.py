"""Members of another organisation, which has things of the same kinds in a replica of its own.

Every refusal is proven together with its opposite: the same view shows strangers what is theirs.
"""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from tests.access.addresses import NUMBERS, OWN_PAGES, OWN_PARTS, OWNED
from tests.access.answers import WAYS, signed_in, text_of
from tests.access.holdings import Holdings
from tests.access.posted_addresses import KEPT

# What a list that is empty tells managers to type; others are told whom to ask.
LESSONS = {
    "start:page": "Put sample data in",
    "home": "Add a source",
    "history:sessions": "manage.py add_source NAME",
    "history:changes": "manage.py add_source NAME",
    "history:sources": "Add a source",
    "replica:flows": "manage.py import_sessions",
    "exports:list": "manage.py import_sessions",
    "deletion:list": "A manager can delete",
    "exports:settings": "has to accept first",
    "databases:connection": "manage.py import_sessions",
    "databases:schema": "manage.py import_sessions",
    "deliveries:list": "Then send a test.",
    "history:alerts": "Share a question",
    "attention:list": "manage.py add_source NAME",
    "watch:list": "manage.py add_source NAME",
    "people:list": "Nobody is invited at the moment",
}


@pytest.mark.parametrize("name", OWNED)
def test_a_stranger_does_not_find_it(name: str, acme: Holdings, elsewhere: Holdings, stranger_client: Client) -> None:
    for headers in WAYS.values():
        answer = stranger_client.get(acme.address(name), headers=headers)
        assert answer.status_code == 404
        assert acme.word not in text_of(answer)


@pytest.mark.parametrize("name", OWNED)
def test_a_stranger_opens_their_own_by_the_same_view(
    name: str, acme: Holdings, elsewhere: Holdings, stranger_client: Client, reader_client: Client
) -> None:
    for headers in WAYS.values():
        answer = stranger_client.get(elsewhere.address(name), headers=headers)
        assert answer.status_code == 200
        assert acme.word not in text_of(answer)
        assert_theirs(name, elsewhere, text_of(answer), text_of(reader_client.get(acme.address(name), headers=headers)))


def assert_theirs(name: str, owner: Holdings, text: str, text_of_others: str) -> None:
    """The text tells of what its owner has, and not of what others have."""
    if name in NUMBERS:
        assert text != text_of_others
    else:
        assert owner.word in text


@pytest.mark.parametrize("name", [*OWN_PAGES, *OWN_PARTS])
def test_a_strangers_lists_hold_what_is_theirs_alone(
    name: str, acme: Holdings, elsewhere: Holdings, stranger_client: Client
) -> None:
    for headers in WAYS.values():
        answer = stranger_client.get(elsewhere.address(name), headers=headers)
        assert answer.status_code == 200
        assert name in NUMBERS or elsewhere.word in text_of(answer)
        assert acme.word not in text_of(answer)


def test_a_strangers_live_list_gets_only_new_changes_of_theirs(
    acme: Holdings, elsewhere: Holdings, stranger_client: Client
) -> None:
    answer = stranger_client.get("/changes/?group=change&after=0", headers=WAYS["fragment"])
    assert [row.change.pk for row in answer.context["changes"]] == [elsewhere.ids["change"]]
    nothing = stranger_client.get(f"/changes/?group=change&after={elsewhere.ids['change']}", headers=WAYS["fragment"])
    assert nothing.status_code == 204


@pytest.mark.parametrize("path", ["/changes/", "/sessions/"])
def test_a_stranger_cannot_filter_by_a_foreign_source(
    path: str, acme: Holdings, elsewhere: Holdings, stranger_client: Client
) -> None:
    assert stranger_client.get(path, {"source": str(acme.ids["source"])}).status_code == 400
    assert stranger_client.get(path, {"source": str(elsewhere.ids["source"])}).status_code == 200


@pytest.mark.parametrize("name", OWNED)
def test_an_organisation_that_has_nothing_finds_nothing(name: str, acme: Holdings, beginner_client: Client) -> None:
    """Not even a replica, which is another way to be told 404."""
    for headers in WAYS.values():
        answer = beginner_client.get(acme.address(name), headers=headers)
        assert answer.status_code == 404
        assert acme.word not in text_of(answer)


@pytest.mark.parametrize("name", OWN_PAGES)
def test_the_lists_of_an_organisation_that_has_nothing_are_empty_and_teach(
    name: str, acme: Holdings, beginner: User, beginner_client: Client
) -> None:
    for role, lesson, other in (
        ("reader", "Ask a manager of your organisation", "manage.py"),
        ("manager", LESSONS[name], "Ask a manager of your organisation"),
    ):
        beginner.memberships.update(role=role)
        text = text_of(beginner_client.get(acme.address(name)))
        assert acme.word not in text
        assert lesson in text
        assert other not in text


@pytest.mark.parametrize("name", ["exports:sync", "exports:autosync"])
def test_a_manager_elsewhere_manages_only_their_own(
    name: str, acme: Holdings, elsewhere: Holdings, stranger: User
) -> None:
    stranger.memberships.update(role="manager")
    client = signed_in(stranger)
    assert client.post(acme.address(name), {"autosync": "on"}).status_code == 404
    acme.assert_untouched()
    assert client.post(elsewhere.address(name), {"autosync": "on"}).status_code == 302


@pytest.mark.usefixtures("clean_server", "store")
def test_a_manager_elsewhere_resets_only_their_own_password(stranger: User, manager: User) -> None:
    Replica.objects.all().delete()
    acme = ensure_replica(manager.memberships.get().organisation)
    theirs = ensure_replica(stranger.memberships.get().organisation)
    stranger.memberships.update(role="manager")
    assert signed_in(stranger).post("/exports/connection/reset/").status_code == 200
    acme.refresh_from_db()
    theirs.refresh_from_db()
    assert (acme.credentials_reset_at is None, theirs.credentials_reset_at is None) == (True, False)


@pytest.mark.parametrize("name", [name for name in KEPT if KEPT[name]])
def test_what_others_keep_is_not_found(name: str, acme: Holdings, elsewhere: Holdings, stranger: User) -> None:
    stranger.memberships.update(role="manager")
    assert signed_in(stranger).post(acme.address(name), {"name": "mine"}).status_code == 404
    acme.assert_untouched()
    assert signed_in(stranger).post(elsewhere.address(name), {"name": "mine"}).status_code == 302
