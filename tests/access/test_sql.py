"""SQL is for analysts and managers, on the replica of their own organisation."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from replica.library.models import SavedSql
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from tests.access.addresses import SQL_PAGES, SQL_POSTS
from tests.access.answers import WAYS, signed_in, text_of
from tests.access.holdings import Holdings
from tests.statetrace_ui.history.unpacked import unpacked

RUN = {"sql": "SELECT name FROM user_flow", "token": "0" * 32}


def test_analysts_and_managers_see_the_page_with_what_is_saved(acme: Holdings, analyst: User, manager: User) -> None:
    for member in (analyst, manager):
        for headers in WAYS.values():
            assert signed_in(member).get("/sql/", headers=headers).status_code == 200
        assert acme.word in text_of(signed_in(member).get("/sql/"))


@pytest.mark.parametrize("name", SQL_PAGES)
def test_viewers_and_visitors_do_not_see_the_page(
    name: str, acme: Holdings, reader_client: Client, client: Client
) -> None:
    assert reader_client.get(acme.address(name)).status_code == 403
    assert client.get(acme.address(name)).status_code == 302


@pytest.mark.parametrize("name", SQL_POSTS)
def test_viewers_and_visitors_run_and_save_nothing(
    name: str, acme: Holdings, reader_client: Client, client: Client
) -> None:
    assert reader_client.post(acme.address(name), {**RUN, "name": "mine"}).status_code == 403
    assert client.post(acme.address(name), {**RUN, "name": "mine"}).status_code == 302
    assert [one.name for one in SavedSql.objects.filter(organisation=acme.organisation)] == [acme.word]
    assert not SecurityEvent.objects.filter(event=Event.SQL_RUN).exists()


@pytest.mark.parametrize("name", SQL_POSTS)
def test_what_runs_and_saves_takes_only_posts(name: str, acme: Holdings, manager: User) -> None:
    assert signed_in(manager).get(acme.address(name)).status_code == 405


def test_sql_reads_the_replica_of_ones_own_organisation(acme: Holdings, elsewhere: Holdings, stranger: User) -> None:
    stranger.memberships.update(role="analyst")
    text = text_of(signed_in(stranger).post("/sql/run/", RUN))
    assert f"{elsewhere.word} flow" in text
    assert acme.word not in text
    csv = unpacked(signed_in(stranger).post("/sql/csv/", RUN)).data.decode()
    assert f"{elsewhere.word} flow" in csv
    assert acme.word not in csv


def test_what_others_saved_is_not_found(acme: Holdings, elsewhere: Holdings, stranger: User) -> None:
    stranger.memberships.update(role="manager")
    client = signed_in(stranger)
    assert client.post(acme.address("sql:delete")).status_code == 404
    assert client.get(f"/sql/?saved={acme.ids['saved_sql']}").status_code == 404
    assert SavedSql.objects.filter(name=acme.word).exists()
    assert client.post(elsewhere.address("sql:delete")).status_code == 302


def test_an_analyst_does_not_delete_what_is_everybodys(acme: Holdings, analyst: User, manager: User) -> None:
    assert signed_in(analyst).post(acme.address("sql:delete")).status_code == 404
    assert signed_in(manager).post(acme.address("sql:delete")).status_code == 302


def test_an_organisation_without_a_replica_is_told(acme: Holdings, beginner: User) -> None:
    beginner.memberships.update(role="analyst")
    assert signed_in(beginner).post("/sql/run/", RUN).status_code == 404


def test_a_run_stands_in_the_security_log_without_its_text(acme: Holdings, analyst: User) -> None:
    signed_in(analyst).post("/sql/run/", {**RUN, "sql": "SELECT 'a secret value'"})
    [entry] = SecurityEvent.objects.filter(event=Event.SQL_RUN)
    assert (entry.person_name, entry.organisation_name) == ("analyst", "Acme")
    assert "secret" not in entry.subject
