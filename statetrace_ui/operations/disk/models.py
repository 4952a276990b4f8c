"""What was measured of disk."""

from django.db import models

from statetrace_ui.web.models import Organisation


class DiskMeasure(models.Model):
    """One figure of one measurement: hourly for a week, then daily for a year.

    organisation: null for what is the machine's. subject: of a source, its id. total: of a filesystem. All figures of
    one measurement have the same `at`.
    """

    class Kind(models.TextChoices):
        FILESYSTEM = "filesystem", "Filesystem"
        DATABASE = "database", "Database"
        SOURCE = "source", "History of a source"
        REPLICA = "replica", "Replica"
        BLOCKS = "blocks", "Blocks of flame graphs and series"
        SCREENSHOTS = "screenshots", "Screenshots"
        WAL = "wal", "Log kept at an audited server"

    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, db_index=False, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=400)
    subject = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    used = models.BigIntegerField()
    total = models.BigIntegerField(null=True)
    rows = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            # An organisation's series, and its newest measurement.
            models.Index(fields=["organisation", "at"], name="disk_measure_series"),
            models.Index(fields=["at"], name="disk_measure_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}: {self.used}"


class DiskPart(models.Model):
    """The newest figure of a table or of a user flow. subject: the source's id, or that of the flow's export."""

    class Kind(models.TextChoices):
        TABLE = "table", "Table"
        FLOW = "flow", "User flow"

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    name = models.CharField(max_length=400)
    subject = models.BigIntegerField()
    at = models.DateTimeField()
    bytes = models.BigIntegerField()
    rows = models.BigIntegerField()

    class Meta:
        # The largest of an organisation.
        indexes = [models.Index(fields=["organisation", "kind", "-bytes", "-id"], name="disk_part_largest")]

    def __str__(self) -> str:
        return f"{self.name}: {self.bytes}"
