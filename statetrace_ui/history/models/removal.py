"""What is removed from history: by age, by rules and runs of retention; by request, by erasures."""

import secrets

from django.db import models

from statetrace_ui.history.models.sources import Source
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.crypto import EncryptedTextField
from statetrace_ui.web.outcomes import HasOutcome, Outcome
from statetrace_ui.web.tones import Tone


class RetentionRule(models.Model):
    """For how long changes are kept: those of one table, or with empty names all for which no other rule is set."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="retention_rules")
    schema_name = models.CharField(max_length=63, blank=True, default="")
    table_name = models.CharField(max_length=63, blank=True, default="")
    keep_days = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "schema_name", "table_name"], name="retention_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.name or 'all tables'}: {self.keep_days} days"

    @property
    def name(self) -> str:
        """The table's qualified name; '' for all tables."""
        return qualified_name(self.schema_name, self.table_name) if self.table_name else ""


class RetentionRun(HasOutcome, models.Model):
    """One run that removes what is over by the rules of its source; its progress, then its outcome."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="retention_runs")
    outcome = models.CharField(max_length=7, choices=Outcome.choices, default=Outcome.QUEUED)
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.TextField(help_text="The name of whoever asked for it.")
    finished_at = models.DateTimeField(null=True)
    # What is over, as it was found when the run began, and the transactions of kept states: see `retention.runs`.
    limits = models.JSONField(default=dict)
    # Where the run is: the step, and the last id that is done; a run that was killed goes on from here.
    step = models.CharField(max_length=20, blank=True)
    last_id = models.BigIntegerField(default=0)
    changes = models.BigIntegerField(default=0, help_text="Changes that were removed.")
    checkpoints = models.BigIntegerField(default=0, help_text="Changes that became the kept state of their record.")
    transactions = models.BigIntegerField(default=0)
    actions = models.BigIntegerField(default=0)
    sessions = models.BigIntegerField(default=0)
    annotations = models.BigIntegerField(default=0, help_text="Annotations that were not understood.")
    partitions = models.PositiveIntegerField(default=0, help_text="Partitions that were dropped as a whole.")
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["source", "-id"], name="retention_run_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(outcome__in=["queued", "running"]), name="one_retention_run"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.outcome_now.label}"

    @property
    def removed_anything(self) -> bool:
        return any((self.changes, self.transactions, self.sessions, self.annotations))


class KeptRow(models.Model):
    """A change that a run of retention keeps as a row of a table without a key; gone with the run."""

    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    change_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "change_id"], name="kept_row_once")]

    def __str__(self) -> str:
        return str(self.change_id)


def new_secret() -> str:
    return secrets.token_hex(32)


class Erasure(models.Model):
    """A record or a person that is erased from a source's history: first counted, then confirmed, then done.

    In between it waits where capture has still to store something of before the confirmation; see `erasure.waiting`.
    What is looked for is forgotten with the last batch: what stays says when, by whom, why, where and how much.
    """

    class Kind(models.TextChoices):
        RECORD = "record", "A record"
        PERSON = "person", "A person"

    class State(models.TextChoices):
        COUNTING = "counting", "Being counted"
        COUNTED = "counted", "Waits for confirmation"
        ERASING = "erasing", "Being erased"
        WAITING = "waiting", "Waits for capture"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

        @property
        def tone(self) -> Tone:
            return ERASURE_TONES[self]

    source = models.ForeignKey(Source, models.CASCADE, related_name="erasures")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.COUNTING)
    reason = models.TextField(blank=True, help_text="Why, e.g. the number of a ticket. It stays, so no personal data.")
    # Names of tables and columns alone: what was looked into. [["schema", "table", "column" or ""], …]
    places = models.JSONField(default=list)
    # What is looked for, as `erasure.wanted.Wanted` writes it; '' once that is done or cancelled.
    wanted = EncryptedTextField(blank=True)
    # Of the digests that stand in place of keys. Without it nobody can find out of which keys they are.
    secret = EncryptedTextField(default=new_secret, blank=True)
    asked_by = models.TextField()
    asked_at = models.DateTimeField(auto_now_add=True)
    confirmed_by = models.TextField(blank=True)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Where it is, as in RetentionRun.
    step = models.CharField(max_length=20, blank=True)
    last_id = models.BigIntegerField(default=0)
    # What must be stored before the last pass, as `capture/unstored.py` notes it. waits_for: what is not stored yet, in
    # a sentence; as long as it erases, of when the pass began.
    mark = models.JSONField(default=dict)
    waits_for = models.TextField(blank=True)
    # {"what": count}, see `erasure.counts`: as previewed, and as done.
    found = models.JSONField(default=dict)
    done = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["source", "-id"], name="erasure_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(state__in=["counting", "erasing"]), name="one_erasure_at_work"
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure {self.pk} of {self.source}"

    @property
    def state_now(self) -> "Erasure.State":
        return self.State(self.state)

    @property
    def at_work(self) -> bool:
        return self.state in (self.State.COUNTING, self.State.ERASING, self.State.WAITING)

    @property
    def may_be_confirmed(self) -> bool:
        """Whether it was counted, or failed when it was confirmed already."""
        return self.state == self.State.COUNTED or (self.state == self.State.FAILED and self.confirmed_at is not None)

    @property
    def may_be_cancelled(self) -> bool:
        return self.state in (self.State.COUNTED, self.State.FAILED) and self.confirmed_at is None

    @property
    def changes_done(self) -> int:
        return sum(count for what, count in self.done.items() if what.startswith("changes "))

    @property
    def places_named(self) -> list[str]:
        """Where it looked, as `schema.table` or `schema.table, column`."""
        return [
            f"{qualified_name(schema, table)}{', ' + column if column else ''}" for schema, table, column in self.places
        ]


ERASURE_TONES = {
    Erasure.State.COUNTING: Tone.INFO,
    Erasure.State.COUNTED: Tone.WARN,
    Erasure.State.ERASING: Tone.INFO,
    Erasure.State.WAITING: Tone.WARN,
    Erasure.State.DONE: Tone.GOOD,
    Erasure.State.FAILED: Tone.BAD,
    Erasure.State.CANCELLED: Tone.PLAIN,
}


class ErasedRecord(models.Model):
    """A record that an erasure found; gone once that is done.

    key: as changes have it; '' of a row without a key, which is one change. followed: whether its other keys are noted.
    """

    erasure = models.ForeignKey(Erasure, models.CASCADE, db_index=False, related_name="records")
    table_id = models.IntegerField()
    key = models.TextField(blank=True)
    change_id = models.BigIntegerField(default=0)
    followed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["erasure", "table_id", "key", "change_id"], name="erased_record_once")
        ]
        indexes = [models.Index(fields=["erasure", "id"], name="erased_record_in_order")]

    def __str__(self) -> str:
        return f"{self.table_id} {self.pk}"


class ErasedKeySecret(models.Model):
    """The secret of the digests in ErasedKey, stored encrypted."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="erased_key_secret")
    secret = EncryptedTextField(default=new_secret)

    def __str__(self) -> str:
        return f"Secret of {self.source}"


class ErasedKey(models.Model):
    """A key that an erasure replaced, as a digest, so that a row that still exists is not taken for a missing one."""

    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    table_id = models.IntegerField()
    digest = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "table_id", "digest"], name="erased_key_once")]

    def __str__(self) -> str:
        return self.digest
