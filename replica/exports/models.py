"""Exports and their runs, in the dashboard's own database."""

from django.db import models
from django.utils import timezone

from replica.exports.outcomes import UNFINISHED, RunOutcome
from replica.exports.targets.models import Mirror, Target
from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.tones import Status, Tone

__all__ = ["ExportDefaults", "Mirror", "SyncRun", "Target", "UserFlowExport", "Verification"]


class FlowManager(models.Manager["UserFlowExport"]):
    """Each user flow once: its export to the organisation's own replica."""

    def get_queryset(self) -> models.QuerySet["UserFlowExport"]:
        return super().get_queryset().filter(target=None)


class UserFlowExport(models.Model):
    """A user flow, and the state of its copy in one place.

    Without a target that place is the organisation's own replica; each flow has such an export, which stands for the
    flow itself. With one it is another copy. A flow of a mirror is read from there, others from the store.
    """

    class Status(models.TextChoices):
        INACTIVE = "Inactive", "Inactive"  # never exported
        OUT_OF_SYNC = "Out of Sync", "Out of Sync"  # sessions wait to be exported
        SYNCING = "Syncing", "Syncing"
        ERROR = "Error", "Error"  # the last sync failed
        IN_SYNC = "In Sync", "In Sync"

        @property
        def tone(self) -> Tone:
            return EXPORT_TONES[self]

        @property
        def meaning(self) -> str:
            """What the word says, in a sentence."""
            return MEANINGS[self]

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="user_flow_exports")
    user_flow_id = models.CharField(max_length=36)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    target = models.ForeignKey(Target, models.CASCADE, null=True, related_name="exports")
    mirror = models.ForeignKey(Mirror, models.CASCADE, null=True, related_name="exports")
    autosync = models.BooleanField(
        null=True, help_text="Export whenever a session is added or updated. Unknown: as the organisation's default."
    )
    table_types = models.JSONField(null=True, help_text="Which are exported; NULL: as the organisation's default.")
    keeps_own = models.BooleanField(default=False, help_text="The two limits below hold, not the default's.")
    keep_days = models.PositiveIntegerField(null=True)
    keep_newest = models.PositiveIntegerField(null=True)
    paused_at = models.DateTimeField(null=True, help_text="Since then AutoSync waits.")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.INACTIVE)
    failure_told = models.BooleanField(
        default=False, help_text="Somebody was told that it fails, and not yet that it recovered."
    )

    objects = FlowManager()
    every = models.Manager()  # noqa: DJ012 - a manager, too

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=models.Q(target=None), name="user_flow_name_once"
            ),
            models.UniqueConstraint(fields=["user_flow_id"], condition=models.Q(target=None), name="user_flow_once"),
            models.UniqueConstraint(
                fields=["user_flow_id", "target"],
                condition=models.Q(target__isnull=False),
                name="user_flow_target_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.target}" if self.target else self.name


class ExportDefaults(models.Model):
    """What holds for the exports of an organisation that have no setting of their own, and who is told of failures."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="export_defaults")
    autosync = models.BooleanField(default=False)
    table_types = models.JSONField(null=True, help_text="Which are exported; NULL: all.")
    keep_days = models.PositiveIntegerField(null=True)
    keep_newest = models.PositiveIntegerField(null=True)
    by_mail = models.BooleanField(default=True, help_text="Managers get an e-mail when an export fails or recovers.")
    endpoint = models.ForeignKey(Endpoint, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "export defaults"

    def __str__(self) -> str:
        return f"Defaults of {self.organisation}"


class SyncRun(models.Model):
    """One run of an export: its progress, then its outcome. Counts are of committed sessions and rows only.

    sessions: the ids that it is to copy; NULL: all that differ. rows_total: rows of what it found to copy. current:
    what is being copied and not committed yet. latest: the sessions that were committed last, newest first.
    """

    export = models.ForeignKey(UserFlowExport, models.CASCADE, related_name="runs")
    outcome = models.CharField(max_length=9, choices=RunOutcome.choices, default=RunOutcome.QUEUED)
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    sessions = models.JSONField(null=True)
    sessions_total = models.PositiveIntegerField(default=0)
    sessions_done = models.PositiveIntegerField(default=0)
    rows_by_table = models.JSONField(default=dict)
    rows_total = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    current = models.JSONField(default=dict)
    latest = models.JSONField(default=list)
    attempt = models.PositiveIntegerField(default=0, help_text="Attempts that met a passing failure.")
    retry_at = models.DateTimeField(null=True, help_text="When a run that met a passing failure is tried again.")
    error = models.TextField(blank=True)
    cancelled_by = models.CharField(max_length=150, blank=True, help_text="Who asked for its end.")

    class Meta:
        indexes = [models.Index(fields=["export", "-id"], name="run_newest")]
        constraints = [
            # A second click while a run waits must not start another.
            models.UniqueConstraint(fields=["export"], condition=models.Q(outcome="queued"), name="one_waiting_run"),
        ]

    def __str__(self) -> str:
        return f"{self.export}: {self.get_outcome_display()}"

    @property
    def unfinished(self) -> bool:
        return self.outcome in UNFINISHED

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
    def rows_per_second(self) -> float | None:
        """Committed rows in a second of its time until now; of a run that waited between attempts that counts, too."""
        if self.started_at is None or not self.rows:
            return None
        seconds = ((self.finished_at or timezone.now()) - self.started_at).total_seconds()
        return self.rows / seconds if seconds > 0 else None

    @property
    def time_left(self) -> float | None:
        """Milliseconds that the rows which are left take at the rate so far."""
        rate = self.rows_per_second
        if not rate or self.rows_total <= self.rows:
            return None
        return (self.rows_total - self.rows) / rate * 1000

    @property
    def retry_in(self) -> int | None:
        """Seconds until the next attempt, at least 1."""
        if self.retry_at is None:
            return None
        return max(1, round((self.retry_at - timezone.now()).total_seconds()))


class Verification(models.Model):
    """A comparison of source and copy: by counts alone, or by the content of each row.

    differences: the first ones, as {"session", "table", "source", "copy", "what"}; `differing` counts all sessions.
    """

    export = models.ForeignKey(UserFlowExport, models.CASCADE, related_name="verifications")
    by_content = models.BooleanField()
    is_whole = models.BooleanField(default=True, help_text="Of all sessions, not only of those that a sync copied.")
    outcome = models.CharField(max_length=9, choices=RunOutcome.choices, default=RunOutcome.QUEUED)
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    sessions = models.PositiveIntegerField(default=0, help_text="Compared so far.")
    rows = models.BigIntegerField(default=0, help_text="Of the source, compared so far.")
    waiting = models.PositiveIntegerField(default=0, help_text="Sessions of other versions, which a sync brings.")
    differing = models.PositiveIntegerField(default=0)
    differences = models.JSONField(default=list)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["export", "-id"], name="export_verification_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["export"], condition=models.Q(outcome="queued"), name="one_waiting_export_verification"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.export}: {self.get_outcome_display()}"

    @property
    def unfinished(self) -> bool:
        return self.outcome in UNFINISHED

    @property
    def outcome_now(self) -> RunOutcome:
        return RunOutcome(self.outcome)

    @property
    def verdict(self) -> Status:
        """What a comparison that has ended found."""
        if not self.differing:
            return Status("Equal", Tone.GOOD)
        return Status(f"{self.differing:,} session{' differs' if self.differing == 1 else 's differ'}", Tone.BAD)


EXPORT_TONES = {
    UserFlowExport.Status.INACTIVE: Tone.PLAIN,
    UserFlowExport.Status.OUT_OF_SYNC: Tone.WARN,
    UserFlowExport.Status.SYNCING: Tone.INFO,
    UserFlowExport.Status.ERROR: Tone.BAD,
    UserFlowExport.Status.IN_SYNC: Tone.GOOD,
}
MEANINGS = {
    UserFlowExport.Status.INACTIVE: "Nothing of this user flow was exported yet.",
    UserFlowExport.Status.OUT_OF_SYNC: "Sessions were added, updated or removed since they were exported.",
    UserFlowExport.Status.SYNCING: "A worker copies sessions, or will as soon as one is free.",
    UserFlowExport.Status.ERROR: "The last sync failed. What it had committed before is there.",
    UserFlowExport.Status.IN_SYNC: "The copy has the same version of each session that it is to hold.",
}
