"""Invitations. Who belongs to an organisation is said by `web.models.Membership`."""

from django.db import models
from django.utils import timezone

from statetrace_ui.web.models import Membership


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def good(self) -> "InvitationQuerySet":
        """Those that still let somebody in: whoever made them is a manager to this day."""
        made_by = models.Q(made_by__role=Membership.Role.MANAGER, made_by__user__is_active=True)
        return self.filter(made_by, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A link by which one person joins an organisation. Kept as a digest, as passwords are; gone once it is used.

    It hangs on the membership of whoever made it: a manager who leaves takes along what would let them in again.
    """

    made_by = models.ForeignKey(Membership, models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, which is random.")
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=10, choices=Membership.Role.choices)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.email or 'whoever has the link'}: {self.get_role_display()}"
