"""Where flows may be copied to beside the organisation's own replica, and whence beside the store."""

from django.db import models

from statetrace_ui.web.crypto import EncryptedTextField
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.tones import Status, Tone


class Target(models.Model):
    """Another organisation's replica, once a manager there has accepted it; or a database on a server of one's own."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="export_targets")
    name = models.CharField(max_length=100)
    recipient = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="received_targets")
    url = EncryptedTextField(blank=True)
    place = models.CharField(max_length=400, help_text="Host and database, or the organisation: what members may see.")
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=150, blank=True)
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="target_name_once"),
            models.UniqueConstraint(
                fields=["organisation", "recipient"],
                condition=models.Q(recipient__isnull=False),
                name="one_target_each_recipient",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> Status:
        if self.accepted_at:
            return Status("Ready", Tone.GOOD)
        return Status(f"Waits until a manager of {self.recipient} accepts it", Tone.WARN)


class Mirror(models.Model):
    """A database of the replica's schema that somebody else fills, from which flows are copied."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="mirrors")
    name = models.CharField(max_length=100)
    url = EncryptedTextField()
    place = models.CharField(max_length=400, help_text="Host and database.")
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="mirror_name_once")]

    def __str__(self) -> str:
        return self.name
