"""What pages say of what was erased or removed, and to whom."""

import pytest
from django.test import Client

from statetrace_ui.history.erasure import runs
from statetrace_ui.history.models import Change, Erasure, RetentionRule, Session, Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import (
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)

PERSON = {"value": "paid for by ada", "columns": "status", "actor": "", "tables": "", "elsewhere": "on", "reason": ""}


@pytest.fixture
def source(organisation: Organisation) -> Source:
    source = make_source(organisation)
    make_change(make_transaction(source), make_relation(source), "I", new=row(status="paid for by ada"))
    return source


def asked(client: Client, source: Source, **fields: str) -> Erasure:
    answer = client.post(f"/sources/{source.pk}/erasures/person/", {**PERSON, **fields})
    assert answer.status_code == 302
    return Erasure.objects.get()


def erased(client: Client, source: Source, **fields: str) -> Erasure:
    erasure = asked(client, source, **fields)
    runs.perform(erasure)
    assert client.post(f"/erasures/{erasure.pk}/confirm/").status_code == 302
    runs.perform(erasure)
    return erasure


def test_what_is_looked_for_is_shown_to_managers_alone(
    source: Source, manager_client: Client, reader_client: Client
) -> None:
    erasure = asked(manager_client, source)
    shown = [client.get(f"/erasures/{erasure.pk}/").content.decode() for client in (manager_client, reader_client)]
    assert ["paid for by ada" in page for page in shown] == [True, False]


def test_a_request_with_a_mistake_keeps_what_was_typed_and_says_why(source: Source, manager_client: Client) -> None:
    answer = manager_client.post(f"/sources/{source.pk}/erasures/person/", {**PERSON, "columns": "statsu"})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert ["No table here has a field of this name: statsu" in text, "paid for by ada" in text] == [True, True]
    assert not Erasure.objects.exists()


def test_a_change_says_by_whom_its_values_were_erased(source: Source, manager_client: Client) -> None:
    erasure = erased(manager_client, source)
    page = manager_client.get(f"/changes/{Change.objects.get().pk}/").content.decode()
    assert ["Its values were erased on" in page, f"/erasures/{erasure.pk}/" in page] == [True, True]
    assert 'class="diff"' not in page
    assert '<span class="muted">erased</span>' in manager_client.get("/changes/").content.decode()


def test_a_change_names_the_columns_that_were_erased_alone(source: Source, manager_client: Client) -> None:
    erased(manager_client, source, value="", columns="", actor="paid for by ada")
    page = manager_client.get(f"/changes/{Change.objects.get().pk}/").content.decode()
    assert "status" in page.partition("Erased on")[2].partition("</p>")[0]
    assert ["19.90" in page, "paid for" in page] == [True, False]


def test_an_erased_actor_is_called_so(source: Source, manager_client: Client) -> None:
    session = make_session(source)
    erased(manager_client, source, value="", columns="", actor="Ada Lovelace")
    page = manager_client.get(f"/sessions/{session.pk}/").content.decode()
    assert ["Erased actor" in page, "Lovelace" in page] == [True, False]
    assert Session.objects.get().actor_id == ""


def test_a_confirmation_is_needed_once(source: Source, manager_client: Client) -> None:
    erasure = erased(manager_client, source)
    for what in ("confirm", "cancel"):
        assert manager_client.post(f"/erasures/{erasure.pk}/{what}/").status_code == 409


def test_rules_are_set_and_taken_away(source: Source, manager_client: Client) -> None:
    address = f"/sources/{source.pk}/retention/set/"
    for table, days in (("", "30"), ("public.orders", "7"), ("", "")):
        assert manager_client.post(address, {"table": table, "keep_days": days}).status_code == 302
    [rule] = RetentionRule.objects.all()
    assert (rule.name, rule.keep_days) == ("public.orders", 7)
    for table, days in (("", "0"), ("", "99999999999"), ('"', "7"), ("\0", "7")):
        assert manager_client.post(address, {"table": table, "keep_days": days}).status_code == 400
