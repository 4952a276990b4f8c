"""Questions that tell somebody when they match something new."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.history.models.questions import SavedQuestion
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.tones import Status, Tone


class Alert(models.Model):
    """Tells of new matches of a saved question: one person, or with no `person` the organisation.

    It always tells on its page. by_mail: the person, or every manager. endpoint: only of the organisation's alerts.
    reached: the last change that was looked at. Ids are the order of visibility over all sources, so one is enough.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False, related_name="alerts")
    question = models.ForeignKey(SavedQuestion, models.CASCADE, related_name="alerts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    by_mail = models.BooleanField(default=False)
    endpoint = models.ForeignKey(Endpoint, models.SET_NULL, null=True, related_name="+")
    reached = models.BigIntegerField()
    looked_at = models.DateTimeField(null=True)
    fault = models.TextField(blank=True, help_text="Why it could not look the last time; it goes on from `reached`.")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # They also lead to what is listed: the alerts of a person and of the organisation.
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "person", "question"],
                name="alert_of_person_once",
                condition=Q(person__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["organisation", "question"], name="alert_of_all_once", condition=Q(person__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.question.name

    @property
    def state(self) -> Status:
        return Status("Cannot look", Tone.BAD) if self.fault else Status("Looks", Tone.GOOD)


class AlertFinding(models.Model):
    """What one look of an alert found, or that it could not look: what its page lists.

    changes: ids of the first ones alone. What they were stays in history, where it may be masked or erased.
    """

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="findings", db_index=False)
    at = models.DateTimeField(auto_now_add=True)
    count = models.PositiveIntegerField(default=0)
    changes = ArrayField(models.BigIntegerField(), default=list)
    since = models.DateTimeField(null=True, help_text="When the first one was committed.")
    until = models.DateTimeField(null=True, help_text="When the last one was committed.")
    fault = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["alert", "-id"], name="alert_finding_newest")]

    def __str__(self) -> str:
        return f"{self.alert}: {self.fault or self.count}"
