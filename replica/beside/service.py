"""Forgets what is kept beside a session when the session is deleted."""

from replica.beside import screenshots
from replica.beside.models import ExchangeDetail


def forget(session_id: str) -> None:
    """A session of the store belongs to one organisation, so its id is enough."""
    ExchangeDetail.objects.filter(session_id=session_id).delete()
    screenshots.forget(session_id)
