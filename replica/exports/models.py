"""Exports and their runs, in the dashboard's own database."""

from django.db import models
from django.utils import timezone

from statetrace_ui.web.models import Organisation
from statetrace_ui.web.outcomes import Outcome
from statetrace_ui.web.tones import Tone


class UserFlowExport(models.Model):
    """A user flow of the store that belongs to an organisation, and the state of its copy in the replica."""

    class Status(models.TextChoices):
        INACTIVE = "Inactive", "Inactive"  # never exported
        OUT_OF_SYNC = "Out of Sync", "Out of Sync"  # sessions wait to be exported
        SYNCING = "Syncing", "Syncing"
        ERROR = "Error", "Error"  # the last sync failed
        IN_SYNC = "In Sync", "In Sync"

        @property
        def tone(self) -> Tone:
            return EXPORT_TONES[self]

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="user_flow_exports")
    user_flow_id = models.CharField(max_length=36, unique=True)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    autosync = models.BooleanField(default=False, help_text="Export whenever a session is added or updated.")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.INACTIVE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="user_flow_name_once")]

    def __str__(self) -> str:
        return self.name


class SyncRun(models.Model):
    """One run of an export: its progress, then its outcome. Counts are of committed sessions and rows only."""

    export = models.ForeignKey(UserFlowExport, models.CASCADE, related_name="runs")
    outcome = models.CharField(max_length=7, choices=Outcome.choices, default=Outcome.QUEUED)
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    sessions_total = models.PositiveIntegerField(default=0)
    sessions_done = models.PositiveIntegerField(default=0)
    rows_by_table = models.JSONField(default=dict)
    attempt = models.PositiveIntegerField(default=0, help_text="Attempts that met a passing failure.")
    retry_at = models.DateTimeField(null=True, help_text="When a run that met a passing failure is tried again.")
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["export", "-id"], name="run_newest")]
        constraints = [
            # A second click while a run waits must not start another.
            models.UniqueConstraint(fields=["export"], condition=models.Q(outcome="queued"), name="one_waiting_run"),
        ]

    def __str__(self) -> str:
        return f"{self.export}: {self.get_outcome_display()}"

    @property
    def rows(self) -> int:
        """Committed rows over all tables."""
        return sum(self.rows_by_table.values())

    @property
    def tables(self) -> list[tuple[str, int]]:
        """Committed rows of each table, the largest first."""
        return sorted(self.rows_by_table.items(), key=lambda item: -item[1])

    @property
    def duration(self) -> float | None:
        """Milliseconds from its first attempt to its end."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds() * 1000

    @property
    def retry_in(self) -> int | None:
        """Seconds until the next attempt, at least 1."""
        if self.retry_at is None:
            return None
        return max(1, round((self.retry_at - timezone.now()).total_seconds()))


EXPORT_TONES = {
    UserFlowExport.Status.INACTIVE: Tone.PLAIN,
    UserFlowExport.Status.OUT_OF_SYNC: Tone.WARN,
    UserFlowExport.Status.SYNCING: Tone.INFO,
    UserFlowExport.Status.ERROR: Tone.BAD,
    UserFlowExport.Status.IN_SYNC: Tone.GOOD,
}
