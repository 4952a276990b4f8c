"""Switching between organisations: remembered, and no way to what is not one's own."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from statetrace_ui.web.models import Membership, Organisation
from tests.statetrace_ui.history.rows import make_source


def join(user: User, organisation: Organisation) -> Membership:
    return Membership.objects.create(user=user, organisation=organisation)


def test_the_chosen_organisation_is_remembered_for_the_next_browser(
    reader: User, reader_client: Client, stranger: User
) -> None:
    other = join(reader, stranger.memberships.get().organisation).organisation
    reader_client.post("/account/organisation/", {"organisation": other.pk})
    elsewhere = Client()
    elsewhere.force_login(reader)
    assert elsewhere.get("/people/").context["request"].organisation == other


def test_a_chosen_organisation_that_one_has_left_is_shown_no_more(
    reader: User, reader_client: Client, stranger: User
) -> None:
    joined = join(reader, stranger.memberships.get().organisation)
    reader_client.post("/account/organisation/", {"organisation": joined.organisation_id})
    joined.delete()
    assert reader_client.get("/people/").context["request"].organisation.name == "Acme"


def test_what_another_organisation_of_mine_has_is_offered_there(
    reader: User, reader_client: Client, stranger: User
) -> None:
    other = join(reader, stranger.memberships.get().organisation).organisation
    source = make_source(other)
    address = f"/sources/{source.pk}/"
    assert "Look for it in Elsewhere" in reader_client.get(address).content.decode()
    answer = reader_client.post("/account/organisation/", {"organisation": other.pk, "next": address})
    assert answer.headers["location"] == address
    assert reader_client.get(address).status_code == 200


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"])
def test_a_switch_leads_nowhere_else(target: str, reader: User, reader_client: Client) -> None:
    chosen = reader.memberships.get().organisation_id
    answer = reader_client.post("/account/organisation/", {"organisation": chosen, "next": target})
    assert answer.headers["location"] == "/"
