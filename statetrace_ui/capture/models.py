"""Column rules of sources: the rules that people set, the secret behind digests, and runs that mask what is stored.

Those of verification are in `verification/models.py`, drafts of sources in `adding/models.py`.
"""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models

from statetrace_ui.capture.adding.models import SourceDraft
from statetrace_ui.capture.verification.models import RowDifference, Verification, VerifiedTable
from statetrace_ui.history.models import Source
from statetrace_ui.web.crypto import EncryptedTextField
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.outcomes import HasOutcome, Outcome

__all__ = ["ColumnRule", "MaskingKey", "MaskingRun", "RowDifference", "SourceDraft", "Verification", "VerifiedTable"]


def new_key() -> str:
    return secrets.token_hex(32)


class MaskingKey(models.Model):
    """The secret of a source's digests, stored encrypted: digests stay the same when ENCRYPTION_KEYS are rotated."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="masking_key")
    key = EncryptedTextField(default=new_key)

    def __str__(self) -> str:
        return f"Key of {self.source}"


class Process(models.Model):
    """A capture process that is alive; `processes.py` writes it. names: of the sources that it is for; []: for all."""

    key = models.BigIntegerField(primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    names = ArrayField(models.TextField(), default=list)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host}, process {self.pid}"


class Figures(models.Model):
    """What a source's worker counts and measures, for /metrics; `figures.py` writes it."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="figures")
    transactions = models.BigIntegerField()
    rows = models.BigIntegerField()
    flushes = models.BigIntegerField()
    flush_seconds = models.FloatField()
    errors = models.BigIntegerField()
    lag_seconds = models.FloatField(null=True)
    retained_wal = models.BigIntegerField(null=True, help_text="Bytes of log that the server keeps for the slot.")
    reported_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Figures of {self.source}"


class Baseline(models.Model):
    """How far the first reading of a source's tables is, or was; `baseline.py` writes it while it goes on.

    waits_for: transactions, in words, that must end before the replication slot can be made.
    """

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="baseline")
    began_at = models.DateTimeField()
    waits_for = models.JSONField(default=list)
    reading_since = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Baseline of {self.source}"


class BaselineTable(models.Model):
    """A table of a baseline. place: the order in which they are read. expected: rows, by the server's statistics."""

    baseline = models.ForeignKey(Baseline, models.CASCADE, related_name="tables", db_index=False)
    place = models.IntegerField()
    name = models.TextField()
    expected = models.BigIntegerField()
    rows = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["baseline", "place"], name="baseline_table_place")]

    def __str__(self) -> str:
        return self.name


class SourceTask(HasOutcome, models.Model):
    """What somebody has asked a worker to do with a source: give it another address, or remove it.

    It outlives the source. insists: whether history goes on though the address leads to another server, or the source
    is removed though its server does not answer. rows: of history, deleted so far.
    """

    class Kind(models.TextChoices):
        READDRESS = "readdress", "New address"
        REMOVE = "remove", "Removal"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="source_tasks")
    source = models.ForeignKey(Source, models.SET_NULL, null=True, related_name="tasks")
    source_name = models.CharField(max_length=63)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    url = EncryptedTextField(blank=True)
    insists = models.BooleanField(default=False)
    deletes_history = models.BooleanField(default=False)
    outcome = models.CharField(max_length=7, choices=Outcome.choices, default=Outcome.QUEUED)
    asked_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    person_name = models.CharField(max_length=150)
    rows = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    error_detail = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="source_task_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(outcome__in=["queued", "running"]), name="one_source_task"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_name}: {self.get_kind_display()}"


class ColumnRule(models.Model):
    """A rule that somebody set. pattern: as `patterns.Pattern` writes it."""

    class Action(models.TextChoices):
        KEEP = "keep", "Keep"
        MASK = "mask", "Mask"
        EXCLUDE = "exclude", "Exclude"

    source = models.ForeignKey(Source, models.CASCADE, related_name="column_rules")
    pattern = models.TextField()
    action = models.CharField(max_length=7, choices=Action.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "pattern"], name="column_rule_once")]

    def __str__(self) -> str:
        return f"{self.action} {self.pattern}"


class MaskingRun(HasOutcome, models.Model):
    """One run that masks what is stored already, by the rules of its source; its progress, then its outcome."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="masking_runs")
    outcome = models.CharField(max_length=7, choices=Outcome.choices, default=Outcome.QUEUED)
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    tables = models.PositiveIntegerField(default=0, help_text="Tables with columns to mask.")
    tables_done = models.PositiveIntegerField(default=0)
    # The rules by which it masks. When they change meanwhile, the run begins again.
    rules_revision = models.BigIntegerField(default=-1)
    # Where the run is: the table, the kind of change and the last id; a run that was killed goes on from here.
    at = models.JSONField(null=True)
    rows_read = models.BigIntegerField(default=0)
    rows_masked = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["source", "-id"], name="masking_run_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(outcome__in=["queued", "running"]), name="one_masking_run"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.get_outcome_display()}"
