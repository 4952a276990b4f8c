"""Mails links. A job keeps none in clear: it makes the link itself, or has it sealed."""

import logging

from django.conf import settings
from django.contrib.auth.models import User
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from statetrace_ui.accounts.security_log import Event, record_of_person
from statetrace_ui.people import mails, recovery

logger = logging.getLogger(__name__)
# Up to half an hour: a mail server may greet strangers with "later".
AGAIN = RetryStrategy(max_attempts=5, exponential_wait=6)


class NotSent(Exception):
    """The mail server could not be reached, or asked for patience."""


@app.task(name=mails.TASK, retry=AGAIN)
def mail_sealed(sealed: str) -> None:
    """Raises NotSent if it is worth another attempt."""
    outcome = mails.send_sealed(sealed)
    if outcome.error:
        logger.warning("A mail with a link was not sent: %s", outcome.error)
        if outcome.status is None or 400 <= outcome.status < 500:
            raise NotSent(outcome.error)


@app.task(name="mail_recovery")
def mail_recovery(person_id: int) -> None:
    person = User.objects.filter(pk=person_id, is_active=True).first()
    if person:
        record_of_person(Event.RECOVERY_SENT, person, f"for {person}, by e-mail")
        mails.recovery(person.email, person.get_username(), settings.PUBLIC_URL + recovery.path_for(person))
