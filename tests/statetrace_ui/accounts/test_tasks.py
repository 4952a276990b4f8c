"""What is too old is forgotten; nothing else is."""

import datetime as dt

import pytest
from django.utils import timezone
from procrastinate.contrib.django import app
from pytest_django.fixtures import Settings

from statetrace_ui.accounts import tasks, throttle
from statetrace_ui.accounts.models import PasswordAttempts, SecurityEvent, Session
from statetrace_ui.accounts.security_log import Event, record

pytestmark = pytest.mark.django_db


def test_the_old_is_forgotten(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SECURITY_LOG_DAYS = 30
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    now = timezone.now()
    for days in (29, 31, 32, 33, 34, 35):
        entry = record(Event.SYNC_REQUESTED, f"{days} days old")
        SecurityEvent.objects.filter(pk=entry.pk).update(at=now - dt.timedelta(days=days))
    for key, hours in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + dt.timedelta(hours=hours))
        throttle.count([throttle.Counter(key, throttle.NAME)])
        PasswordAttempts.objects.filter(key=key).update(expires_at=now + dt.timedelta(hours=hours))
    tasks.forget(0)
    tasks.forget_sessions(0)
    assert [entry.subject for entry in SecurityEvent.objects.all()] == ["29 days old"]
    assert [session.session_key for session in Session.objects.all()] == ["new"]
    assert [row.key for row in PasswordAttempts.objects.all()] == ["new"]


def test_a_worker_knows_the_task() -> None:
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    assert "forget_old_accounts" in app.tasks
