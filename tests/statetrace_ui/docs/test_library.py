"""What docs/ holds: every page is in the contents, every link and picture leads somewhere."""

import re
from pathlib import Path

import pytest

from statetrace_ui.docs.library import MORE, groups, pages

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
HELP = re.compile(r"""\{% help "([\w-]+)(?:#([\w-]+))?" """)


def test_every_page_is_named_in_the_contents() -> None:
    assert [page.name for group in groups() if group.title == MORE for page in group.pages] == []


def test_pages_are_named_once() -> None:
    names = [page.name for group in groups() for page in group.pages]
    assert len(names) == len(set(names)) == len(pages()) - 1


@pytest.mark.parametrize("name", sorted(pages()))
def test_links_lead_to_pages_and_their_headings(name: str) -> None:
    html = pages()[name].html
    inside = [(page or name, anchor) for page, anchor in re.findall(r'href="(?:/docs/([\w-]*)/?)?#([\w-]+)"', html)]
    linked = set(re.findall(r'href="/docs/([\w-]+)/', html))
    assert linked <= pages().keys()
    assert [link for link in inside if link[1] not in anchors(link[0])] == []
    assert re.findall(r'href="(?!/docs/|#|https?://)[^"]*"', html) == []


def anchors(name: str) -> set[str]:
    return {section.anchor for section in pages()[name].sections}


def test_help_in_templates_leads_to_pages_and_their_headings() -> None:
    links = [link for path in TEMPLATES for link in HELP.findall(path.read_text())]
    assert len(links) >= 8
    assert [link for link in links if link[0] not in pages() or (link[1] and link[1] not in anchors(link[0]))] == []
