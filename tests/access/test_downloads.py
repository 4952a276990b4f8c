"""Downloads are for analysts and managers of the organisation, and are recorded."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from tests.access.addresses import DOWNLOADS, OWN_DOWNLOADS
from tests.access.answers import signed_in
from tests.access.holdings import Holdings
from tests.statetrace_ui.history.unpacked import unpacked

ALL = [*OWN_DOWNLOADS, *DOWNLOADS]


def text_in(answer: Any) -> str:
    """All that stands in the files of a download."""
    if answer.headers["content-type"].startswith("application/sql"):
        return str(answer.content.decode())
    found = unpacked(answer)
    return f"{found.data.decode()} {found.about} {found.text}"


@pytest.mark.parametrize("name", ALL)
def test_who_may_download_gets_what_is_theirs(name: str, acme: Holdings, analyst: User, manager: User) -> None:
    for member in (analyst, manager):
        assert acme.word in text_in(signed_in(member).get(acme.address(name)))


@pytest.mark.parametrize("name", ALL)
def test_a_viewer_may_not_download(name: str, acme: Holdings, reader_client: Client) -> None:
    answer = reader_client.get(acme.address(name))
    assert answer.status_code == 403
    assert acme.word not in answer.content.decode()
    assert not SecurityEvent.objects.filter(event=Event.DOWNLOADED).exists()


@pytest.mark.parametrize("name", ALL)
def test_a_visitor_may_not_download(name: str, acme: Holdings, client: Client) -> None:
    assert client.get(acme.address(name)).status_code == 302


@pytest.mark.parametrize("name", DOWNLOADS)
def test_an_analyst_elsewhere_does_not_find_it_but_gets_their_own(
    name: str, acme: Holdings, elsewhere: Holdings, stranger: User
) -> None:
    stranger.memberships.update(role="analyst")
    client = signed_in(stranger)
    assert client.get(acme.address(name)).status_code == 404
    theirs = text_in(client.get(elsewhere.address(name)))
    assert elsewhere.word in theirs
    assert acme.word not in theirs


@pytest.mark.parametrize("name", OWN_DOWNLOADS)
def test_lists_of_an_analyst_elsewhere_hold_what_is_theirs(
    name: str, acme: Holdings, elsewhere: Holdings, stranger: User
) -> None:
    stranger.memberships.update(role="analyst")
    theirs = text_in(signed_in(stranger).get(elsewhere.address(name)))
    assert elsewhere.word in theirs
    assert acme.word not in theirs


@pytest.mark.parametrize("name", OWN_DOWNLOADS)
def test_an_analyst_elsewhere_cannot_filter_by_a_foreign_source(
    name: str, acme: Holdings, elsewhere: Holdings, stranger: User
) -> None:
    stranger.memberships.update(role="analyst")
    address = elsewhere.address(name)
    assert signed_in(stranger).get(f"{address}&source={acme.ids['source']}").status_code == 400


def test_a_download_is_recorded_when_it_begins_and_when_it_is_done(acme: Holdings, analyst: User) -> None:
    address = acme.address("history:download_changes")
    answer = signed_in(analyst).get(f"{address}&source={acme.ids['source']}&kind=U")
    [begun] = SecurityEvent.objects.filter(event=Event.DOWNLOADED)
    about = unpacked(answer).about
    [_, done] = SecurityEvent.objects.filter(event=Event.DOWNLOADED).order_by("id")
    assert (begun.person_name, begun.organisation_name) == ("analyst", "Acme")
    assert begun.subject == f"begun: Changes as JSON Lines (question=kind:update source:{acme.word})"
    assert done.subject == f"done, 1 changes: Changes as JSON Lines (question=kind:update source:{acme.word})"
    assert (about["changes"], about["filters"]) == (1, {"question": f"kind:update source:{acme.word}"})
    assert done.person_name == "analyst"
