"""The partitions of the table of changes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Partition(models.Model):
    """A table of changes with ids from `first_id` until before `end_id`; what is known of it once it is full.

    Which partitions there are, the database's catalogue says; `history/partitions.py` reads both.
    """

    class Branch(models.TextChoices):
        STREAM = "stream", "Changes"
        BASELINE = "baseline", "Rows of baselines"

    branch = models.CharField(max_length=8, choices=Branch.choices)
    name = models.CharField(max_length=63, unique=True)
    first_id = models.BigIntegerField()
    end_id = models.BigIntegerField()
    # When ids had passed it, so that nothing is added to it any more; and what it then held.
    sealed_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(null=True)
    bytes = models.BigIntegerField(null=True)
    # Whether its search index is complete; before, where its slices end that have one each; see `search/building.py`.
    searchable = models.BooleanField(default=False, db_default=False)
    slice_ends = ArrayField(models.BigIntegerField(), default=list, db_default=[])

    def __str__(self) -> str:
        return self.name
