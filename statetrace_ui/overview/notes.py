"""The organisation's note: read by all members, written by managers, and said in the security log."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.overview.models import Note
from statetrace_ui.web.models import Organisation


def note_of(organisation: Organisation) -> Note | None:
    """The note that is to be seen now."""
    lasting = Q(until=None) | Q(until__gt=timezone.now())
    return Note.objects.filter(lasting, organisation=organisation).first()


@transaction.atomic
def write_note(organisation: Organisation, person: User, text: str, until: datetime | None) -> None:
    """Replace the note; without a text, take it away."""
    if text:
        told = {"text": text, "until": until, "written_by": person.get_username(), "written_at": timezone.now()}
        Note.objects.update_or_create(organisation=organisation, defaults=told)
    else:
        Note.objects.filter(organisation=organisation).delete()
    record(Event.NOTE_CHANGED, "written" if text else "taken away")
