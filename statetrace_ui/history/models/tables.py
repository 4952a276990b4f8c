"""Audited tables: their names, and the versions of their shapes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from statetrace_ui.history.models.sources import Source
from statetrace_ui.history.table_names import qualified_name


class Table(models.Model):
    """The name of an audited table: once for all its changes."""

    id = models.AutoField(primary_key=True)
    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    schema_name = models.CharField(max_length=63)
    table_name = models.CharField(max_length=63)
    # Of what lies before this id, retention has kept the last states of rows that lived on: how it was earlier is not
    # known. 0 if nothing was removed.
    removed_before = models.BigIntegerField(default=0, db_default=0, editable=False)
    # Which of its columns refer to which tables, as `wal/catalog_keys.py` read it last.
    foreign_keys = models.JSONField(default=list, db_default=models.Value([], models.JSONField()), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "schema_name", "table_name"], name="table_name_once"),
        ]

    def __str__(self) -> str:
        return f"{self.schema_name}.{self.table_name}"


class Relation(models.Model):
    """One version of an audited table's shape: a new row whenever its columns change.

    columns: [{"name", "type", "key": bool}, …] in attribute order; type as PostgreSQL formats it, e.g. "numeric(10,2)".
    A column whose values are not stored in clear also has a "rule": "mask" or "exclude".
    """

    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    table_id = models.IntegerField()
    table = models.ForeignObject(
        Table, models.DO_NOTHING, from_fields=["source", "table_id"], to_fields=["source", "id"], related_name="+"
    )
    oid = models.BigIntegerField()
    schema_name = models.CharField(max_length=63)
    table_name = models.CharField(max_length=63)
    replica_identity = models.CharField(max_length=1)
    columns = models.JSONField()
    seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["source", "oid"], name="relation_by_oid")]

    def __str__(self) -> str:
        return f"{self.schema_name}.{self.table_name}"

    @property
    def qualified_name(self) -> str:
        """The name as addresses and filters take it."""
        return qualified_name(self.schema_name, self.table_name)


class TableDisplay(models.Model):
    """How the rows of a table are shown, where somebody chose it."""

    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    table_id = models.IntegerField()
    # The column that names a row beside its key; '' for none, null for the one that `labels.py` guesses.
    label = models.CharField(max_length=63, blank=True, null=True)
    # Columns that change without saying anything, beside those that `diff.py` guesses.
    noise = ArrayField(models.CharField(max_length=63), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "table_id"], name="table_display_once")]

    def __str__(self) -> str:
        return f"Display of table {self.table_id}"
