"""Organisations and their members. A viewer can open only things of an organisation that the viewer is a member of."""

from django.conf import settings
from django.db import models


class Organisation(models.Model):
    name = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=40, unique=True, help_text="Names the organisation's databases and roles.")
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="organisations")

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_managers(self) -> "MembershipQuerySet":
        """Memberships whose `may_manage` is true."""
        return self.filter(role=Membership.Role.MANAGER)


class Membership(models.Model):
    class Role(models.TextChoices):
        """What members may do: look; look and take copies with them; everything."""

        READER = "reader", "Viewer"
        ANALYST = "analyst", "Analyst"
        MANAGER = "manager", "Manager"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.READER)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "user"], name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation}"

    @property
    def may_manage(self) -> bool:
        """Whether the member may change things that the organisation owns."""
        return self.role == self.Role.MANAGER

    @property
    def may_download(self) -> bool:
        """Whether the member may take what pages show away as files."""
        return self.role in (self.Role.ANALYST, self.Role.MANAGER)
