"""The security log, attempts at passwords, sessions, second factors, and the link of the first administrator."""

from django.contrib.auth.models import User
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from statetrace_ui.accounts.events import Event
from statetrace_ui.web.crypto import EncryptedTextField
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
            # The same of one organisation, whose manager filters its own entries alone.
            models.Index(fields=["organisation", "person_name", "-id"], name="security_of_person"),
            models.Index(fields=["organisation", "event", "-id"], name="security_of_event"),
            models.Index(fields=["organisation", "address", "-id"], name="security_of_address"),
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


class Session(AbstractBaseSession):
    """A browser's session, with what its person can recognise it by (`sessions.SessionStore` fills the columns)."""

    person = models.ForeignKey(User, models.CASCADE, null=True, related_name="browser_sessions")
    device = models.TextField(blank=True, help_text="The user agent that signed in.")
    address = models.GenericIPAddressField(null=True, help_text="From which it signed in.")
    begun_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text="To the minute.")


class Authenticator(models.Model):
    """A person's app that shows codes which change every 30 seconds (TOTP, RFC 6238)."""

    person = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="authenticator")
    secret = EncryptedTextField()
    confirmed_at = models.DateTimeField(null=True, help_text="When its first code was typed; NULL: not in use yet.")
    last_step = models.BigIntegerField(default=0, help_text="Of the last code that was taken: none is taken twice.")

    def __str__(self) -> str:
        return f"Authenticator of {self.person}"


class Passkey(models.Model):
    """A key that lives in a person's device (WebAuthn)."""

    person = models.ForeignKey(User, models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=100)
    credential = models.BinaryField(help_text="Its id and public key.")
    counter = models.BigIntegerField(default=0, help_text="How often the device says that it has signed.")
    made_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code that stands in once for a second factor that was lost. Kept as a keyed digest."""

    person = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="one_recovery_code_each")]

    def __str__(self) -> str:
        return f"Recovery code of {self.person}"


class Identity(models.Model):
    """Who a person is at the provider of single sign-on."""

    person = models.ForeignKey(User, models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_identity_each")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
