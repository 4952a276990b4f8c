"""What an organisation says at the top of its first page."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.accounts.events import Event
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.overview.models import Note
from statetrace_ui.web.models import Organisation

HOME, NOTE = reverse("home"), reverse("note")


def test_a_manager_writes_and_all_members_read(manager_client: Client, reader_client: Client) -> None:
    assert manager_client.post(NOTE, {"text": "Freeze until <b>Friday</b>"}).status_code == 302
    page = reader_client.get(HOME).content.decode()
    assert "Freeze until &lt;b&gt;Friday&lt;/b&gt;" in page
    assert "manager" in page
    assert reverse("note") not in page
    assert SecurityEvent.objects.filter(event=Event.NOTE_CHANGED).count() == 1


def test_who_does_not_manage_writes_nothing(reader_client: Client) -> None:
    assert reader_client.post(NOTE, {"text": "mine"}).status_code == 403
    assert not Note.objects.exists()


def test_it_is_not_seen_elsewhere(manager_client: Client, stranger_client: Client) -> None:
    manager_client.post(NOTE, {"text": "for Acme alone"})
    assert "for Acme alone" not in stranger_client.get(HOME).content.decode()


def test_without_a_text_it_goes(manager_client: Client, organisation: Organisation) -> None:
    manager_client.post(NOTE, {"text": "soon gone"})
    manager_client.post(NOTE, {"text": "  "})
    assert not Note.objects.exists()


def test_it_disappears_by_itself(manager_client: Client, organisation: Organisation) -> None:
    now = timezone.now()
    Note.objects.create(
        organisation=organisation,
        text="over by now",
        until=now - timedelta(minutes=1),
        written_by="manager",
        written_at=now - timedelta(days=1),
    )
    assert "over by now" not in manager_client.get(HOME).content.decode()


def test_a_moment_that_is_over_is_refused(manager_client: Client) -> None:
    answer = manager_client.post(NOTE, {"text": "Freeze", "until": "2026-01-01T00:00"})
    assert answer.status_code == 400
    assert "This moment is over" in answer.content.decode()
    assert not Note.objects.exists()


def test_a_note_has_a_bounded_length(manager_client: Client) -> None:
    assert manager_client.post(NOTE, {"text": "x" * 501}).status_code == 400
    assert not Note.objects.exists()
