"""The first page shows what happened last on both sides."""

from django.test import Client
from django.urls import reverse

from tests.replica.captured import BARE, EXCLUDED, FULL, Captured

HOME = reverse("home")


def test_the_newest_captured_sessions_are_listed(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(HOME)
    sessions = [session.session_id for session, _ in page.context["measured"].sessions]
    assert sessions[:3] == [EXCLUDED, BARE, FULL]
    assert reverse("replica:flame", args=[FULL]) in page.content.decode()
    assert reverse("replica:flame", args=[BARE]) not in page.content.decode()


def test_without_a_replica_the_page_says_why_and_what_to_do(manager_client: Client) -> None:
    page = manager_client.get(HOME).content.decode()
    assert "Your organisation has no replica database yet. It is made by the first sync" in page
    assert "python manage.py import_sessions" in page
