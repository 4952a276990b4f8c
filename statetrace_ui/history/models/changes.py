"""Row changes, by far the most rows of all."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models

from statetrace_ui.history import row_arrays
from statetrace_ui.history.models.sources import Source
from statetrace_ui.history.models.tables import Relation, Table
from statetrace_ui.history.models.transactions import Transaction
from statetrace_ui.history.row_arrays import Row
from statetrace_ui.web.tones import Tone


class Change(models.Model):
    """One row change. Values are PostgreSQL's text form, in arrays with a place for each column of the relation.

    old: the row before, as far as the source sent it: its key or all of it, by the replica identity; null if nothing.
    new: the row after. `old_absent` and `new_absent` are the places, counted from 1, of the values that were not sent
    (unchanged TOAST, all but the key of the row before); null if all were. Values of excluded columns are null.
    Some kinds concern a whole table and have no record_key. Of ALTERED, `new` has the value that every row got in an
    added column, where there is one, and `old` the former names of renamed columns, in the places of their names now.

    The table is partitioned, see `history/partitions.py`: by `baseline`, then by ranges of ids. Its indexes are those
    of the partitions. Changes of a transaction have neighbouring ids in their order in the log.
    """

    class Kind(models.TextChoices):
        INSERT = "I", "Inserted"
        UPDATE = "U", "Updated"
        DELETE = "D", "Deleted"
        TRUNCATE = "T", "Truncated"
        BASELINE = "B", "Snapshot"
        START = "S", "Snapshot begins"  # the rows that follow are all rows of the table
        ALTERED = "A", "Altered"
        LEFT = "E", "Left capture"  # dropped, renamed or taken out: what the table holds is no longer known
        GAP = "G", "Gap"  # of the whole source: it has no table

        @property
        def tone(self) -> Tone:
            return CHANGE_TONES[self]

    OF_BASELINES = (Kind.BASELINE, Kind.START)  # listed only where they are asked for
    RESETS = (Kind.TRUNCATE, Kind.START, Kind.LEFT)  # what was known of the table's rows holds no longer

    # No constraints: this table's only writer also writes the rows that it refers to, and checks by the server would
    # halve capture's speed.
    source = models.ForeignKey(Source, models.CASCADE, db_constraint=False, db_index=False)
    transaction_id = models.BigIntegerField()
    transaction = models.ForeignObject(
        Transaction,
        models.DO_NOTHING,
        from_fields=["source", "transaction_id"],
        to_fields=["source", "id"],
        related_name="changes",
    )
    relation_id = models.IntegerField(null=True)
    relation = models.ForeignObject(
        Relation,
        models.DO_NOTHING,
        from_fields=["source", "relation_id"],
        to_fields=["source", "id"],
        null=True,
        related_name="+",
    )
    table_id = models.IntegerField(null=True)
    table = models.ForeignObject(
        Table,
        models.DO_NOTHING,
        from_fields=["source", "table_id"],
        to_fields=["source", "id"],
        null=True,
        related_name="+",
    )
    kind = models.CharField(max_length=1, choices=Kind.choices)
    # Whether it lies in the branch of baselines: those of kind BASELINE and no others.
    baseline = models.BooleanField(default=False)
    # The row's primary key as a JSON array of texts, e.g. '["12"]'; '' for a whole table or a table without a key.
    record_key = models.TextField(blank=True)
    # The former key if an update changed the key: the record's history is found by both.
    old_record_key = models.TextField(blank=True)
    old = ArrayField(models.TextField(null=True), null=True)
    new = ArrayField(models.TextField(null=True), null=True)
    old_absent = ArrayField(models.SmallIntegerField(), null=True)
    new_absent = ArrayField(models.SmallIntegerField(), null=True)
    # What is known of values too large to be kept, of which `old` and `new` have the beginning: {"old" or "new":
    # {"column": {"bytes": of the whole value, "sha256": its digest}}}; null, as nearly always, if there are none.
    cut = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.schema_name}.{self.table_name} {self.record_key}"

    @property
    def schema_name(self) -> str:
        return self.table.schema_name if self.table else ""

    @property
    def table_name(self) -> str:
        return self.table.table_name if self.table else ""

    @property
    def committed_at(self) -> datetime:
        return self.transaction.committed_at

    @property
    def columns(self) -> list[dict[str, object]]:
        """The columns of the relation; none of a change without one."""
        return self.relation.columns if self.relation else []

    def values_before(self) -> Row | None:
        """{column: text or None} of `old`, without what was not sent."""
        return row_arrays.named(self.columns, self.old, self.old_absent)

    def values_after(self) -> Row | None:
        """{column: text or None} of `new`, without what was not sent."""
        return row_arrays.named(self.columns, self.new, self.new_absent)

    @property
    def unchanged(self) -> list[str]:
        """The columns that an update did not change and the source did not send."""
        if self.kind != self.Kind.UPDATE:
            return []
        return row_arrays.names_at(self.columns, self.new_absent)


CHANGE_TONES = {
    Change.Kind.INSERT: Tone.GOOD,
    Change.Kind.UPDATE: Tone.INFO,
    Change.Kind.DELETE: Tone.BAD,
    Change.Kind.TRUNCATE: Tone.BAD,
    Change.Kind.BASELINE: Tone.PLAIN,
    Change.Kind.START: Tone.PLAIN,
    Change.Kind.ALTERED: Tone.INFO,
    Change.Kind.LEFT: Tone.WARN,
    Change.Kind.GAP: Tone.BAD,
}
