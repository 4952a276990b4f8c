"""The security log, attempts at passwords, and the link that makes the first administrator."""

from django.contrib.auth.models import User
from django.db import models

from statetrace_ui.accounts.events import Event
from statetrace_ui.web.models import Organisation


class SecurityEvent(models.Model):
    """Something that a person, or a command, did or was refused. Written by `security_log.record`; never changed, but
    for words of its subject that are erased.

    Names are kept as text beside the ids, without constraints: the entry outlives the person and the organisation.
    """

    at = models.DateTimeField(auto_now_add=True)
    event = models.CharField(max_length=40, help_text="A value of events.Event.")
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
        verbose_name_plural = "security log"
        indexes = [
            # What each filter of the log's page reads, newest first.
            models.Index(fields=["organisation", "-id"], name="security_by_organisation"),
            models.Index(fields=["person_name", "-id"], name="security_by_person_name"),
            models.Index(fields=["event", "-id"], name="security_by_event"),
            # Where a day ends, what happened lately, and what is old enough to be removed.
            models.Index(fields=["at"], name="security_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.event} by {self.person_name}"

    @property
    def label(self) -> str:
        """The event in words; one of another version as it is stored."""
        return str(Event(self.event).label) if self.event in Event.values else self.event


class PasswordAttempts(models.Model):
    """How many passwords were wrong for one of `throttle.counters`, and when the next one may be tried.

    key: a digest, for what is typed as a name may be a password. failures: at `counted_at`; they leak away with time.
    """

    key = models.CharField(max_length=80, primary_key=True)
    failures = models.FloatField(default=0)
    counted_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True, help_text="From then on the row says nothing any more.")

    def __str__(self) -> str:
        return self.key


class SetupLink(models.Model):
    """The link by which the first administrator is made: there is one at most. Kept as a digest, as passwords are."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the token, which is random.")
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.expires_at}"
