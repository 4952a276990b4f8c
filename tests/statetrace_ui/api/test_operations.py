"""The documented operations, as a program uses them."""

from replica.exports.models import UserFlowExport
from tests.statetrace_ui.api.conftest import SESSION, Caller


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
    assert api("GET", f"{path}/settings").json() == {"autosync": 0}
    assert api("POST", f"{path}/settings", {"autosync": 1}).json() == {"autosync": 1}
    assert api("POST", f"{path}/settings", {"autosync": None}).json() == {"autosync": 0}


def test_a_description_is_served_to_everybody(db: None) -> None:
    from django.test import Client

    told = Client().get("/v0/openapi.json").json()
    assert told["openapi"] == "3.1.0"
    assert "/v0/userflows/{user_flow_id}" in told["paths"]
