"""What is remembered of what needs attention: since when, and who has seen it."""

from django.db import models
from django.utils import timezone

from statetrace_ui.web.concerns import Kind, Severity
from statetrace_ui.web.models import Membership, Organisation

KINDS = [(kind.value, kind.label) for kind in Kind]
SEVERITIES = [(severity.value, severity.label) for severity in Severity]


class Look(models.Model):
    """When a worker last looked what needs attention in an organisation."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.organisation}: {self.at}"


class Occurrence(models.Model):
    """Something that a worker found to need attention, from when it began until it was over.

    key, for_managers, about: as of `Concern`. What concerns one person alone is not noted. One that begins anew is
    another row. noticed_at: when a worker first saw it.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False, related_name="+")
    key = models.CharField(max_length=300)
    kind = models.CharField(max_length=20, choices=KINDS)
    severity = models.PositiveSmallIntegerField(choices=SEVERITIES)
    what = models.TextField()
    url = models.TextField()
    for_managers = models.BooleanField(default=False)
    about = models.CharField(max_length=300, blank=True)
    since = models.DateTimeField()
    noticed_at = models.DateTimeField(default=timezone.now)
    over_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Also leads to what is not over.
            models.UniqueConstraint(
                fields=["organisation", "key"], condition=models.Q(over_at=None), name="occurrence_once"
            ),
        ]
        indexes = [
            models.Index(fields=["over_at"], condition=~models.Q(over_at=None), name="occurrence_over"),
            # What began lately, or is over since, for those who watch it.
            models.Index(fields=["organisation", "-id"], name="occurrence_newest"),
        ]

    def __str__(self) -> str:
        return self.what


class Seen(models.Model):
    """That a member has seen this occurrence (`Concern.occurrence`) of what the key names, when it was not worse."""

    membership = models.ForeignKey(Membership, models.CASCADE, db_index=False, related_name="+")
    key = models.CharField(max_length=300)
    occurrence = models.CharField(max_length=60)
    severity = models.PositiveSmallIntegerField(choices=SEVERITIES)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "key"], name="seen_once")]

    def __str__(self) -> str:
        return f"{self.membership}: {self.key}"
