"""The security log."""

from django.contrib.auth.models import User
from django.db import models

from statetrace_ui.web.models import Organisation


class SecurityEvent(models.Model):
    """Something that a person, or a command, did or was refused. Written by `security_log.record`, never changed.

    Names are kept as text beside the ids, without constraints: the entry outlives the person and the organisation.
    """

    at = models.DateTimeField(auto_now_add=True)
    event = models.CharField(max_length=40, help_text="A value of security_log.Event.")
    # NULL: a command, or a visitor whose name is not known.
    person = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    person_name = models.TextField()
    # NULL: of no organisation; for superusers alone.
    organisation = models.ForeignKey(
        Organisation, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    organisation_name = models.TextField(blank=True)
    address = models.GenericIPAddressField(null=True, help_text="The client's; NULL for a command.")
    subject = models.TextField(blank=True, help_text="What it was done to. Names and ids, never values or secrets.")

    class Meta:
        verbose_name = "security event"
        indexes = [
            models.Index(fields=["organisation", "-id"], name="security_by_organisation"),
            # Whether a person has looked at a thing lately; the events of one person.
            models.Index(fields=["person", "-id"], name="security_by_person"),
            # What retention removes.
            models.Index(fields=["at"], name="security_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.event} by {self.person_name}"
