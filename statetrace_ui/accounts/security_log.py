"""The security log: who signed in, was refused, saw or changed what matters.

Pages, commands and the admin site write it by one function, `record`; the logger `statetrace.security` gets the same.

Inside a request, person, organisation and address come from the request that `middleware.security_log` has bound, so
that what pages, the admin site and commands share need not hand it on.
"""

import getpass
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from statetrace_ui.accounts.client_address import client_address
from statetrace_ui.accounts.events import Event
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.web.models import Organisation

__all__ = ["Event", "bound", "record", "record_look", "record_of_person"]
logger = logging.getLogger("statetrace.security")
LONGEST_SUBJECT = 500  # characters; ids of records are made by the audited application
# Somebody who reloads a page, or whose live page reloads itself, is still looking at it.
ONE_LOOK = timedelta(minutes=10)
_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@contextmanager
def bound(request: HttpRequest) -> Iterator[None]:
    """Within this, `record` speaks of the request's viewer, organisation and address."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def record(
    event: Event,
    subject: object = "",
    *,
    organisation: Organisation | None = None,
    person: User | None = None,
    name: str = "",
) -> SecurityEvent:
    """Write an entry, in the caller's transaction.

    subject: what it was done to: names and ids, never values or secrets. organisation: the one that owns the subject;
    the viewer's, unless given. person: who did it; the viewer, unless given. name: how to call who is no person here.
    Outside a request, without person and name, it is the operating system's user who runs the command.
    """
    request = _request.get()
    organisation = organisation or getattr(request, "organisation", None)
    return _write(event, subject, organisation, person or _viewer(request), name)


def record_of_person(event: Event, about: User, subject: object = "", by: User | None = None) -> None:
    """Write what concerns a person rather than a thing: an entry for each organisation that the person belongs to."""
    organisations: list[Organisation | None] = list(Organisation.objects.filter(members=about).order_by("pk"))
    for organisation in organisations or [None]:
        _write(event, subject, organisation, by or _viewer(_request.get()))


def record_look(subject: str, organisation: Organisation) -> None:
    """Note that the viewer looks at `subject`, once in ten minutes."""
    person = _viewer(_request.get())
    lately = SecurityEvent.objects.filter(event=Event.VIEWED, person=person, at__gt=timezone.now() - ONE_LOOK)
    if not lately.filter(subject=_text(subject), organisation=organisation).exists():
        record(Event.VIEWED, subject, organisation=organisation)


def replace_words(organisation: Organisation, likes: list[str], without: Callable[[str], str], replace: bool) -> int:
    """Rewrite the subjects of an organisation's entries of which words are to be erased; returns how many.

    likes: patterns for ILIKE, of which a subject must match one. without: gives the subject as it is to be. replace:
    False to count alone.
    """
    likely = SecurityEvent.objects.filter(organisation=organisation).extra(
        where=["subject ILIKE ANY (%s)"], params=[likes]
    )
    subjects = {pk: (subject, without(subject)) for pk, subject in likely.values_list("pk", "subject")}
    changed = {pk: after for pk, (before, after) in subjects.items() if before != after}
    for pk, subject in changed.items() if replace else ():
        SecurityEvent.objects.filter(pk=pk).update(subject=subject)
    return len(changed)


def _write(
    event: Event, subject: object, organisation: Organisation | None, person: User | None, name: str = ""
) -> SecurityEvent:
    request = _request.get()
    entry = SecurityEvent.objects.create(
        event=event,
        person_id=person.pk if person else None,
        person_name=person.get_username() if person else name or _nobody(request),
        organisation_id=organisation.pk if organisation else None,
        organisation_name=organisation.name if organisation else "",
        address=client_address(request) if request else None,
        subject=_text(subject),
    )
    _log(entry)
    return entry


def _viewer(request: HttpRequest | None) -> User | None:
    user = getattr(request, "user", None)
    return user if isinstance(user, User) else None


def _nobody(request: HttpRequest | None) -> str:
    if request is not None:
        return "Visitor"
    with suppress(KeyError, OSError):
        return f"{getpass.getuser()} (command line)"
    return "Command line"


def _text(subject: object) -> str:
    # PostgreSQL stores neither NUL nor half a character, and paths of addresses may hold them.
    return str(subject).encode(errors="replace").decode().replace("\0", "?")[:LONGEST_SUBJECT]


def _log(entry: SecurityEvent) -> None:
    logger.info(
        "%s: %s; person %s, organisation %s, address %s",
        entry.event,
        entry.subject or "–",
        entry.person_name,
        entry.organisation_name or "–",
        entry.address or "–",
    )
