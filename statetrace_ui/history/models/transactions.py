"""Transactions of audited databases."""

from django.db import models

from statetrace_ui.history.models.sources import Source
from statetrace_ui.wal.lsn import format_lsn


class Transaction(models.Model):
    """One committed transaction of a source, or what was found when tables were read."""

    class Kind(models.TextChoices):
        COMMIT = "commit", "Transaction"
        BASELINE = "baseline", "Initial snapshot"
        MIGRATION = "migration", "Migration"  # a commit that carries an `_st.app.mig` annotation
        # Differences between what history knew of tables and what they held when they were read again.
        RESYNC = "resync", "Resynchronisation"
        # The states of rows that were kept when retention removed the changes that led to them.
        CHECKPOINT = "checkpoint", "Kept by retention"
        GAP = "gap", "Gap"  # what followed was not captured; the first of its era

    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.COMMIT)
    era = models.IntegerField(default=0, db_default=0)
    commit_lsn = models.BigIntegerField()
    end_lsn = models.BigIntegerField()
    xid = models.BigIntegerField(null=True)
    committed_at = models.DateTimeField()
    change_count = models.BigIntegerField(default=0)
    # The ids of its first and its last change; null without any. Its changes are those of its source between them that
    # name it: no index leads from a transaction to its changes.
    first_change = models.BigIntegerField(null=True)
    last_change = models.BigIntegerField(null=True)
    # Whether it is a commit without any action. The store sees to it, also where an action is read later.
    outside = models.BooleanField(default=False, db_default=False)

    class Meta:
        # A safeguard of idempotent storing: no transaction can be stored twice.
        constraints = [models.UniqueConstraint(fields=["source", "era", "commit_lsn"], name="transaction_once")]
        # Finds the ids of a period: changes are listed by id, and a filter by time becomes a range of ids.
        indexes = [
            models.Index(fields=["source", "committed_at", "id"], name="transaction_by_time"),
            # The list of migrations, newest first.
            models.Index(fields=["source", "-id"], name="transaction_migrations", condition=models.Q(kind="migration")),
            # The changes from outside the application, newest first.
            models.Index(fields=["source", "-id"], name="transaction_outside", condition=models.Q(outside=True)),
            # A transaction by the id that it had at the source; they return after 2^32.
            models.Index(fields=["source", "xid", "id"], name="transaction_by_xid"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {format_lsn(self.commit_lsn)}"
