"""Organisations and their members. A viewer can open only things of an organisation that the viewer is a member of."""

from django.conf import settings
from django.db import models


class Organisation(models.Model):
    name = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=40, unique=True, help_text="Names the organisation's databases and roles.")
    requires_second_factor = models.BooleanField(
        default=False, help_text="Whether members who sign in by password need a second factor."
    )
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

    # Such a membership follows the person's groups at each sign-in, until it ends with them.
    from_groups = models.BooleanField(default=False, help_text="Whether single sign-on gave it.")

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


class Profile(models.Model):
    """What the site remembers of a person, beside what Django's user has. Whoever has chosen nothing has none."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="profile")
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, related_name="+", help_text="The one that was last chosen."
    )
    time_zone = models.CharField(max_length=60, blank=True, help_text="'' for the browser's.")
    verified_email = models.EmailField(blank=True, help_text="An address at which the person has opened a link.")

    def __str__(self) -> str:
        return str(self.person)
