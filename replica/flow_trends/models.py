"""What a worker has last read of each user flow, in the dashboard's own database: pages ask no replica for it."""

from functools import cached_property

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F

from replica.compare.subjects import Certainty
from replica.databases.models import Replica
from replica.flow_trends.change import Change
from replica.flow_trends.sparkline import Sparkline, sparkline

LONGEST_ID = 255


class FlowReading(models.Model):
    """When a replica was last asked for its user flows; `flows`: how many it had.

    failed_at: when it last did not answer, if it has not answered since.
    """

    replica = models.OneToOneField(Replica, models.CASCADE, primary_key=True, related_name="flow_reading")
    read_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    flows = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.replica}: {self.read_at}"


class FlowTrend(models.Model):
    """A user flow as it was then.

    durations: of its newest sessions that have one and are not Excluded, in ms, oldest first. certainty, change_ms,
    base_ms: of `Change`; certainty None: it has no baseline.
    """

    replica = models.ForeignKey(Replica, models.CASCADE, db_index=False, related_name="flow_trends")
    user_flow_id = models.CharField(max_length=LONGEST_ID)
    name = models.TextField()
    sessions = models.PositiveBigIntegerField()
    durations = ArrayField(models.FloatField(), default=list)
    last_session_id = models.TextField(blank=True)
    last_name = models.TextField(blank=True)
    last_status = models.TextField(blank=True)
    last_at = models.DateTimeField(null=True)
    certainty = models.PositiveSmallIntegerField(null=True, choices=[(one.value, one.word) for one in Certainty])
    change_ms = models.FloatField(null=True)
    base_ms = models.FloatField(null=True)
    is_slower = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["replica", "user_flow_id"], name="one_trend_each")]
        indexes = [
            models.Index(
                F("replica"), F("is_slower").desc(), F("last_at").desc(nulls_last=True), "id", name="trends_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def change(self) -> Change | None:
        """Against the baseline; None without one."""
        return None if self.certainty is None else Change(Certainty(self.certainty), self.change_ms, self.base_ms)

    @cached_property
    def sparkline(self) -> Sparkline | None:
        return sparkline(self.durations, self.base_ms)
