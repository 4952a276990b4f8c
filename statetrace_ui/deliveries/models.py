"""Endpoints of webhooks, messages on their way to them or to mailboxes, and each attempt to deliver one."""

import base64
import secrets
import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

from statetrace_ui.deliveries.signing import PREFIX
from statetrace_ui.web.crypto import EncryptedTextField
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.tones import Status, Tone

# For so long after a new secret was made, what is sent is signed with the one before, too.
BOTH_SECRETS = timedelta(hours=24)


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


class Endpoint(models.Model):
    """Where an organisation takes webhooks. Its address may hold a token, so it is stored encrypted like its secret."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="endpoints", db_index=False)
    name = models.CharField(max_length=100)
    url = EncryptedTextField()
    host = models.CharField(max_length=262, help_text="Name and port of the address: what every member may see of it.")
    secret = EncryptedTextField(default=new_secret)
    secret_made_at = models.DateTimeField(default=timezone.now)
    secret_before = EncryptedTextField(blank=True, default="")
    paused = models.BooleanField(default=False, help_text="What is to be sent waits.")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="endpoint_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> list[str]:
        """What signs a message now."""
        lately = self.secret_before and timezone.now() < self.secret_made_at + BOTH_SECRETS
        return [self.secret, self.secret_before] if lately else [self.secret]

    @property
    def state(self) -> Status:
        return Status("Paused", Tone.WARN) if self.paused else Status("Active", Tone.GOOD)


class Delivery(models.Model):
    """A message to one endpoint or mailbox. The row is the truth: what waits and is due is sent by whoever sees it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        GIVEN_UP = "given_up", "Given up"

        @property
        def tone(self) -> Tone:
            return TONES[self]

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="deliveries", db_index=False)
    # NULL: an e-mail, or an endpoint that was removed; `to` says which.
    endpoint = models.ForeignKey(Endpoint, models.SET_NULL, null=True, related_name="deliveries", db_index=False)
    by_mail = models.BooleanField(help_text="Goes to a mailbox, not to an endpoint.")
    to = models.CharField(max_length=320, help_text="The endpoint's name, or the mailbox's address.")
    # What a receiver knows a message by that it gets twice. Random: a restored database would count anew.
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    key = models.CharField(max_length=200, help_text="What is sent with a key that is known is not sent again.")
    event = models.CharField(max_length=60)
    subject = models.CharField(max_length=300)
    body = models.TextField(help_text="JSON for an endpoint, text for a mailbox.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0, help_text="Since it was sent, or sent again.")
    next_attempt_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="delivery_once")]
        indexes = [
            # What a worker takes next, for each endpoint and for all mailboxes.
            models.Index(
                fields=["endpoint", "next_attempt_at"], condition=models.Q(state="waiting"), name="delivery_due"
            ),
            # The log of an organisation and of an endpoint, newest first.
            models.Index(fields=["organisation", "-id"], name="delivery_newest"),
            models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
            # What is old enough to be forgotten.
            models.Index(fields=["created_at"], name="delivery_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.to}"

    @property
    def state_now(self) -> State:
        return self.State(self.state)

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING


class Attempt(models.Model):
    """One attempt at a delivery. One that never ended was begun by a worker that was killed."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempt_set")
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    status = models.PositiveIntegerField(null=True, help_text="Of HTTP or SMTP; NULL: the server did not answer.")
    answer = models.TextField(blank=True, help_text="The beginning of what the server answered.")
    error = models.TextField(blank=True, help_text="Why the message counts as not delivered.")

    def __str__(self) -> str:
        return f"{self.delivery} at {self.began_at}"


TONES = {
    Delivery.State.WAITING: Tone.INFO,
    Delivery.State.DELIVERED: Tone.GOOD,
    Delivery.State.GIVEN_UP: Tone.BAD,
}
