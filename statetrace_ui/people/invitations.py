"""Invitations: made, found, accepted once, revoked. The token has 256 random bits and is shown once."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.people.models import Invitation
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership

LASTS = timedelta(days=7)
MOST_OPEN = 200  # of an organisation, so that a list of them needs no pages


def invite(by: Membership, role: str, email: str) -> tuple[Invitation, str]:
    """A new invitation, and its token, which nobody can show again. Raises UserError if too many are open."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        if Invitation.objects.filter(made_by__organisation=by.organisation).count() >= MOST_OPEN:
            raise UserError(f"{MOST_OPEN} invitations are open already.", "Revoke some that nobody will use.")
        invitation = by.invitations.create(
            digest=_digest(token), role=role, email=email, expires_at=timezone.now() + LASTS
        )
        record(Event.INVITATION_MADE, invitation, organisation=by.organisation)
    return invitation, token


def revoke(invitation: Invitation) -> None:
    with transaction.atomic():
        record(Event.INVITATION_REVOKED, invitation, organisation=invitation.made_by.organisation)
        invitation.delete()


def find(token: str) -> Invitation:
    """The invitation with that token. Raises UserError (404) if it lets nobody in any more."""
    found = Invitation.objects.good().select_related("made_by__organisation", "made_by__user")
    invitation = found.filter(digest=_digest(token)).first()
    if invitation is None:
        raise UserError(
            "This invitation has been used or revoked, or is older than a week.",
            "Ask whoever invited you for a new one.",
            status=404,
        )
    return invitation


def accept(token: str, person: User) -> Membership:
    """Make the person a member. Of two people who use the link at once, the second finds it spent: UserError (404).

    Whoever is a member already stays what they are, and the link stays good for somebody else: UserError (409).
    """
    with transaction.atomic():
        list(Invitation.objects.select_for_update().filter(digest=_digest(token)))
        invitation = find(token)
        organisation = invitation.made_by.organisation
        membership, is_new = Membership.objects.get_or_create(
            organisation=organisation, user=person, defaults={"role": invitation.role}
        )
        if not is_new:
            raise UserError(f"You are a member of {organisation} already.", "Your role stays as it is.", status=409)
        invitation.delete()
        record(Event.INVITATION_ACCEPTED, invitation, organisation=organisation, person=person)
    return membership


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
