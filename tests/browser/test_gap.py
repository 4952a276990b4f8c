"""A gap in a real Chromium, from its finding to its end, with a real worker and a real audited database."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.capture import table_watch, worker
from statetrace_ui.history.gap_store import open_gap
from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.capture.test_gaps import drop_when_free
from tests.statetrace_ui.conftest import Audited, stored, supervised
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(
    live_server: LiveServer,
    organisation: Organisation,
    new_database: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Audited]:
    for module, name in ((worker, "IDLE_SECONDS"), (worker, "REPORT_SECONDS"), (table_watch, "LOOK_SECONDS")):
        monkeypatch.setattr(module, name, 0.05)
    shop = Audited(new_database())
    shop.run("CREATE TABLE orders (id int PRIMARY KEY, status text)", "INSERT INTO orders VALUES (7, 'new')")
    yield shop
    shop.connection.close()


@pytest.mark.long
def test_a_gap_is_walked_from_its_finding_to_its_end(
    manager_page: Page, live_server: LiveServer, shop: Audited
) -> None:
    source = shop.add()
    page, gap = manager_page, manager_page.locator("li.change.gap")
    with supervised():
        shop.run("UPDATE orders SET status = 'paid' WHERE id = 7")
        wait_until(lambda: stored("kind") == ["U"])
        page.goto(f"{live_server.url}/changes/")
        expect(page.locator("li.change")).to_have_count(1)
        # A new slot waits for transactions that are open: as long as this one is, so is the gap.
        with psycopg.connect(shop.url) as unfinished:
            unfinished.execute("INSERT INTO orders VALUES (1, 'never')")
            drop_when_free(shop, source)
            expect(gap).to_contain_text("The gap is open")  # of itself: the list is live
            expect(gap).to_contain_text(f"the replication slot {source.slot_name} is gone")
            page.goto(f"{live_server.url}/sources/")
            expect(page.get_by_role("row", name="shop")).to_contain_text("Open gap: changes were not captured since")
            shop.run("UPDATE orders SET status = 'sent' WHERE id = 7")
            unfinished.rollback()
        wait_until(lambda: not open_gap(source))
        shop.run("UPDATE orders SET status = 'returned' WHERE id = 7")
        wait_until(lambda: len(stored("id")) == 4)
    page.get_by_role("link", name="shop", exact=True).click()
    gaps = page.locator("#gaps")
    expect(gaps.locator(".status")).to_have_text("Closed")
    gaps.get_by_role("link", name="The replication slot is gone").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Change")
    expect(page.locator("main")).to_contain_text("Then all tables were compared with history.")
    page.goto(f"{live_server.url}/records/{source.pk}/?table=public.orders&key=%5B%227%22%5D")
    expect(page.locator("li.moment .tag")).to_have_text(["Updated", "Updated", "Gap", "Updated", "Snapshot"])
    expect(page.locator("li.moment").nth(1)).to_contain_text("Found at resynchronisation")
    assert Source.objects.get().status == "streaming"
