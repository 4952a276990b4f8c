"""E-mails with links that open something. A worker sends them; where the link stands in the job, it is encrypted."""

import json

from django.core.mail import EmailMessage
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

from statetrace_ui.deliveries.mailing import can_mail, post
from statetrace_ui.deliveries.outcomes import Outcome
from statetrace_ui.people.models import Invitation
from statetrace_ui.web.crypto import decrypt, encrypt

TASK = "mail_sealed"
INVITATION = """{by} invites you to {organisation} on Statetrace, as {role}.

Join by this link, which works once, until {until:%d %B %Y, %H:%M} UTC:

{link}

If you do not know {by}, ignore this message: nothing happens unless somebody opens the link.
"""

RECOVERY = """Somebody, maybe you, asked for a new password of the account {name} on Statetrace.

Set one by this link, which works once, within four hours:

{link}

If it was not you, ignore this message: your password stays as it is.
"""
CONFIRMATION = """The account {name} on Statetrace is to have this e-mail address.

Confirm it by this link, within four hours, in a browser where you are signed in:

{link}

If it was not you, ignore this message.
"""


def invite(invitation: Invitation, link: str) -> bool:
    """Have the link mailed; False if the invitation names no address, or there is no mail server."""
    if not invitation.email or not can_mail():
        return False
    organisation, by = invitation.made_by.organisation, invitation.made_by.user
    text = INVITATION.format(
        by=by, organisation=organisation, role=invitation.get_role_display(), until=invitation.expires_at, link=link
    )
    _have_sent(invitation.email, f"{by} invites you to {organisation}", text)
    return True


def recovery(to: str, name: str, link: str) -> Outcome:
    """For a job, which can wait."""
    return post(_message(to, "A new password for Statetrace", RECOVERY.format(name=name, link=link)))


def confirmation(to: str, name: str, link: str) -> None:
    _have_sent(to, "Confirm your e-mail address for Statetrace", CONFIRMATION.format(name=name, link=link))


def _have_sent(*message: str) -> None:
    """Queue the message, sealed: jobs are stored and shown, and whoever has the link gets in."""
    job = app.configure_task(TASK, task_kwargs={"sealed": encrypt(json.dumps(message))}).job
    JobManager(DjangoConnector()).defer_job(job)


def send_sealed(sealed: str) -> Outcome:
    """Raises CredentialUnreadable if its key is gone."""
    return post(_message(*json.loads(decrypt(sealed))))


def _message(to: str, subject: str, text: str) -> EmailMessage:
    headers = {"Auto-Submitted": "auto-generated"}
    return EmailMessage(" ".join(subject.split())[:200], text, to=[to], headers=headers)
