"""Tells members what has happened to what they watch: one message for all of it, not too often, and not at night."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.deliveries.queries import endpoints
from statetrace_ui.deliveries.sending import Message, send
from statetrace_ui.watch import queries
from statetrace_ui.watch.models import Happening, Telling
from statetrace_ui.watch.quiet import is_quiet
from statetrace_ui.web.models import Membership

EVENT = "watch.happened"
NAMED = 5  # happenings that a message names
LONGEST_TITLE = 300


def tell_all() -> None:
    wanted = Telling.objects.filter(Q(by_mail=True) | Q(endpoint__isnull=False), membership__user__is_active=True)
    for number in list(wanted.values_list("pk", flat=True)):
        tell(number, timezone.now())


def tell(membership_id: int, now: datetime) -> None:
    """Send and note that it was sent in one transaction; another worker at the same waits, and then finds it told."""
    with transaction.atomic():
        locked = Telling.objects.select_for_update(of=("self",))
        telling = locked.select_related("membership__user", "membership__organisation").filter(pk=membership_id).first()
        if telling is None or not _is_due(telling, now):
            return
        first, count, newest = queries.untold(telling.membership, max(telling.told, telling.read), NAMED)
        if not count:
            return
        message = _message(first, count)
        for to, name in _recipients(telling):
            send(telling.membership.organisation, to, f"watch-{membership_id}-{newest}-{name}", message)
        telling.told, telling.told_at = newest, now
        telling.save(update_fields=["told", "told_at"])


def _is_due(telling: Telling, now: datetime) -> bool:
    if telling.told_at and now - telling.told_at < telling.pause:
        return False
    return not is_quiet(now, telling.quiet_from, telling.quiet_until, telling.zone)


def _recipients(telling: Telling) -> list[tuple[Endpoint | str, str]]:
    """An endpoint is the organisation's, so it is told as long as the member manages it."""
    found: list[tuple[Endpoint | str, str]] = []
    endpoint = endpoints(telling.membership.organisation).filter(pk=telling.endpoint_id or 0).first()
    if endpoint and telling.membership.may_manage:
        found.append((endpoint, "endpoint"))
    if telling.by_mail and telling.membership.user.email:
        found.append((telling.membership.user.email, "mail"))
    return found


def begin(membership: Membership, chosen: dict[str, Any]) -> None:
    """Keep how the member wants to be told. What happened while no message was wanted is not told later."""
    with transaction.atomic():
        telling, _ = Telling.objects.select_for_update().get_or_create(membership=membership)
        if not telling.is_wanted:
            telling.told = queries.newest_id()
        for name, value in chosen.items():
            setattr(telling, name, value)
        telling.save()


def mark_read(membership: Membership, until: int) -> None:
    """All up to the id, which is that of one of theirs."""
    with transaction.atomic():
        telling, _ = Telling.objects.select_for_update().get_or_create(membership=membership)
        telling.read = max(telling.read, min(until, queries.newest_id()))
        telling.save(update_fields=["read"])


def _message(first: list[Happening], count: int) -> Message:
    things = f"{count:,} thing{'' if count == 1 else 's'} happened"
    subject = first[0].title if count == 1 else f"{things}; first: {first[0].title}"
    page = _link(reverse("watch:list"))
    lines = [f"{things} to what you watch:", "", *map(_line, first)]
    if count > len(first):
        lines.append(f"and {count - len(first):,} more")
    ends = [f"All of them: {page}"] if page else []
    text = "\n".join([*lines, "", *ends, "Values are not in this message; they stay in the history."]) + "\n"
    data = {"count": count, "happenings": [_told(one) for one in first], "link": page}
    return Message(EVENT, subject[:LONGEST_TITLE], text, data)


def _line(one: Happening) -> str:
    return f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC  {' '.join(one.title.split())[:LONGEST_TITLE]}"


def _told(one: Happening) -> dict[str, Any]:
    subject = {"kind": one.subject.kind, "name": one.subject.name}
    return {"watched": subject, "title": one.title, "at": one.at.isoformat(), "link": _link(one.url)}


def _link(path: str) -> str:
    """'' where the site has not been told its name."""
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else ""
