"""Managers edit a session of the store: what it holds then, who has done it, and when the replica has it."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from replica.editing.models import SessionEdit
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from replica.importing.bundle import Bundle, Label, Metadata, Series, Tag
from replica.importing.writer import Flow, NewSession, write_sessions
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.outcomes import Outcome

pytestmark = pytest.mark.usefixtures("transactional_db", "clean_server")
SESSION = "d3bf5f07-e910-11eb-a576-acde48001122"
LABEL = "9a1c89aa-0807-11ea-bee9-02db88d209b1"
FLOW = Flow("1c89aa46-0807-11ea-bee9-02db88d209ba", "Checkout")
BUNDLE = Bundle(
    metadata=Metadata(name="Run 1", host_city="Köln"),
    tags=(Tag("build", "1.4.2"), Tag("odd ", " value ")),
    labels=(Label(LABEL, "user", "Sort", 100, 200, video_box="[[0, 0, 1, 1]]"),),
    series=(Series("heap", "Heap", "MiB", np.arange(0.0, 1_001.0, 10), np.arange(0.0, 1_001.0, 10)),),
)


@pytest.fixture
def export(organisation: Organisation, store: str) -> UserFlowExport:
    """A flow with one session, which the replica has."""
    export = UserFlowExport.objects.create(organisation=organisation, user_flow_id=FLOW.user_flow_id, name=FLOW.name)
    with psycopg.connect(store) as connection:
        write_sessions(connection, FLOW, [NewSession(SESSION, (BUNDLE,), datetime(2026, 3, 1, tzinfo=UTC))])
    assert sync(export).outcome == Outcome.DONE
    return export


def post(client: Client, view: str, /, **data: Any) -> int:
    return client.post(reverse(f"replica:{view}", args=[SESSION]), data).status_code


def stored(query: str) -> list[tuple[Any, ...]]:
    from django.conf import settings

    with psycopg.connect(settings.STORE_URL) as connection:
        return connection.execute(query).fetchall()


def label(**changed: Any) -> dict[str, Any]:
    return {"id": LABEL, "name": "Sort", "start_ms": "100", "end_ms": "200", "label_type": "user", **changed}


def test_name_description_and_status_are_edited(export: UserFlowExport, manager_client: Client) -> None:
    texts = {"name": "  Renamed ", "description": "one\r\ntwo", "status": "Excluded"}
    assert post(manager_client, "edit_session", **texts) == 302
    assert stored("SELECT name, description, trim(status) FROM session_metadata") == [
        ("Renamed", "one\ntwo", "Excluded")
    ]


def test_an_edit_says_not_yet_in_the_replica_until_the_next_sync(
    export: UserFlowExport, manager_client: Client
) -> None:
    page = reverse("replica:session", args=[SESSION])
    assert b"not yet in the replica" not in manager_client.get(page).content
    post(manager_client, "edit_session", name="Renamed", status="Passed")
    text = manager_client.get(page).content
    assert b"not yet in the replica" in text
    assert b"Renamed" not in text
    export.refresh_from_db()
    assert export.status == UserFlowExport.Status.OUT_OF_SYNC
    sync(export)
    text = manager_client.get(page).content
    assert b"not yet in the replica" not in text
    assert b"Renamed" in text


def test_autosync_copies_an_edit(export: UserFlowExport, manager_client: Client) -> None:
    UserFlowExport.objects.update(autosync=True)
    post(manager_client, "edit_session", name="Renamed", status="Passed")
    assert export.runs.filter(outcome=Outcome.QUEUED).count() == 1


def test_what_changes_nothing_makes_no_revision(export: UserFlowExport, manager_client: Client) -> None:
    post(manager_client, "edit_session", name="Run 1", description="", status="Passed")
    post(manager_client, "add_tag", key="build", value="1.4.2")
    post(manager_client, "remove_tag", key="build", value="never there")
    post(manager_client, "save_label", **label())
    post(manager_client, "remove_label", id="never there")
    assert stored("SELECT revision FROM bookkeeping.session_revisions") == [(1,)]
    assert stored("SELECT count(*) FROM bookkeeping.statetrace_annotations") == [(0,)]
    assert not SessionEdit.objects.exists()


def test_tags_come_and_go(export: UserFlowExport, manager_client: Client) -> None:
    post(manager_client, "add_tag", key="variant", value="slow=er")
    post(manager_client, "add_tag", key="build", value="1.4.3")
    post(manager_client, "remove_tag", key="build", value="1.4.2")
    post(manager_client, "remove_tag", key="odd ", value=" value ")
    tags = stored("SELECT tag_key, tag_value FROM session_tags WHERE tag_key NOT LIKE 'user_flow%' ORDER BY 1, 2")
    assert tags == [("build", "1.4.3"), ("geo", "Köln"), ("start_timestamp", tags[2][1]), ("variant", "slow=er")]


@pytest.mark.parametrize("name", ["add_tag", "remove_tag"])
def test_tags_of_imports_stay(name: str, export: UserFlowExport, manager_client: Client) -> None:
    assert post(manager_client, name, key="geo", value="Köln") == 400
    assert stored("SELECT count(*) FROM session_tags WHERE tag_key = 'geo'") == [(1,)]


def test_a_label_is_changed_and_keeps_what_the_page_does_not_show(
    export: UserFlowExport, manager_client: Client
) -> None:
    post(manager_client, "save_label", **label(name="Sort by price", category="steps", end_ms="250.5"))
    assert stored("SELECT trim(label_id), name, category, start_time, end_time, video_box FROM session_labels") == [
        (LABEL, "Sort by price", "steps", 100, 250.5, "[[0, 0, 1, 1]]")
    ]
    assert stored("SELECT float_value FROM performance_measurements WHERE key_name = 'Labelled time'") == [(150.5,)]


def test_a_label_group_gets_statistics_at_once(export: UserFlowExport, manager_client: Client) -> None:
    data = '{"method": "stats", "time_series_key": "heap", "parameters": {"metrics": ["mean"]}}'
    asked = label(id="", group_id="g", label_type="time-series-request", label_data=data)
    post(manager_client, "save_label", **asked)
    post(manager_client, "save_label", **label(group_id="g", start_ms="300", end_ms="400"))
    found = "SELECT trim(label_group_id), timeseries_key, metric, value, time_intervals_ms"
    assert stored(f"{found} FROM session_timeseries_data_stats") == [
        ("g", "heap", "mean", 250, "[[100, 200], [300, 400]]")
    ]
    post(manager_client, "remove_label", id=LABEL)
    assert stored(f"{found} FROM session_timeseries_data_stats") == [("g", "heap", "mean", 150, "[[100, 200]]")]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"end_ms": "99"}, 400),
        ({"start_ms": "-1"}, 400),
        ({"end_ms": "nan"}, 400),
        ({"end_ms": "1001"}, 400),  # after the session's end
        ({"name": " "}, 400),
        ({"name": "a\0b"}, 400),
        ({"name": "x" * 1_025}, 400),
        ({"id": "another"}, 404),
    ],
)
def test_a_label_that_cannot_be_is_refused(
    changed: dict[str, str], status: int, export: UserFlowExport, manager_client: Client
) -> None:
    assert post(manager_client, "save_label", **label(**changed)) == status
    assert stored("SELECT name, start_time, end_time FROM session_labels") == [("Sort", 100, 200)]


def test_an_edit_is_annotated_as_an_audited_application_annotates(
    export: UserFlowExport, manager_client: Client, manager: User
) -> None:
    manager_client.get("/", headers={"user-agent": "Firefox"})
    post(manager_client, "add_tag", key="variant", value="slow")
    post(manager_client, "add_tag", key="variant", value="fast")
    rows = stored("SELECT kind, id, payload, meta FROM bookkeeping.statetrace_annotations")
    [session] = [row for row in rows if row[0] == "_st.app.sess"]
    actions = [row[2] for row in rows if row[0] == "_st.app.act"]
    assert session[2]["session_actor_id"] == str(manager.pk)
    assert session[2]["session_actor_email"] == manager.email
    assert [one["action_session_id"] for one in actions] == [session[1]] * 2
    assert {(one["action_url"], one["action_method"]) for one in actions} == {
        (f"/captured/{SESSION}/edit/tags/add/", "POST")
    }
    assert all(row[3] == {} for row in rows)


def test_annotation_and_change_are_one_transaction(export: UserFlowExport, manager_client: Client) -> None:
    post(manager_client, "edit_session", name="Renamed", status="Passed")
    changed = stored("SELECT xmin FROM session_metadata")
    assert stored("SELECT xmin FROM bookkeeping.statetrace_annotations WHERE kind = '_st.app.act'") == changed


def test_an_edit_stands_in_the_security_log_without_its_values(export: UserFlowExport, manager_client: Client) -> None:
    post(manager_client, "edit_session", name="Secret name", status="Failed")
    post(manager_client, "add_tag", key="variant", value="secret value")
    entries = SecurityEvent.objects.filter(event=Event.SESSION_EDITED).order_by("id")
    assert [(one.person_name, one.subject) for one in entries] == [
        ("manager", f"{SESSION}: name, status"),
        ("manager", f"{SESSION}: tag variant added"),
    ]


def test_the_page_shows_what_the_store_has_and_who_edited_it(
    export: UserFlowExport, manager_client: Client, reader_client: Client
) -> None:
    post(manager_client, "edit_session", name="Renamed", status="Passed")
    address = reverse("replica:edit", args=[SESSION])
    for client, may_change in ((manager_client, True), (reader_client, False)):
        text = client.get(address).content.decode()
        assert 'value="Renamed"' in text
        assert "<bdi>manager</bdi>" in text
        assert ("Add a label" in text) == may_change


NAMES = ["edit_session", "add_tag", "remove_tag", "save_label", "remove_label"]
ANYTHING = {**label(), "key": "build", "value": "1.4.2", "status": "Failed"}


@pytest.mark.parametrize("name", NAMES)
def test_a_manager_elsewhere_does_not_find_it(name: str, export: UserFlowExport, stranger: User) -> None:
    stranger.memberships.update(role="manager")
    client = Client()
    client.force_login(stranger)
    assert post(client, name, **ANYTHING) == 404
    assert stored("SELECT revision FROM bookkeeping.session_revisions") == [(1,)]


def test_a_foreign_replica_that_names_the_session_shows_nothing_of_the_store(
    export: UserFlowExport, stranger: User, shared_captured: str, new_database: Any, replica_template: str
) -> None:
    """Whoever fills a replica of their own chooses the ids in it."""
    from replica.databases.models import Replica

    url = new_database(template=replica_template)
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO session_metadata (session_id, user_flow_id, status, start_time)"
            " VALUES (%s, %s, 'Passed', now())",
            [SESSION, FLOW.user_flow_id],
        )
    organisation = stranger.memberships.get().organisation
    Replica.objects.create(organisation=organisation, database="x", login_role="x", owner_url=url, reader_url=url)
    client = Client()
    client.force_login(stranger)
    answer = client.get(reverse("replica:edit", args=[SESSION]))
    assert answer.status_code == 200
    assert b"cannot be edited here" in answer.content
    assert b"Run 1" not in answer.content
