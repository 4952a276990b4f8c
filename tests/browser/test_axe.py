"""Every page, in light, in dark and on a narrow screen, as axe-core judges it: nothing is found."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.access.holdings import Holdings
from tests.browser.conftest import give_session
from tests.browser.everything import admin_pages, at_rest, furnish, own_pages, visitors_pages

AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What Django's own admin templates do, which are not ours to write anew.
OFF_IN_ADMIN: list[str] = []
RUN = """async ({ tags, off }) => {
    const rules = Object.fromEntries(off.map(rule => [rule, { enabled: false }]));
    const preload = { assets: ['media'] };  // no rule of these tags reads the text of style sheets
    const options = { runOnly: { type: 'tag', values: tags }, rules, preload, resultTypes: ['violations'] };
    const why = node => [...node.any, ...node.all, ...node.none].map(check => check.message).join('; ').slice(0, 200);
    const { violations } = await axe.run(document, options);
    return violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.target.join(' ')}: ${why(node)}`));
}"""
# Whatever a page can unfold is unfolded, and the first thing that can be explained is.
UNFOLD = """() => {
    for (const part of document.querySelectorAll('main details')) part.open = true;
    for (const button of document.querySelectorAll('button[data-fold][aria-expanded=false]')) button.click();
    document.querySelector('main [hx-get][hx-target="#inspector"]:not(button)')?.click();
}"""
MODES: dict[str, tuple[Any, int]] = {"light": ("light", 1280), "dark": ("dark", 1280), "narrow": ("light", 390)}
modes = pytest.mark.parametrize(
    "mode", [pytest.param("light", marks=pytest.mark.long), pytest.param("dark", marks=pytest.mark.long), "narrow"]
)


@pytest.fixture
def looked_at(page: Page, mode: str, acme: Holdings, transactional_db: None) -> Page:
    scheme, width = MODES[mode]
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    furnish(acme)
    return page


def violations(page: Page, off: list[str]) -> list[str]:
    page.evaluate(AXE)  # not a script element: the pages' policy allows none that is not ours
    found: list[str] = page.evaluate(RUN, {"tags": TAGS, "off": off})
    return found


def found_on(page: Page, site: str, pages: Iterable[tuple[str, str]], off: list[str]) -> dict[str, list[str]]:
    """What is wrong, by page, with everything unfolded."""
    found = {}
    for name, address in pages:
        page.goto(site + address)
        at_rest(page)
        page.evaluate(UNFOLD)
        at_rest(page)
        found[name] = sorted(set(violations(page, off)))
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.mark.early
@modes
def test_pages_of_members(looked_at: Page, acme: Holdings, manager: User, live_server: LiveServer) -> None:
    give_session(looked_at.context, live_server, manager)
    pages = list(own_pages(acme, manager))
    assert len(pages) > 15
    assert found_on(looked_at, live_server.url, pages, []) == {}


@modes
def test_pages_of_visitors(looked_at: Page, live_server: LiveServer) -> None:
    pages = list(visitors_pages())
    assert "login" in dict(pages)
    assert found_on(looked_at, live_server.url, pages, []) == {}


@pytest.mark.parametrize("mode", [pytest.param(one, marks=pytest.mark.long) for one in MODES])
def test_pages_of_administrators(looked_at: Page, acme: Holdings, manager: User, live_server: LiveServer) -> None:
    manager.is_staff = manager.is_superuser = True
    manager.save()
    give_session(looked_at.context, live_server, manager)
    assert found_on(looked_at, live_server.url, admin_pages(acme, manager), OFF_IN_ADMIN) == {}
