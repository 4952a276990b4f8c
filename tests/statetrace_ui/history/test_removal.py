"""A source goes with all its history, step by step, and others stay."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from statetrace_ui.history import models, removal
from statetrace_ui.history.store import store, store_baseline
from statetrace_ui.wal.records import Transaction, row_change
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_source
from tests.statetrace_ui.history.test_store import ITEM, START, commit, insert, item, note

KEPT = [models.Change, models.Action, models.Transaction, models.Session, models.Relation, models.Table]


def filled(organisation: Organisation, name: str) -> models.Source:
    source = make_source(organisation, name)
    rows = [row_change(ITEM, "B", new=item(number)) for number in range(3)]
    store_baseline(source, Transaction(1, 2, START, rows, kind="baseline"))
    store(source, [commit(n, note("act", f"a{n}", action_session_id=f"s{n}"), insert(n)) for n in range(1, 6)])
    return source


def counts(source: int) -> list[int]:
    return [model.objects.filter(source=source).count() for model in KEPT]  # type: ignore[attr-defined]


def test_history_goes_in_batches(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "BATCH_ROWS", 2)
    gone, other = filled(organisation, "gone"), filled(organisation, "other")
    before = counts(other.pk)
    assert before == [8, 5, 6, 5, 1, 1]
    with CaptureQueriesContext(connection) as asked:
        removal.remove_history(gone)
    changes = [query for query in asked.captured_queries if "history_change_stream" in query["sql"]]
    assert len([query for query in changes if query["sql"].lstrip().startswith("DELETE")]) >= 3
    assert counts(gone.pk) == [0] * 6
    assert counts(other.pk) == before


def test_an_organisation_goes_with_its_sources_and_loads_none_of_their_history(
    client: Client, django_user_model: type[User], organisation: Organisation
) -> None:
    client.force_login(django_user_model.objects.create_superuser("root"))
    gone = filled(organisation, "gone").pk
    other = filled(Organisation.objects.create(name="Elsewhere", slug="elsewhere"), "other")
    address = f"/admin/web/organisation/{organisation.pk}/delete/"
    with CaptureQueriesContext(connection) as asked:
        assert "with everything that belongs to it" in client.get(address).content.decode()
        client.post(address, {"post": "yes"})
    assert not Organisation.objects.filter(pk=organisation.pk).exists()
    assert not models.Source.objects.filter(pk=gone).exists()
    assert counts(gone) == [0] * 6
    assert counts(other.pk) == [8, 5, 6, 5, 1, 1]
    loaded = [query["sql"] for query in asked.captured_queries if query["sql"].startswith('SELECT "history_change"')]
    assert loaded == []
