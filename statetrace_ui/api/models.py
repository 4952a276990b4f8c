"""Tokens, how fast they are used, and what was answered to requests that may be sent again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from statetrace_ui.api.scopes import Scope
from statetrace_ui.web.crypto import EncryptedTextField
from statetrace_ui.web.models import Membership


class Token(models.Model):
    """What a program of a person says to call the API for one organisation.

    It hangs on the membership: whoever leaves the organisation has none left, and none comes back with them.
    """

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True, help_text="Its beginning, by which it is found and shown.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the whole, 256 bits of which are random.")
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, help_text="To the minute.")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_good(self) -> bool:
        """Whether it may be used now."""
        return not self.is_expired and self.membership.user.is_active

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()


class Pace(models.Model):
    """How much of its limit a token has used. The table is not logged: a crash of the server forgives everybody.

    full_at: when nothing of it counts any more (`rates.py`).
    """

    token = models.OneToOneField(Token, models.CASCADE, primary_key=True, related_name="+")
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.full_at}"


class KeptAnswer(models.Model):
    """What was answered to a request with an `Idempotency-Key`, for the same request sent again."""

    token = models.ForeignKey(Token, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(help_text="Some answers tell a secret that is told once.")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="answer_kept_once")]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"
