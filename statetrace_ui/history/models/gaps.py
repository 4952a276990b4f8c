"""The model of gaps: stretches of a source's log that history does not have."""

from datetime import datetime

from django.db import models

from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.web.tones import Status, Tone


class Gap(models.Model):
    """What happened at a source from `since` until `until` was not captured, but for what comparing tables has shown.

    era: the era that it begins. entry: the id of its change (kind G), which lists and records show; its transaction is
    the first of the era. `until` is null as long as the gap is open: history goes on from there, with all tables
    compared. detail: the server's own words, for managers only.
    """

    class Reason(models.TextChoices):
        SLOT_GONE = "slot", "The replication slot is gone"
        WAL_DROPPED = "wal", "The server dropped WAL that was still needed"
        READ_ELSEWHERE = "read", "Another client read the replication slot"
        PUBLICATION = "publication", "The publication was dropped or replaced"
        SET_BACK = "set back", "The server was set back to an earlier state"
        OTHER_SERVER = "server", "The address leads to another server"
        DISCONNECTED = "disconnected", "The source was disconnected"

    source = models.ForeignKey("history.Source", models.CASCADE, related_name="gaps", db_index=False)
    era = models.IntegerField()
    entry = models.BigIntegerField()
    reason = models.CharField(max_length=12, choices=Reason.choices)
    sentence = models.TextField(help_text="What was found, as a clause: `the replication slot x is gone`.")
    detail = models.TextField(blank=True)
    certain = models.BooleanField(default=True, help_text="Whether changes were missed for certain.")
    since_at = models.DateTimeField(help_text="When the last transaction before it committed.")
    since_lsn = models.BigIntegerField(help_text="Everything before it, in the era before, is in history.")
    found_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    until_lsn = models.BigIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    # False if it turned out that nothing was missed: the server was only away, and came back with everything.
    missed = models.BooleanField(default=True)
    # How often the comparison of all tables was begun, and when last.
    tries = models.IntegerField(default=0)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "era"], name="gap_once"),
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(closed_at__isnull=True), name="gap_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} since {self.since_at:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def known_until(self) -> str:
        """When and where what is known before the gap ends."""
        return position_in_words(self.since_at, self.since_lsn)

    @property
    def missing(self) -> str:
        return "were not captured" if self.certain else "may be missing"

    @property
    def status(self) -> Status:
        if self.is_open:
            return Status("Open", Tone.BAD)
        return Status("Closed", Tone.WARN) if self.missed else Status("Nothing missed", Tone.GOOD)


def position_in_words(at: datetime, lsn: int) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC (position {format_lsn(lsn)})"
