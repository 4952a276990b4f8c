"""The documented operations, as a program uses them."""

import pytest
from django.test import Client

from replica.deletion.models import Deletion
from replica.deletion.service import perform
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.sync import attempt
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.api.conftest import SESSION, Caller
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction, row


def test_a_flow_is_made_once_and_listed(api: Caller) -> None:
    made = api("PUT", "userflows", {"name": "Checkout", "description": "Buys"})
    again = api("PUT", "userflows", {"name": "Checkout", "description": "Buys a product"})
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    flow = made.json()["user_flow_id"]
    assert api("GET", "userflows").json() == {
        "user_flows": [{"name": "Checkout", "user_flow_id": flow}],
        "next_cursor": None,
    }
    assert api("GET", f"userflows/{flow}").json() == {
        "name": "Checkout",
        "user_flow_id": flow,
        "description": "Buys a product",
        "autosync": 0,
        "status": "Inactive",
        "waiting": 0,
        "paused_at": None,
    }


def test_measurements_make_their_session(api: Caller) -> None:
    body = {"session_id": SESSION, "test_name": "Checkout", "status": "Failed", "data": [{"key": "Load", "value": 1.5}]}
    told = api("POST", "perftests/upload", body)
    assert told.status_code == 200, told.content
    flow = told.json()["user_flow_id"]
    assert api("GET", f"userflows/{flow}/measurements").json()["measurements"] == [
        {"session_id": SESSION, "key": "Load", "type": "Custom", "units": None, "value": "1.5", "number": 1.5}
    ]
    [session] = api("GET", f"userflows/{flow}/sessions").json()["sessions"]
    assert (session["session_id"], session["status"]) == (SESSION, "Failed")


def test_a_session_is_added_annotated_and_labelled(api: Caller, flow: UserFlowExport) -> None:
    path = f"userflows/session/{SESSION}"
    body = {"user_flow_id": flow.user_flow_id, "name": "Run 1", "start_time": "2026-11-01T10:00:00Z"}
    added = api("POST", path, body)
    assert (added.status_code, api("POST", path, body).status_code) == (201, 200), added.content
    told = api("PUT", path, {"status": "Excluded", "tags": [{"key": "build", "value": "7"}]})
    assert told.status_code == 200, told.content
    session = told.json()
    assert (session["name"], session["status"]) == ("Run 1", "Excluded")
    assert {"key": "build", "value": "7"} in session["tags"]
    label = api("POST", f"sessions/{SESSION}/label/add", {"name": "pay", "start_time": 0, "end_time": 0})
    assert label.status_code == 201, label.content
    [event] = api("GET", f"userflows/{flow.user_flow_id}/events").json()["events"]
    assert (event["label_id"], event["name"], event["start_time"]) == (label.json()["label_id"], "pay", 0)
    assert api("DELETE", f"sessions/{SESSION}/label/{event['label_id']}").status_code == 204
    assert api("GET", f"userflows/{flow.user_flow_id}/events").json()["events"] == []


def test_a_sync_is_asked_for_and_listed(api: Caller, flow: UserFlowExport) -> None:
    path = f"userflows/{flow.user_flow_id}"
    asked = api("POST", f"{path}/dbsync")
    assert asked.status_code == 202, asked.content
    assert api("GET", f"{path}/exports/recent").json()["exports"] == [asked.json()]
    cancelled = api("DELETE", f"{path}/exports/{asked.json()['run_id']}")
    assert (cancelled.status_code, cancelled.json()["outcome"]) == (202, "cancelled")


def test_a_cancelled_run_is_tried_again_and_a_finished_one_is_not(api: Caller, flow: UserFlowExport) -> None:
    path = f"userflows/{flow.user_flow_id}"
    assert api("POST", f"userflows/session/{SESSION}", {"user_flow_id": flow.user_flow_id}).status_code == 201
    run = api("POST", f"{path}/dbsync", {"session_id": SESSION}).json()["run_id"]
    assert api("POST", f"{path}/exports/{run}/retry").json()["run_id"] == run  # it waits already
    api("DELETE", f"{path}/exports/{run}")
    again = api("POST", f"{path}/exports/{run}/retry")
    assert (again.status_code, again.json()["outcome"]) == (202, "queued")
    assert SyncRun.objects.get(pk=again.json()["run_id"]).sessions == [SESSION]
    SyncRun.objects.filter(pk=run).update(outcome="done")
    assert api("POST", f"{path}/exports/{run}/retry").status_code == 409


def test_a_pause_is_noted_once(api: Caller, flow: UserFlowExport) -> None:
    path = f"userflows/{flow.user_flow_id}"
    paused = api("POST", f"{path}/pause").json()["paused_at"]
    assert paused
    assert api("POST", f"{path}/pause").json()["paused_at"] == paused
    assert api("POST", f"{path}/resume").json()["paused_at"] is None
    assert SecurityEvent.objects.filter(event="export_paused").count() == 2


