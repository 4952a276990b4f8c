"""A table's activity, and a session under way, as people see them."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Relation, Session, Source
from statetrace_ui.web.models import Organisation
from tests.browser.test_axe import violations
from tests.statetrace_ui.history.rows import (
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)

pytestmark = pytest.mark.usefixtures("transactional_db")
DAY = dt.timedelta(days=1)


@pytest.fixture
def orders(organisation: Organisation) -> Relation:
    return make_relation(make_source(organisation, annotation_messages=True))


@pytest.fixture
def session(orders: Relation) -> Session:
    """Under way, with one action."""
    found = make_session(Source.objects.get(), at=timezone.now() - dt.timedelta(minutes=1))
    make_action(found, found.started_at, url="/first/")
    return found


@pytest.fixture
def busy(orders: Relation, session: Session) -> Relation:
    for number, day in enumerate((5, 3, 3, 1)):
        action = make_action(session, timezone.now() - day * DAY)
        make_change(action.transaction, orders, "U", old=row(), new=row(status=f"s{number}", updated_at=str(number)))
        make_change(action.transaction, orders, "I", str(number), new=row(str(number)))
    outside = make_transaction(session.source, timezone.now(), outside=True)
    make_change(outside, orders, "D", old=row())
    return orders


@pytest.mark.parametrize(
    ("scheme", "width"),
    [("light", 390), *(pytest.param(one, 1280, marks=pytest.mark.long) for one in ("light", "dark"))],
)
def test_a_tables_activity_is_drawn_and_leads_to_changes(
    signed_in_page: Page, live_server: LiveServer, busy: Relation, complaints: list[str], scheme: str, width: int
) -> None:
    page = signed_in_page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live_server.url}/sources/{busy.source_id}/rows/?table=orders")
    page.get_by_role("link", name="Activity of this table").click()
    expect(page.locator(".main-svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page, []) == []
    page.get_by_role("link", name="status").click()
    expect(page.locator("#changes > .change")).to_have_count(4)
    complaints.clear()  # of what axe-core does to the page


@pytest.mark.long
def test_what_came_from_outside_is_counted_in_the_rail(
    signed_in_page: Page, live_server: LiveServer, busy: Relation
) -> None:
    signed_in_page.goto(f"{live_server.url}/sources/")
    signed_in_page.get_by_role("navigation").get_by_role("link", name="1 from outside").click()
    expect(signed_in_page.locator("#changes > .change")).to_have_count(1)
    expect(signed_in_page.locator("#changes > .change")).to_contain_text("outside the application")


@pytest.mark.long
def test_a_session_under_way_goes_on_by_itself(
    signed_in_page: Page, live_server: LiveServer, session: Session, orders: Relation
) -> None:
    page = signed_in_page
    page.goto(f"{live_server.url}/sessions/{session.pk}/")
    expect(page.locator("#actions > li")).to_have_count(1)
    action = make_action(session, timezone.now(), url="/second/")
    make_change(action.transaction, orders, "I", new=row())
    expect(page.locator("#actions > li")).to_have_count(2)
    expect(page.locator("#actions > li").last).to_contain_text("/second/")
    expect(page.locator("#action-count")).to_have_text("2")
    page.get_by_text("/second/").click()
    expect(page.locator("#actions > li").last).to_contain_text("Inserted")
    page.get_by_role("link", name="Draw them in the timeline").click()
    expect(page.locator("#live-count")).to_have_text("")
    expect(page.locator("#actions > li")).to_have_count(2)


@pytest.mark.long
def test_what_is_new_waits_while_the_end_is_out_of_sight(
    signed_in_page: Page, live_server: LiveServer, session: Session
) -> None:
    page = signed_in_page
    for _ in range(45):
        make_action(session, timezone.now())
    page.goto(f"{live_server.url}/sessions/{session.pk}/")
    first = page.locator("#actions > li").first
    before = first.bounding_box()
    make_action(session, timezone.now(), url="/last/")
    new = page.get_by_role("button", name="1 new")
    expect(new).to_be_visible()
    expect(page.locator("#actions > li")).to_have_count(46)
    after = first.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < 1
    new.click()
    expect(page.get_by_text("/last/")).to_be_in_viewport()
    expect(new).to_be_hidden()


@pytest.mark.long
def test_what_is_new_comes_once_where_later_pages_are_not_loaded(
    signed_in_page: Page, live_server: LiveServer, session: Session
) -> None:
    page = signed_in_page
    for _ in range(55):
        make_action(session, timezone.now())
    page.goto(f"{live_server.url}/sessions/{session.pk}/")
    make_action(session, timezone.now(), url="/last/")
    new = page.get_by_role("button", name="1 new")
    new.click()
    expect(new).to_be_visible()
    page.get_by_role("link", name="Later actions").click()
    expect(page.locator("#actions > li")).to_have_count(57)
    expect(new).to_be_hidden()
    expect(page.get_by_text("/last/")).to_have_count(1)
