"""The store as an audited database: capture reads who edited what, from the annotations that edits write."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from replica.exports.models import UserFlowExport
from replica.importing.bundle import Bundle, Label, Metadata
from replica.importing.writer import Flow, NewSession, write_sessions
from statetrace_ui.history.models import Change, Session
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.conftest import Audited

SESSION = "d3bf5f07-e910-11eb-a576-acde48001122"
FLOW = Flow("1c89aa46-0807-11ea-bee9-02db88d209ba", "Checkout")


@pytest.fixture
def audited_store(
    new_database: Callable[..., str],
    replica_template: str,
    monkeypatch: pytest.MonkeyPatch,
    organisation: Organisation,
    transactional_db: None,
) -> Iterator[Audited]:
    """A store with one session. Its tables without a key say their rows whole, as capture asks for."""
    url = new_database(template=replica_template)
    monkeypatch.setattr(settings, "STORE_URL", url)
    UserFlowExport.objects.create(organisation=organisation, user_flow_id=FLOW.user_flow_id, name=FLOW.name)
    bundle = Bundle(metadata=Metadata(name="Run 1"), labels=(Label("l1", "user", "Sort", 0, 100),))
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE session_timeseries_data REPLICA IDENTITY FULL")
        write_sessions(connection, FLOW, [NewSession(SESSION, (bundle,), datetime(2026, 3, 1, tzinfo=UTC))])
    audited = Audited(url)
    yield audited
    audited.connection.close()


@pytest.mark.long
@pytest.mark.early
def test_an_edit_is_an_action_of_its_person(audited_store: Audited, manager: User, manager_client: Client) -> None:
    source = audited_store.add("store")
    texts = {"name": "Renamed", "status": "Failed"}
    assert manager_client.post(reverse("replica:edit_session", args=[SESSION]), texts).status_code == 302
    audited_store.capture(source)
    [session] = Session.objects.filter(source=source)
    [action] = session.actions.all()
    assert (session.actor_id, session.actor_email) == (str(manager.pk), manager.email)
    assert (action.method, action.url) == ("POST", reverse("replica:edit_session", args=[SESSION]))
    changes = Change.objects.filter(transaction=action.transaction).select_related("relation")
    assert {change.relation.table_name for change in changes if change.relation} == {
        "session_metadata",
        "session_revisions",
    }
