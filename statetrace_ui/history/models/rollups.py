"""Counts of changes over time, which the store keeps with the changes, so that no page counts them."""

from django.db import models

from statetrace_ui.history.models.sources import Source


class ChangeCount(models.Model):
    """How many changes of one kind a source committed within `seconds` from `at` on.

    It counts what lists show: no rows of snapshots. What retention removes later stays counted. outside: of
    transactions without an action.
    """

    pk = models.CompositePrimaryKey("source_id", "seconds", "at", "kind", "outside")
    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    seconds = models.IntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=1)
    outside = models.BooleanField()
    changes = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.changes} {self.kind} in {self.seconds} s from {self.at} on"


class TableCount(models.Model):
    """How many changes of one table a source committed within `seconds` from `at` on; else as ChangeCount."""

    pk = models.CompositePrimaryKey("source_id", "seconds", "at", "table_id")
    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    seconds = models.IntegerField()
    at = models.DateTimeField()
    table_id = models.IntegerField()
    changes = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.changes} of table {self.table_id} in {self.seconds} s from {self.at} on"


class ActorCount(models.Model):
    """How many changes of the transactions of one actor a source committed within `seconds` from `at` on.

    session_id: a session of the actor, of which the actor is read. So what it says later of the actor counts for what
    was counted before, and an erasure of the session leaves a number alone. OTHERS: of actors that did less than most
    and are no longer told apart.
    """

    OTHERS = 0

    pk = models.CompositePrimaryKey("source_id", "seconds", "at", "session_id")
    # No constraint, as of changes: the server would check each row that the store adds.
    source = models.ForeignKey(Source, models.CASCADE, db_constraint=False, db_index=False)
    seconds = models.IntegerField()
    at = models.DateTimeField()
    session_id = models.BigIntegerField()
    changes = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.changes} of the actor of session {self.session_id} in {self.seconds} s from {self.at} on"


class Uncounted(models.Model):
    """The changes of a source that were stored before changes were counted: those below this id are not yet."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="%(class)s")
    below = models.BigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Changes of {self.source} below {self.below}"


class UncountedHistory(Uncounted):
    """Those that are not counted by kind and by table."""


class UncountedActors(Uncounted):
    """Those that are not counted by actor, which is done since later."""
