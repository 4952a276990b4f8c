"""What somebody asked to delete. The row is written before anything goes, so a worker that is killed is followed."""

import uuid

from django.db import models

from statetrace_ui.web.models import Organisation
from statetrace_ui.web.tones import Status, Tone


class Deletion(models.Model):
    """One session, user flow, copy or replica that is to go, or has gone. A copy is that of a flow in one target.

    subject: the id of the session or flow, the export's number, or the database's name. name: what people call it.
    counts: rows by table that the preview found in the store, or in the copy if that is what goes.
    """

    class Kind(models.TextChoices):
        SESSION = "session", "Session"
        FLOW = "flow", "User flow"
        COPY = "copy", "Copy"
        REPLICA = "replica", "Replica"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="deletions")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, help_text="What the store knows it by.")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    subject = models.CharField(max_length=255)
    user_flow_id = models.CharField(max_length=36, blank=True)
    name = models.CharField(max_length=255)
    counts = models.JSONField(default=dict)
    person_name = models.CharField(max_length=150)
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, help_text="Why the last attempt did not finish; the next one follows.")

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="deletion_newest")]
        constraints = [
            # A second click must not ask for the same again.
            models.UniqueConstraint(
                fields=["organisation", "kind", "subject"],
                condition=models.Q(finished_at=None),
                name="one_deletion_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def status(self) -> Status:
        if self.finished_at:
            return Status("Gone", Tone.GOOD)
        return Status("Waits for the next attempt", Tone.WARN) if self.error else Status("Under way", Tone.INFO)
