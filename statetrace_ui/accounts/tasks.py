"""The tasks that forget what is too old; `manage.py procrastinate worker` finds them by this module's name."""

import datetime as dt
from importlib import import_module

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from statetrace_ui.accounts.models import PasswordAttempts, SecurityEvent

AT_ONCE = 10_000  # rows of the log that one statement removes


@app.periodic(cron="17 3 * * *")
@app.task(name="forget_old_accounts", queueing_lock="forget_old_accounts")
def forget(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Once a day."""
    now = timezone.now()
    forget_events(now - dt.timedelta(days=settings.SECURITY_LOG_DAYS))
    PasswordAttempts.objects.filter(expires_at__lt=now).delete()


@app.periodic(cron="47 * * * *")
@app.task(name="forget_sessions", queueing_lock="forget_sessions")
def forget_sessions(timestamp: int) -> None:  # noqa: ARG001
    """Each hour: visitors leave some that are over within minutes."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def forget_events(before: dt.datetime) -> None:
    """Remove older entries, a part at a time, so that nothing waits long for a lock."""
    removed = AT_ONCE
    while removed == AT_ONCE:
        old = SecurityEvent.objects.filter(at__lt=before).order_by("at").values("pk")[:AT_ONCE]
        removed, _ = SecurityEvent.objects.filter(pk__in=old).delete()
