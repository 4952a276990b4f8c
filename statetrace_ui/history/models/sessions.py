"""Sessions and their actions."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Left, NullIf

from statetrace_ui.history.models.sources import Source
from statetrace_ui.history.models.transactions import Transaction

# The expressions by which an actor is found. Queries must repeat them exactly, or they do not use the indexes on them.
# Texts are cut because an index refuses long ones.
ACTOR_ID = Left("actor_id", 200)
ACTOR_WORDS = SearchVector(ACTOR_ID, Left("actor_full_name", 200), Left("actor_email", 200), config="simple")
# As `Session.known_as` says who the actor is; of a session `s`, as SQL.
NOTHING = Value("", models.TextField())
KNOWN_AS = Coalesce(NullIf("actor_id", NOTHING), NullIf("actor_email", NOTHING), "actor_full_name")
KNOWN_AS_SQL = "COALESCE(NULLIF(s.actor_id, ''), NULLIF(s.actor_email, ''), s.actor_full_name)"
ACTION_VERSION = Left("version", 200)


class Session(models.Model):
    """A logical grouping of actions by one actor. Added when first mentioned: its own annotation may come later."""

    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    key = models.TextField(help_text="The id in the annotation table.")
    actor_id = models.TextField(blank=True)
    actor_full_name = models.TextField(blank=True)
    actor_email = models.TextField(blank=True)
    actor_avatar = models.TextField(blank=True)  # any text; `avatars.py` says what of it is shown
    client_user_agent = models.TextField(blank=True)
    application_id = models.TextField(blank=True)
    application_type = models.TextField(blank=True)
    meta = models.JSONField(null=True)
    payload = models.JSONField(null=True)
    announced = models.BooleanField(default=False, help_text="Whether the session's own annotation has arrived.")
    # Later announcements that named another actor or added to it, as `announcements.py` keeps them, and their count.
    later = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    later_count = models.BigIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField(help_text="Commit time of whatever named the session first.")
    last_at = models.DateTimeField()
    action_count = models.BigIntegerField(default=0)
    change_count = models.BigIntegerField(default=0)
    # The erasure that took the actor, or words, out of it. What is announced of it afterwards does not count.
    erasure_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="session_key_once")]
        indexes = [
            models.Index(fields=["source", "-started_at", "-id"], name="session_newest"),
            models.Index("source", ACTOR_ID, F("started_at").desc(), F("id").desc(), name="session_by_actor_id"),
            # An actor by the beginnings of words of the name, email or id.
            GinIndex(ACTOR_WORDS, name="session_by_actor_words"),
        ]

    def __str__(self) -> str:
        unknown = "Erased actor" if self.erasure_id else "Unknown actor"
        return self.actor_full_name or self.actor_email or self.actor_id or unknown

    @property
    def known_as(self) -> str:
        """By which text the actor is asked for exactly; '' of one that is not known."""
        return self.actor_id or self.actor_email or self.actor_full_name


class Action(models.Model):
    """One thing that a session did, in one transaction. Pages call a transaction without an action unattributed."""

    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    session_id = models.BigIntegerField(null=True)
    session = models.ForeignObject(
        Session,
        models.DO_NOTHING,
        from_fields=["source", "session_id"],
        to_fields=["source", "id"],
        null=True,
        related_name="actions",
    )
    transaction_id = models.BigIntegerField()
    transaction = models.ForeignObject(
        Transaction,
        models.DO_NOTHING,
        from_fields=["source", "transaction_id"],
        to_fields=["source", "id"],
        related_name="actions",
    )
    key = models.TextField(help_text="The id in the annotation table; may repeat after that table was truncated.")
    url = models.TextField(blank=True)
    method = models.TextField(blank=True)
    version = models.TextField(blank=True)
    length_ms = models.FloatField(null=True)
    parent_key = models.TextField(blank=True)
    meta = models.JSONField(null=True)
    payload = models.JSONField(null=True)
    at = models.DateTimeField(help_text="When its transaction committed.")
    change_count = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            # A session's timeline, in order of time, paged by keyset.
            models.Index(fields=["source", "session_id", "at", "id"], name="action_by_session"),
            # The actions of a transaction, in the order of the log.
            models.Index(fields=["source", "transaction_id", "id"], name="action_by_transaction"),
            # The action that another one names as its parent: the nearest of that key.
            models.Index(fields=["source", "key", "id"], name="action_by_key_and_id"),
            # The actions that name one as their parent, in order.
            models.Index(
                fields=["source", "parent_key", "id"], name="action_by_parent", condition=~models.Q(parent_key="")
            ),
            # The builds of an application, and the newest actions of each.
            models.Index(
                "source", ACTION_VERSION, F("id").desc(), name="action_by_version", condition=~models.Q(version="")
            ),
            models.Index(
                fields=["source", "-id"], name="action_without_session", condition=models.Q(session_id__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.url}".strip() or self.key
