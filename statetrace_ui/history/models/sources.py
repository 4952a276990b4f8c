"""Audited databases."""

from django.db import models

from statetrace_ui.history.annotation_table import TABLE_NAME
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.crypto import EncryptedTextField
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.tones import Tone


class Source(models.Model):
    """An audited PostgreSQL database, and how far its replication stream has been stored."""

    class Status(models.TextChoices):
        NEW = "new", "Added"
        BASELINE = "baseline", "Taking the initial snapshot"
        STREAMING = "streaming", "Streaming"
        STOPPED = "stopped", "Stopped"
        ERROR = "error", "Failing"
        RECORDED = "recorded", "A recording"  # loaded from a file: no database stands behind it

        @property
        def tone(self) -> Tone:
            return SOURCE_TONES[self]

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="sources")
    name = models.CharField(max_length=63)
    url = EncryptedTextField(help_text="Connection URL of a role with REPLICATION and SELECT; stored encrypted.")
    slot_name = models.CharField(max_length=63)
    publication_name = models.CharField(max_length=63)
    # What proves that the slot still sends all changes of the same server in the same state; capture/lifecycle.py
    # compares it. Null in sources that are older than the field.
    publication_oid = models.BigIntegerField(null=True, editable=False)
    system_identifier = models.CharField(max_length=32, blank=True)
    timeline = models.BigIntegerField(null=True, editable=False)
    # Whether an earlier version found the server in a state that this history does not lead to; see `continuity.py`.
    diverged = models.BooleanField(default=False, editable=False)
    # Each gap begins an era. Positions order a source's history within an era; those of two eras are never compared.
    era = models.IntegerField(default=0, db_default=0, editable=False)
    # The end LSN of the last stored transaction; written in the same transaction as that transaction's rows. 0: slot
    # and publication must be made (anew), and all tables read.
    position = models.BigIntegerField(default=0)
    # The shapes under which history knows the published tables, by oid; written together with what was read of them.
    tables = models.JSONField(default=dict, editable=False)
    # Counts the changes of the column rules, and of whether messages count. What was read under others is not stored.
    rules_revision = models.BigIntegerField(default=0, editable=False)
    # Counts when passes of erasures begin and end. What was read of tables before is not stored: it is read again.
    erasures_revision = models.BigIntegerField(default=0, db_default=0, editable=False)
    # Counts how often a process has taken the source. One that was suspended meanwhile has an older count, and whatever
    # it still wants to store is refused. held_by: the key of the process that captures it now.
    fence = models.BigIntegerField(default=0, db_default=0, editable=False)
    held_by = models.BigIntegerField(null=True, editable=False)
    # The position from which the stream may name the second publication; 0 until that was created. See `lifecycle.py`.
    inserts_from = models.BigIntegerField(default=0, editable=False)
    records_looks = models.BooleanField(
        "record who looks",
        default=False,
        help_text="Write into the security log who opens a record, a change or a session of this source.",
    )
    # The one table whose rows are annotations; schema '' until one is seen. See `annotation_table.py`.
    annotation_schema = models.CharField(max_length=63, blank=True, default="", db_default="")
    annotation_table = models.CharField(max_length=63, default=TABLE_NAME, db_default=TABLE_NAME)
    # Whether messages of pg_logical_emit_message count as annotations, beside the table's rows. Nobody owns them: by
    # default everybody who may connect to the database may write them.
    annotation_messages = models.BooleanField(default=False, db_default=False)
    # How many annotations were not understood so far; the newest are kept as UnreadAnnotation.
    unread_annotations = models.BigIntegerField(default=0, db_default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    error = models.TextField(blank=True)
    # The server's own words. They may name hosts and roles, and quote rows: only managers see them.
    error_detail = models.TextField(blank=True)
    # What the last check found, as `capture/source_check.py` keeps it: [{"sentence", "blocking"}, …]. It names roles
    # and tables: only managers see it.
    findings = models.JSONField(default=list, db_default=models.Value([], models.JSONField()), editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    added_at = models.DateTimeField(auto_now_add=True)
    # When the capture worker last reported, and how far behind the source it then was.
    seen_at = models.DateTimeField(null=True)
    lag_bytes = models.BigIntegerField(null=True)
    # Transactions that had arrived in part when the worker last reported, see `capture/arriving.py`.
    arriving = models.JSONField(default=list, db_default=models.Value([], models.JSONField()), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="source_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def annotations_from(self) -> str:
        """The qualified name of the annotation table; '' as long as none was seen."""
        return qualified_name(self.annotation_schema, self.annotation_table) if self.annotation_schema else ""

    @property
    def is_annotated(self) -> bool:
        """Whether its application tells its actions, so that a transaction without one is from outside of it."""
        return bool(self.annotation_schema) or self.annotation_messages

    @property
    def blocking(self) -> list[str]:
        """What kept it from being captured when it was checked last."""
        return [finding["sentence"] for finding in self.findings if finding["blocking"]]

    @property
    def advice(self) -> list[str]:
        return [finding["sentence"] for finding in self.findings if not finding["blocking"]]

    @property
    def has_database(self) -> bool:
        """Whether capture can connect to it: not to a recording, nor to a source that was removed."""
        return bool(self.url)


class UnreadAnnotation(models.Model):
    """An annotation that was not understood, or not all of it: a row of the table, or a message.

    Only the newest of a source are kept.
    """

    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    at = models.DateTimeField(help_text="When its transaction committed.")
    commit_lsn = models.BigIntegerField()
    reason = models.TextField()
    content = models.TextField(help_text="The beginning of the row, as JSON.")

    class Meta:
        indexes = [models.Index(fields=["source", "-id"], name="unread_newest")]

    def __str__(self) -> str:
        return self.reason


SOURCE_TONES = {
    Source.Status.NEW: Tone.INFO,
    Source.Status.BASELINE: Tone.INFO,
    Source.Status.STREAMING: Tone.GOOD,
    Source.Status.STOPPED: Tone.WARN,
    Source.Status.ERROR: Tone.BAD,
    Source.Status.RECORDED: Tone.PLAIN,
}
