"""Sessions of browsers, kept so that their person can see them and end them."""

import datetime as dt
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.db.models import QuerySet
from django.utils import timezone

from statetrace_ui.accounts.models import Session

# Keys of a session's data. Moments are seconds since 1970.
SIGNED_IN_AT, SEEN_AT, DEVICE, ADDRESS = "signed_in_at", "seen_at", "device", "address"


class SessionStore(DatabaseSessions):
    """Django's, with whose session it is beside its data."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        row.person_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.device, row.address = data.get(DEVICE, ""), data.get(ADDRESS)
        row.begun_at, row.seen_at = _moment(data.get(SIGNED_IN_AT)), _moment(data.get(SEEN_AT))
        return row


def _moment(seconds: int | None) -> dt.datetime | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)


def sessions_of(person: User) -> QuerySet[Session]:
    """Where the person is signed in, last seen first."""
    return Session.objects.filter(person=person, expire_date__gt=timezone.now()).order_by("-seen_at", "session_key")


def end_others(person: User, kept: str | None = None) -> int:
    """Sign the person out everywhere but in the session with that key; returns from how many sessions."""
    ended, _ = Session.objects.filter(person=person).exclude(session_key=kept or "").delete()
    return ended
