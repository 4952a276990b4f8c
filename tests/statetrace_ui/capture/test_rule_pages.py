"""The pages of column rules, and digests on the pages of changes."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from statetrace_ui.capture.models import MaskingRun
from statetrace_ui.history.models import Source
from statetrace_ui.wal.masking import Masker
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import encode
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction

COLUMNS = [
    {"name": "id", "type": "integer", "key": True},
    {"name": "username", "type": "text", "key": False},
    {"name": "password", "type": "text", "key": False},
]
MASKED = [*COLUMNS[:2], {**COLUMNS[2], "rule": "mask"}]
MASK = Masker(b"key").mask


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return make_source(organisation)


@pytest.fixture
def manager_client(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_a_tables_columns_are_shown_with_their_rules_and_the_reasons(reader_client: Client, source: Source) -> None:
    make_relation(source, "auth_user", columns=COLUMNS)
    page = reader_client.get(f"/sources/{source.pk}/rules/table/?schema=public&table=auth_user")
    rows = [(row.column.name, row.verdict.rule, row.verdict.why) for row in page.context["columns"]]
    assert rows == [("id", "keep", ""), ("username", "keep", ""), ("password", "mask", "default by name")]
    assert "/rules/set/" not in page.content.decode()  # readers change nothing


def test_a_manager_changes_the_rule_of_a_column_and_comes_back_to_the_table(
    manager_client: Client, source: Source
) -> None:
    make_relation(source, "auth_user", columns=COLUMNS)
    address = f"/sources/{source.pk}/rules/set/"
    sent = {"pattern": "public.auth_user.username", "action": "exclude", "schema": "public", "table": "auth_user"}
    response = manager_client.post(address, sent)
    assert response["Location"] == f"/sources/{source.pk}/rules/table/?schema=public&table=auth_user"
    assert source.column_rules.get().action == "exclude"
    source.refresh_from_db()
    assert source.rules_revision == 1
    manager_client.post(address, {**sent, "action": "default"})
    assert not source.column_rules.exists()


@pytest.mark.parametrize("pattern", ["nonsense", "a.b.c.d", "public.statetrace_annotations"])
def test_a_rule_that_cannot_be_is_refused(manager_client: Client, source: Source, pattern: str) -> None:
    response = manager_client.post(f"/sources/{source.pk}/rules/set/", {"pattern": pattern, "action": "mask"})
    assert response.status_code == 400
    assert not source.column_rules.exists()


def test_tables_are_listed_page_by_page_and_found_by_a_part_of_their_name(
    reader_client: Client, source: Source
) -> None:
    for number in range(60):
        make_relation(source, f"t{number:02}", oid=2000 + number, columns=COLUMNS)
    source.tables = {"1": {"oid": 1, "schema_name": "a", "table_name": "empty", "replica_identity": "d", "columns": []}}
    source.save()
    address = f"/sources/{source.pk}/rules/"
    first = reader_client.get(address)
    second = reader_client.get(address, {"cursor": first.context["page"]["older"]})
    names = [row.name for page in (first, second) for row in page.context["tables"]]
    assert names == ["a.empty", *(f"public.t{number:02}" for number in range(60))]
    found = reader_client.get(address, {"named": "T5"}).context["tables"]
    assert [row.name for row in found] == [f"public.t{number}" for number in range(50, 60)]


@pytest.mark.parametrize("values", [["\ud800", "\0"], [1, 2]])
def test_a_made_up_cursor_is_no_error_of_ours(reader_client: Client, source: Source, values: list[Any]) -> None:
    address = f"/sources/{source.pk}/rules/"
    assert reader_client.get(address, {"cursor": encode(values)}).status_code == 200
    assert reader_client.get(address, {"cursor": "x"}).status_code == 400


def test_names_of_tables_may_hold_anything(manager_client: Client, source: Source) -> None:
    name = 'a.b"<i>\n*'
    make_relation(source, name, columns=[{**COLUMNS[2], "name": name}])
    listed = manager_client.get(f"/sources/{source.pk}/rules/")
    [row] = listed.context["tables"]
    page = manager_client.get(f"/sources/{source.pk}/rules/table/?{row.query}")
    assert b"<i>" not in page.content
    [column] = page.context["columns"]
    manager_client.post(f"/sources/{source.pk}/rules/set/", {"pattern": column.pattern, "action": "mask"})
    page = manager_client.get(f"/sources/{source.pk}/rules/table/?{row.query}")
    [column] = page.context["columns"]
    assert (column.own, column.verdict.rule) == ("mask", "mask")


def test_a_run_is_asked_for_once_and_its_progress_is_shown(manager_client: Client, source: Source) -> None:
    for _ in range(2):
        manager_client.post(f"/sources/{source.pk}/rules/mask-history/")
    run = MaskingRun.objects.get()
    run.tables, run.tables_done, run.rows_read, run.rows_masked = 4, 3, 1200, 7
    run.save()
    answer = manager_client.get(f"/sources/{source.pk}/rules/", headers={"HX-Request": "true"}).content.decode()
    assert "7 of 1,200 rows masked" in " ".join(answer.split())
    assert 'data-poll="2"' in answer
    assert "<html" not in answer


def test_masked_values_are_shown_as_what_they_are(reader_client: Client, source: Source) -> None:
    relation = make_relation(source, "auth_user", columns=MASKED)
    old, new = ({"id": "7", "username": "ada", "password": MASK(text)} for text in "ab")
    change = make_change(make_transaction(source), relation, "U", old=old, new=new)
    for address in ("/changes/", f"/changes/{change.pk}/"):
        text = text_of(reader_client, address)
        assert text.count(f"masked <b>{MASK('a')[7:13]}</b>") == 1
        assert text.count(f"masked <b>{MASK('b')[7:13]}</b>") == 1
        assert MASK("a") not in text


def test_a_text_that_looks_like_a_digest_is_not_taken_for_one(reader_client: Client, source: Source) -> None:
    relation = make_relation(source, "auth_user", columns=COLUMNS)
    new = {"id": "7", "username": MASK("a"), "password": "x"}
    change = make_change(make_transaction(source), relation, "I", new=new)
    text = text_of(reader_client, f"/changes/{change.pk}/")
    assert MASK("a") in text
    assert "masked <b>" not in text


def test_where_the_rule_changed_nothing_is_said_of_the_value(reader_client: Client, source: Source) -> None:
    make_change(
        make_transaction(source),
        make_relation(source, "auth_user", columns=COLUMNS),
        "I",
        new={"id": "7", "username": "ada", "password": "clear"},
    )
    relation = make_relation(source, "auth_user", columns=MASKED)
    new = {"id": "7", "username": "ada", "password": MASK("clear")}
    change = make_change(make_transaction(source), relation, "U", new=new)
    assert "whether the value changed is unknown" in text_of(reader_client, f"/changes/{change.pk}/")


def test_an_excluded_column_is_shown_as_not_captured(reader_client: Client, source: Source) -> None:
    columns = [*COLUMNS[:2], {**COLUMNS[2], "rule": "exclude"}]
    relation = make_relation(source, "auth_user", columns=columns)
    for kind in "IUD":
        row = {"id": "7", "username": "ada"}
        change = make_change(
            make_transaction(source),
            relation,
            kind,
            new=None if kind == "D" else row,
            old=row if kind == "D" else None,
        )
        assert "not captured: a column rule excludes it" in text_of(reader_client, f"/changes/{change.pk}/")


def test_a_record_with_a_masked_key_has_a_page_and_a_short_name(reader_client: Client, source: Source) -> None:
    columns = [{"name": "session_key", "type": "text", "key": True, "rule": "mask"}]
    relation = make_relation(source, "django_session", columns=columns)
    digest = MASK("s")
    make_change(make_transaction(source), relation, "I", new={"session_key": digest}, record_key=json.dumps([digest]))
    query = urlencode({"table": "public.django_session", "key": json.dumps([digest])})
    text = text_of(reader_client, f"/records/{source.pk}/?{query}")
    assert f"<bdi>masked {digest[7:13]}</bdi>" in text
