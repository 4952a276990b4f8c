"""Sends a message to a mailbox, by the mail server of the settings."""

from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage

from statetrace_ui.deliveries.models import Delivery
from statetrace_ui.deliveries.outcomes import Outcome

TAKEN = 250
LONGEST_ANSWER = 1024


def can_mail() -> bool:
    """Whether a mail server is set at all."""
    return bool(settings.EMAIL_HOST)


def mail(delivery: Delivery) -> Outcome:
    if not can_mail():
        return Outcome(None, error="No mail server is set. Whoever runs this site can set MAIL_HOST.")
    return post(_message(delivery))


def post(message: EmailMessage) -> Outcome:
    """Send a message that is not kept; whatever fails is told by the outcome."""
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        status, answer = next(iter(error.recipients.values()), (0, b""))
        return Outcome(status, _text(answer), "The mail server did not take the address.")
    except SMTPResponseException as error:
        return Outcome(error.smtp_code, _text(error.smtp_error), "The mail server did not take the message.")
    except SMTPException as error:
        return Outcome(None, error=f"The mail server could not be spoken to: {type(error).__name__}.")
    except ValueError as error:  # a subject or an address that no mail can have
        return Outcome(None, error=f"No such mail can be sent: {type(error).__name__}.")
    except OSError as error:
        return Outcome(None, error=f"The mail server did not answer: {error.strerror or type(error).__name__}.")
    return Outcome(TAKEN)


def _message(delivery: Delivery) -> EmailMessage:
    # The same id each time, so that mail programs show a repeated message once.
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
    headers = {"Message-ID": f"<{delivery.uid}@{domain}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(delivery.subject, delivery.body, to=[delivery.to], headers=headers)


def _text(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
    return text.replace("\0", "")[:LONGEST_ANSWER]
