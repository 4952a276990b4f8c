"""Attempts to deliver what is due: one at a time to each endpoint, again after growing pauses, and given up at last."""

import json
import logging
import time
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from statetrace_ui.deliveries import mailing, webhooks
from statetrace_ui.deliveries.models import Attempt, Delivery, Endpoint
from statetrace_ui.deliveries.outcomes import Outcome
from statetrace_ui.deliveries.sending import MAIL
from statetrace_ui.deliveries.signing import signatures
from statetrace_ui.web.crypto import CredentialUnreadable
from statetrace_ui.web.locks import alone

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 9
FIRST_PAUSE = timedelta(seconds=30)  # longer than an attempt takes
GROWTH = 3  # nine attempts within 28 hours
# What else waits for a server that did not answer waits for so long, too.
SERVER_PAUSE = timedelta(seconds=60)
AT_ONCE = 100
KILLED = "The worker was ended during this attempt, so whether the message arrived is not known."


def deliver(endpoint_id: int) -> None:
    """Send what is due to an endpoint, or to mailboxes, until a server does not answer. It can be killed at any time.

    Nothing happens if another worker is at it: that one, or the next minute, finds what is due.
    """
    with alone("deliveries", endpoint_id) as mine:
        for _ in range(AT_ONCE):
            delivery = due(endpoint_id).order_by("next_attempt_at").first() if mine else None
            if delivery is None:
                return
            if not _attempt(delivery):
                due(endpoint_id).update(next_attempt_at=timezone.now() + SERVER_PAUSE)
                return


def due(endpoint_id: int) -> QuerySet[Delivery]:
    """What may be sent now to an endpoint, or to mailboxes."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, next_attempt_at__lte=timezone.now())
    if endpoint_id == MAIL:
        return waiting.filter(endpoint=None, by_mail=True)
    return waiting.filter(endpoint=endpoint_id, endpoint__paused=False)


def due_endpoints() -> list[int]:
    """The endpoints to which something is due; MAIL for mailboxes."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, next_attempt_at__lte=timezone.now())
    found = waiting.exclude(endpoint__paused=True).values_list("endpoint", flat=True).distinct()
    return [endpoint or MAIL for endpoint in found.order_by("endpoint")]


def pause_after(attempts: int) -> timedelta:
    return FIRST_PAUSE * float(GROWTH ** (attempts - 1))


def _attempt(delivery: Delivery) -> bool:
    """Whether the server answered, whatever it said."""
    if delivery.attempts >= MOST_ATTEMPTS:  # the last one was killed
        _close_killed(delivery)
        _end(delivery, Delivery.State.GIVEN_UP)
        return True
    attempt = _begin(delivery)
    outcome = _send(delivery)
    with transaction.atomic():
        attempt.ended_at, attempt.status = timezone.now(), outcome.status
        attempt.answer, attempt.error = outcome.answer, outcome.error
        attempt.save(update_fields=["ended_at", "status", "answer", "error"])
        if not outcome.error:
            _end(delivery, Delivery.State.DELIVERED)
        elif delivery.attempts >= MOST_ATTEMPTS:
            _end(delivery, Delivery.State.GIVEN_UP)
    if outcome.error:
        logger.warning("Delivery %s, attempt %s: %s", delivery.uid, delivery.attempts, outcome.error)
    return outcome.status is not None


def _begin(delivery: Delivery) -> Attempt:
    """Note the attempt before anything is sent: one that never ends counts, and is followed by the next one."""
    with transaction.atomic():
        _close_killed(delivery)
        delivery.attempts += 1
        delivery.next_attempt_at = timezone.now() + pause_after(delivery.attempts)
        delivery.save(update_fields=["attempts", "next_attempt_at"])
        return Attempt.objects.create(delivery=delivery)


def _close_killed(delivery: Delivery) -> None:
    delivery.attempt_set.filter(ended_at=None, error="").update(error=KILLED)


def _end(delivery: Delivery, state: Delivery.State) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, finished_at=timezone.now())


def _send(delivery: Delivery) -> Outcome:
    try:
        if delivery.by_mail:
            return mailing.mail(delivery)
        return _post(delivery, Endpoint.objects.get(pk=delivery.endpoint_id or 0))
    except CredentialUnreadable as error:
        return Outcome(None, error=str(error))
    except Endpoint.DoesNotExist:
        return Outcome(None, error="The endpoint was removed meanwhile.")


def _post(delivery: Delivery, endpoint: Endpoint) -> Outcome:
    body, timestamp = content(delivery).encode(), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Statetrace-Webhooks/1",
        "webhook-id": str(delivery.uid),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(endpoint.secrets, str(delivery.uid), timestamp, body),
    }
    return webhooks.post(endpoint.url, headers, body)


def content(delivery: Delivery) -> str:
    """What an endpoint is sent, the same at each attempt."""
    envelope = {
        "type": delivery.event,
        "timestamp": delivery.created_at.isoformat(),
        "id": str(delivery.uid),
        "subject": delivery.subject,
        "data": json.loads(delivery.body),
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
