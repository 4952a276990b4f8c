"""Changes of memberships. An organisation always keeps a manager who can sign in."""

from django.db import transaction
from django.shortcuts import get_object_or_404

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.accounts.sessions import end_others
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership, Organisation


def set_role(membership: Membership, role: str) -> None:
    """Give the member another role. Raises UserError for the last manager."""
    with transaction.atomic():
        held = _held(membership)
        if role != Membership.Role.MANAGER:
            _require_another_manager(held)
        held.role = role
        held.save()


def remove(membership: Membership) -> None:
    """End the membership, and with it its tokens and invitations. Raises UserError for the last manager."""
    with transaction.atomic():
        held = _held(membership)
        _require_another_manager(held)
        held.delete()
        if not Membership.objects.filter(user=held.user).exists():
            end_others(held.user)  # nothing is left that they could open


def require_second_factor(organisation: Organisation, required: bool) -> None:
    """Members whose session was begun by a password alone are led to set up a second factor from their next page on."""
    with transaction.atomic():
        changed = Organisation.objects.filter(pk=organisation.pk).exclude(requires_second_factor=required)
        if changed.update(requires_second_factor=required):
            record(Event.SECOND_FACTOR_REQUIRED, "yes" if required else "no", organisation=organisation)


def _held(membership: Membership) -> Membership:
    """The membership as it is now. Of two managers who remove each other at once, the second waits here."""
    Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    return get_object_or_404(Membership.objects.select_related("user", "organisation"), pk=membership.pk)


def _require_another_manager(membership: Membership) -> None:
    managers = Membership.objects.of_managers().filter(organisation=membership.organisation, user__is_active=True)
    if membership.may_manage and not managers.exclude(pk=membership.pk).exists():
        raise UserError(
            "An organisation needs a manager, and this is the last one.",
            "Make somebody else a manager first.",
            status=409,
        )
