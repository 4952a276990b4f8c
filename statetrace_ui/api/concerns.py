"""Tokens that end soon, each told to whom it belongs."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from statetrace_ui.api.models import Token
from statetrace_ui.web.concerns import MOST_EACH, Concern, Kind, Severity
from statetrace_ui.web.models import Organisation

SOON = timedelta(days=7)


def concerns(organisation: Organisation) -> Iterator[Concern]:
    """Those that were used within the last month: nobody misses the others."""
    now = timezone.now()
    ending = Token.objects.filter(
        membership__organisation=organisation, expires_at__gt=now, expires_at__lt=now + SOON
    ).filter(last_used_at__gt=now - timedelta(days=30))
    for token in ending.select_related("membership").order_by("expires_at")[:MOST_EACH]:
        yield _concern(token)


def _concern(token: Token) -> Concern:
    advice = "Make another one, give it to the program, and revoke this one."
    return Concern(
        key=f"token {token.pk}",
        kind=Kind.TOKEN,
        severity=Severity.NOTICE,
        what=f"Your token {token.name} ends within a week; what uses it is then turned away.",
        advice=advice,
        ask=advice,
        url=reverse("tokens"),
        since=token.expires_at - SOON,
        person=token.membership.user_id,
    )
