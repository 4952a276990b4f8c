"""Runs that compare history with the source, and what they found."""

from django.db import models

from statetrace_ui.history.models import Source
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.tones import Tone


class Verification(models.Model):
    """One comparison of a source's tables with its history; its progress, then its outcome."""

    class Outcome(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        CLEAN = "clean", "No difference"
        DIFFERENT = "different", "Differences"
        INCOMPLETE = "incomplete", "Not all compared"
        FAILED = "failed", "Failed"

        @property
        def tone(self) -> Tone:
            return OUTCOME_TONES[self]

    UNFINISHED = (Outcome.QUEUED, Outcome.RUNNING)

    source = models.ForeignKey(Source, models.CASCADE, related_name="verifications", db_index=False)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.QUEUED)
    # [schema, name] of the tables that were asked for; empty for all.
    names = models.JSONField(default=list)
    mends = models.BooleanField(default=False, help_text="Whether rows that differ are corrected in history.")
    chain = models.BooleanField(default=False, help_text="Whether the chain of history is walked, too.")
    requested_by = models.CharField(max_length=150, blank=True, help_text="Who asked for it; empty for the schedule.")
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    progress = models.TextField(blank=True)
    tables = models.PositiveIntegerField(default=0, help_text="Tables to compare.")
    tables_done = models.PositiveIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    differences = models.BigIntegerField(default=0)
    more = models.BooleanField(default=False, help_text="Whether there are differences that were not looked at.")
    mended = models.BigIntegerField(default=0)
    not_compared = models.PositiveIntegerField(default=0, help_text="Tables that could not be compared.")
    chain_findings = models.PositiveIntegerField(null=True, help_text="Null as long as it was not walked.")
    chain_words = models.TextField(blank=True, help_text="What came of the walk along the chain, in sentences.")
    error = models.TextField(blank=True)
    error_detail = models.TextField(blank=True, help_text="The server's own words, for managers alone.")

    class Meta:
        indexes = [models.Index(fields=["source", "-id"], name="verification_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(outcome__in=["queued", "running"]), name="one_verification"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.get_outcome_display()}"

    @property
    def outcome_now(self) -> "Verification.Outcome":
        return self.Outcome(self.outcome)

    @property
    def unfinished(self) -> bool:
        return self.outcome in self.UNFINISHED


class VerifiedTable(models.Model):
    """What came of one table in a run. reason: why it was not compared, in a sentence; '' if it was."""

    verification = models.ForeignKey(Verification, models.CASCADE, related_name="verified_tables", db_index=False)
    schema_name = models.CharField(max_length=63)
    table_name = models.CharField(max_length=63)
    lsn = models.BigIntegerField(default=0, help_text="The position of the log at which it was compared.")
    rows = models.BigIntegerField(default=0)
    differences = models.BigIntegerField(default=0)
    more = models.BooleanField(default=False)
    mended = models.BigIntegerField(default=0)
    erased = models.BigIntegerField(default=0, help_text="Rows whose values were erased from history.")
    unknown = models.JSONField(default=list, help_text="Columns that are not captured.")
    reason = models.TextField(blank=True)
    detail = models.TextField(blank=True, help_text="The server's own words, for managers alone.")

    class Meta:
        indexes = [models.Index(fields=["verification", "id"], name="verified_table_of_run")]

    def __str__(self) -> str:
        return f"{self.schema_name}.{self.table_name}"

    @property
    def qualified_name(self) -> str:
        return qualified_name(self.schema_name, self.table_name)


class RowDifference(models.Model):
    """A row that differed. Its values are not kept here: its record's page has them."""

    class Kind(models.TextChoices):
        VALUE = "value", "Other values"
        MISSING = "missing", "Missing in history"
        EXTRA = "extra", "Only in history"
        ERASED = "erased", "Erased here, but not in the table: erase it there, too"

    table = models.ForeignKey(VerifiedTable, models.CASCADE, related_name="row_differences", db_index=False)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    record_key = models.TextField(blank=True, help_text="'' of a table without a key.")
    columns = models.JSONField(default=list, help_text="The columns whose values differ.")
    times = models.BigIntegerField(default=1, help_text="How many equal rows; more than one without a key alone.")

    class Meta:
        indexes = [models.Index(fields=["table", "id"], name="row_difference_of_table")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.record_key}"


OUTCOME_TONES = {
    Verification.Outcome.QUEUED: Tone.INFO,
    Verification.Outcome.RUNNING: Tone.INFO,
    Verification.Outcome.CLEAN: Tone.GOOD,
    Verification.Outcome.DIFFERENT: Tone.BAD,
    Verification.Outcome.INCOMPLETE: Tone.WARN,
    Verification.Outcome.FAILED: Tone.BAD,
}