def test_a_target_is_a_database_or_an_organisation(api: Caller, flow: UserFlowExport) -> None:
    Organisation.objects.create(name="Partner", slug="partner")
    for wish in ({}, {"url": "postgresql://a:b@h/d", "recipient": "partner"}, {"recipient": "nobody"}):
        assert api("POST", "targets", {"name": "Theirs", **wish}).status_code == 422
    added = api("POST", "targets", {"name": "Theirs", "recipient": "partner"})
    assert (added.status_code, added.json()["accepted_at"]) == (201, None)
    target = added.json()["target_id"]
    assert [one["recipient"] for one in api("GET", "targets").json()["targets"]] == ["partner"]
    assert api("POST", f"targets/{target}/accept").status_code == 404  # the recipient's managers alone
    path = f"userflows/{flow.user_flow_id}"
    refused = api("PUT", f"{path}/targets/{target}")
    assert (refused.status_code, "not accepted" in refused.json()["detail"]) == (400, True)
    assert api("GET", f"{path}/settings?target_id={target}").status_code == 404
    assert api("DELETE", f"targets/{target}").status_code == 204


def test_settings_of_a_flow_go_before_those_of_the_organisation(api: Caller, flow: UserFlowExport) -> None:
    path = f"userflows/{flow.user_flow_id}"
    nothing = {"autosync": None, "table_types": None, "keep_days": None, "keep_newest": None}
    assert api("GET", f"{path}/settings").json() == nothing
    own = {**nothing, "autosync": 1, "keep_days": 30, "table_types": ["ISSUES"]}
    assert api("POST", f"{path}/settings", own).json() == own
    assert api("POST", f"{path}/settings", {"autosync": None}).json() == {**own, "autosync": None}
    assert api("GET", path).json()["autosync"] == 0
    defaults = api("PUT", "replica/settings", {"autosync": 1}).json()
    assert (defaults["autosync"], defaults["keep_days"], defaults["connection_limit"]) == (1, None, None)
    assert api("GET", path).json()["autosync"] == 1
    assert api("PUT", "replica/settings", {"connection_limit": 3}).status_code == 404


@pytest.mark.usefixtures("clean_server")
def test_everything_up_to_the_replica_is_done_by_api(api: Caller, flow: UserFlowExport) -> None:
    """The tasks of a data admin: AutoSync on, a session brought, the copy looked at, the session deleted."""
    path = f"userflows/{flow.user_flow_id}"
    assert api("GET", "replica/dbinfo").status_code == 404
    assert api("POST", f"{path}/settings", {"autosync": 1}).status_code == 200
    assert api("POST", f"userflows/session/{SESSION}", {"user_flow_id": flow.user_flow_id}).status_code == 201
    status = f"userflows/session/{SESSION}/export/status"
    assert api("GET", status).json()["status"] == "Out of Sync"
    [waiting] = api("GET", f"{path}/exports/recent").json()["exports"]
    assert waiting["outcome"] == "queued"
    attempt(SyncRun.objects.get(pk=waiting["run_id"]), should_stop=lambda: False)
    [done] = api("GET", f"{path}/exports/recent").json()["exports"]
    assert (done["outcome"], done["error"]) == ("done", "")
    assert api("GET", status).json() == {
        "session_id": SESSION,
        "user_flow_id": flow.user_flow_id,
        "status": "In Sync",
        "flow_status": "In Sync",
    }
    told = api("GET", "replica/dbinfo").json()
    assert told == api("GET", f"{path}/dbinfo").json()
    assert "session_metadata" in [table["name"] for table in told["tables"]]
    assert api("PUT", "replica/settings", {"connection_limit": 3}).json()["connection_limit"] == 3
    assert api("GET", "replica/dbinfo").json()["connection_limit"] == 3
    asked = api("DELETE", f"userflows/session/{SESSION}")
    assert (asked.status_code, asked.json()["rows"]["session_metadata"]) == (202, 1)
    perform(Deletion.objects.get())
    assert api("GET", f"userflows/session/{SESSION}").status_code == 404
    [gone] = api("GET", "deletions").json()["deletions"]
    assert gone["finished_at"]


def test_a_webhook_is_added_and_removed(api: Caller) -> None:
    wish = {"name": "On-call", "url": "https://hooks.example.com/x?token=abc"}
    added = api("POST", "webhooks", wish).json()
    assert added["secret"].startswith("whsec_")
    listed = api("GET", "webhooks")
    assert [one["host"] for one in listed.json()["webhooks"]] == ["hooks.example.com"]
    assert "abc" not in listed.content.decode()
    assert api("POST", "webhooks", wish).status_code == 422
    assert api("POST", "webhooks", {"name": "Inside", "url": "http://10.0.0.1/"}).status_code == 422
    assert api("DELETE", f"webhooks/{added['webhook_id']}").status_code == 204
    assert api("GET", "webhooks").json()["webhooks"] == []


def test_history_is_asked_as_on_the_page(api: Caller, organisation: Organisation) -> None:
    source = make_source(organisation)
    make_change(make_transaction(source), make_relation(source), "U", new=row(status="paid"))
    [change] = api("GET", "audited/changes?q=table:orders").json()["changes"]
    assert (change["table"], change["new"]["status"]) == ("orders", "paid")
    assert api("GET", "audited/changes?q=table:nothing").json()["changes"] == []
    [entry] = SecurityEvent.objects.filter(event="downloaded", subject__contains="table:orders")
    assert entry.organisation == organisation


def test_the_older_name_leads_to_the_same(api: Caller, flow: UserFlowExport) -> None:
    assert api("GET", "perftests").json() == api("GET", "userflows").json()
    path = f"perftests/{flow.user_flow_id}/settings"
    assert api("GET", path).json() == api("GET", path.replace("perftests", "userflows")).json()


def test_a_description_is_served_to_everybody(db: None) -> None:
    told = Client().get("/v0/openapi.json").json()
    assert told["openapi"] == "3.1.0"
    assert "/v0/userflows/{user_flow_id}" in told["paths"]
