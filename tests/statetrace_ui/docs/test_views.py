"""`/docs/…`: everybody reads, and finds."""

import pytest
from django.test import Client
from django.urls import reverse

from statetrace_ui.docs.library import pages

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", sorted(pages().keys() - {"README"}))
def test_a_visitor_reads_every_page(name: str, client: Client) -> None:
    page = text(client, reverse("docs:page", args=[name]))
    assert f'<h1 id="{pages()[name].sections[0].anchor}">' in page
    assert page.count("<h1") == 1


def test_the_contents_lead_to_all_pages(client: Client) -> None:
    contents = text(client, reverse("docs:contents"))
    assert [name for name in pages() if name != "README" and f'href="/docs/{name}/"' not in contents] == []


@pytest.mark.parametrize("name", ["nowhere", "README"])
def test_what_is_no_page_is_not_found(name: str, client: Client) -> None:
    assert client.get(f"/docs/{name}/").status_code == 404


def test_a_search_leads_to_the_heading(client: Client) -> None:
    found = text(client, f"{reverse('docs:contents')}?q=replica identity full")
    assert 'href="/docs/connecting/#' in found
    assert "<mark" in found


def test_a_search_without_an_answer_says_what_to_do(client: Client) -> None:
    found = text(client, f"{reverse('docs:contents')}?q=<script>alert(1)</script>")
    assert "No section has all of these words" in found
    assert "<script>alert" not in found


def test_a_search_that_is_too_long_is_refused(client: Client) -> None:
    assert client.get(reverse("docs:contents"), {"q": "x" * 201}).status_code == 400
