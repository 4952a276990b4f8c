"""Endpoints and alerts in a real Chromium: from an address and a question to a message that arrives."""

import json

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import SavedQuestion
from statetrace_ui.history.tasks import look_for_alerts
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import clear_queue, run_worker
from tests.statetrace_ui.deliveries.conftest import authority as authority
from tests.statetrace_ui.deliveries.conftest import receiver as receiver
from tests.statetrace_ui.deliveries.receiver import Receiver
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction, row

pytestmark = pytest.mark.browser


def test_a_manager_adds_an_endpoint_and_has_it_told_of_deletions(
    manager_page: Page, live_server: LiveServer, organisation: Organisation, receiver: Receiver
) -> None:
    clear_queue()
    orders = make_relation(make_source(organisation))
    SavedQuestion.objects.create(organisation=organisation, asked="changes", name="Deletions", line="kind:delete")
    page = manager_page
    page.goto(f"{live_server.url}/deliveries/")
    page.get_by_label("Name", exact=True).fill("On-call")
    page.get_by_label("Address").fill(receiver.url("/hook?token=hush"))
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.locator("#secret")).to_contain_text("whsec_")
    page.get_by_role("button", name="Send a test").press("Enter")
    run_worker()
    expect(page.locator("#delivery .status")).to_have_text("Delivered")

    page.get_by_role("link", name="Alerts").click()
    page.get_by_label("For the organisation").check()
    page.get_by_label("Also to the endpoint").select_option("On-call")
    page.get_by_role("button", name="Add alert").click()
    expect(page.get_by_text("Nothing yet: it has met nothing new.")).to_be_visible()
    make_change(make_transaction(orders.source), orders, "D", "68", old=row("68"))
    look_for_alerts(0)
    run_worker()
    page.reload()
    expect(page.get_by_role("link", name="orders 68")).to_be_visible()
    told = json.loads(receiver.received[-1].body)
    assert (told["type"], told["data"]["count"], told["data"]["changes"][0]["key"]) == ("alert.matched", 1, "68")
    page.get_by_role("link", name="All of them in the list").click()
    expect(page.locator(".change")).to_have_count(1)
