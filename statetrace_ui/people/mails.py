"""E-mails with links that open something. They are sent at once, and kept nowhere: whatever keeps them keeps links."""

from django.core.mail import EmailMessage

from statetrace_ui.deliveries.mailing import can_mail, post
from statetrace_ui.deliveries.outcomes import Outcome
from statetrace_ui.people.models import Invitation

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


def invite(invitation: Invitation, link: str) -> Outcome | None:
    """Mail the link; None if the invitation names no address, or there is no mail server."""
    if not invitation.email or not can_mail():
        return None
    organisation, by = invitation.made_by.organisation, invitation.made_by.user
    text = INVITATION.format(
        by=by, organisation=organisation, role=invitation.get_role_display(), until=invitation.expires_at, link=link
    )
    return _send(invitation.email, f"{by} invites you to {organisation}", text)


def recovery(to: str, name: str, link: str) -> Outcome:
    return _send(to, "A new password for Statetrace", RECOVERY.format(name=name, link=link))


def confirmation(to: str, name: str, link: str) -> Outcome:
    return _send(to, "Confirm your e-mail address for Statetrace", CONFIRMATION.format(name=name, link=link))


def _send(to: str, subject: str, text: str) -> Outcome:
    headers = {"Auto-Submitted": "auto-generated"}
    return post(EmailMessage(" ".join(subject.split())[:200], text, to=[to], headers=headers))
