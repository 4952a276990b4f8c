"""The history of audited databases: sources, and the sessions, actions, transactions and changes that capture stored.

`store.py` is the only writer of everything except sources. It writes rows in commit order, one call at a time, so ids
grow in the order in which changes become visible: newest-first lists are sorted by id, and live views poll by the
highest id.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F
from django.db.models.functions import Left

from statetrace_ui.history.annotation_table import TABLE_NAME
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.web.crypto import EncryptedTextField
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.tones import Tone

# The expressions by which an actor is found. Queries must repeat them exactly, or they do not use the indexes on them.
# Texts are cut because an index refuses long ones.
ACTOR_ID = Left("actor_id", 200)
ACTOR_WORDS = SearchVector(ACTOR_ID, Left("actor_full_name", 200), Left("actor_email", 200), config="simple")


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
    # Whether the server was found in a state that this history does not lead to.
    diverged = models.BooleanField(default=False, editable=False)
    # The end LSN of the last stored transaction; written in the same transaction as that transaction's rows.
    position = models.BigIntegerField(default=0)
    # The shapes under which history knows the published tables, by oid; written together with what was read of them.
    tables = models.JSONField(default=dict, editable=False)
    # Counts the changes of the source's column rules. What was read under other rules is not stored.
    rules_revision = models.BigIntegerField(default=0, editable=False)
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
    # How many annotations were not understood so far; the newest are kept as UnreadAnnotation.
    unread_annotations = models.BigIntegerField(default=0, db_default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    error = models.TextField(blank=True)
    # The server's own words. They may name hosts and roles, and quote rows: only managers see them.
    error_detail = models.TextField(blank=True)
    added_at = models.DateTimeField(auto_now_add=True)
    # When the capture worker last reported, and how far behind the source it then was.
    seen_at = models.DateTimeField(null=True)
    lag_bytes = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="source_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def annotations_from(self) -> str:
        """The qualified name of the annotation table; '' as long as none was seen."""
        return qualified_name(self.annotation_schema, self.annotation_table) if self.annotation_schema else ""

    @property
    def has_database(self) -> bool:
        """Whether capture can connect to it: not to a recording, nor to a source that was removed."""
        return bool(self.url)


class Relation(models.Model):
    """One version of an audited table's shape: a new row whenever its columns change.

    columns: [{"name", "type", "key": bool}, …] in attribute order; type as PostgreSQL formats it, e.g. "numeric(10,2)".
    A column whose values are not stored in clear also has a "rule": "mask" or "exclude".
    """

    source = models.ForeignKey(Source, models.CASCADE)
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


class Session(models.Model):
    """A logical grouping of actions by one actor. Added when first mentioned: its own annotation may come later."""

    source = models.ForeignKey(Source, models.CASCADE)
    key = models.TextField(help_text="The id in the annotation table.")
    actor_id = models.TextField(blank=True)
    actor_full_name = models.TextField(blank=True)
    actor_email = models.TextField(blank=True)
    actor_avatar = models.TextField(blank=True)  # any text; `avatars.py` says what of it is shown
    client_user_agent = models.TextField(blank=True)
    application_id = models.TextField(blank=True)
    application_type = models.TextField(blank=True)
    meta = models.JSONField(null=True)
    payload = models.JSONField(null=True)
    announced = models.BooleanField(default=False, help_text="Whether the session's own annotation has arrived.")
    # Later announcements that named another actor or added to it, as `announcements.py` keeps them, and their count.
    later = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    later_count = models.BigIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField(help_text="Commit time of whatever named the session first.")
    last_at = models.DateTimeField()
    action_count = models.BigIntegerField(default=0)
    change_count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="session_key_once")]
        indexes = [
            models.Index(fields=["source", "-started_at", "-id"], name="session_newest"),
            models.Index("source", ACTOR_ID, F("started_at").desc(), F("id").desc(), name="session_by_actor_id"),
            # An actor by the beginnings of words of the name, email or id.
            GinIndex(ACTOR_WORDS, name="session_by_actor_words"),
        ]

    def __str__(self) -> str:
        return self.actor_full_name or self.actor_email or self.actor_id or "Unknown actor"


class Transaction(models.Model):
    """One committed transaction of a source, or what was found when tables were read."""

    class Kind(models.TextChoices):
        COMMIT = "commit", "Transaction"
        BASELINE = "baseline", "Initial snapshot"
        MIGRATION = "migration", "Migration"  # a commit that carries an `_st.app.mig` annotation
        # Differences between what history knew of tables and what they held when they were read again.
        RESYNC = "resync", "Resynchronisation"

    source = models.ForeignKey(Source, models.CASCADE)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.COMMIT)
    commit_lsn = models.BigIntegerField()
    end_lsn = models.BigIntegerField()
    xid = models.BigIntegerField(null=True)
    committed_at = models.DateTimeField()
    change_count = models.BigIntegerField(default=0)

    class Meta:
        # A safeguard of idempotent storing: no transaction can be stored twice.
        constraints = [models.UniqueConstraint(fields=["source", "commit_lsn"], name="transaction_once")]
        # Finds the ids of a period: changes are listed by id, and a filter by time becomes a range of ids.
        indexes = [
            models.Index(fields=["source", "committed_at", "id"], name="transaction_by_time"),
            # The list of migrations, newest first.
            models.Index(fields=["source", "-id"], name="transaction_migrations", condition=models.Q(kind="migration")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {format_lsn(self.commit_lsn)}"


class Action(models.Model):
    """One thing that a session did, in one transaction. Pages call a transaction without an action unattributed."""

    source = models.ForeignKey(Source, models.CASCADE)
    session = models.ForeignKey(Session, models.CASCADE, null=True, related_name="actions")
    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="actions")
    key = models.TextField(help_text="The id in the annotation table; may repeat after that table was truncated.")
    url = models.TextField(blank=True)
    method = models.TextField(blank=True)
    version = models.TextField(blank=True)
    length_ms = models.FloatField(null=True)
    parent_key = models.TextField(blank=True)
    meta = models.JSONField(null=True)
    payload = models.JSONField(null=True)
    at = models.DateTimeField(help_text="When its transaction committed.")
    change_count = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            # A session's timeline, in order of time, paged by keyset.
            models.Index(fields=["session", "at", "id"], name="action_by_session"),
            # The action that another one names as its parent: the nearest of that key.
            models.Index(fields=["source", "key", "id"], name="action_by_key_and_id"),
            # The actions that name one as their parent, in order.
            models.Index(
                fields=["source", "parent_key", "id"], name="action_by_parent", condition=~models.Q(parent_key="")
            ),
            models.Index(
                fields=["source", "-id"], name="action_without_session", condition=models.Q(session__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.url}".strip() or self.key


class UnreadAnnotation(models.Model):
    """A row of the annotation table that was not understood, or not all of it. Only the newest of a source are kept."""

    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    at = models.DateTimeField(help_text="When its transaction committed.")
    commit_lsn = models.BigIntegerField()
    reason = models.TextField()
    content = models.TextField(help_text="The beginning of the row, as JSON.")

    class Meta:
        indexes = [models.Index(fields=["source", "-id"], name="unread_newest")]

    def __str__(self) -> str:
        return self.reason


class Change(models.Model):
    """One row change. Values are PostgreSQL's text form: {"column": "text" | null}.

    old: the row before, as far as the source sent it: its key or all of it, by the replica identity; null if nothing.
    new: the row after. Columns in `unchanged` were not sent (unchanged TOAST) and are missing from `new`.
    Some kinds concern a whole table and have no record_key. Of ALTERED, `new` has the value that every row got in an
    added column, where there is one, and `old` the former names of renamed columns, by their names now.
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

        @property
        def tone(self) -> Tone:
            return CHANGE_TONES[self]

    OF_BASELINES = (Kind.BASELINE, Kind.START)  # listed only where they are asked for
    RESETS = (Kind.TRUNCATE, Kind.START, Kind.LEFT)  # what was known of the table's rows holds no longer

    # This table has by far the most rows, and its only writer also writes the rows that they refer to. Foreign key
    # checks by the server would halve capture's speed. The indexes below serve look-ups by source and transaction.
    source = models.ForeignKey(Source, models.CASCADE, db_constraint=False, db_index=False)
    transaction = models.ForeignKey(
        Transaction, models.CASCADE, related_name="changes", db_constraint=False, db_index=False
    )
    relation = models.ForeignKey(Relation, models.CASCADE, db_constraint=False, db_index=False)
    sequence = models.BigIntegerField(help_text="Order within the transaction, from 0.")
    kind = models.CharField(max_length=1, choices=Kind.choices)
    schema_name = models.CharField(max_length=63)
    table_name = models.CharField(max_length=63)
    # The row's primary key as a JSON array of texts, e.g. '["12"]'; '' for a whole table or a table without a key.
    record_key = models.TextField(blank=True)
    # The former key if an update changed the key: the record's history is found by both.
    old_record_key = models.TextField(blank=True)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    unchanged = models.JSONField(default=list)
    # What is known of values too large to be kept, of which `old` and `new` have the beginning: {"old" or "new":
    # {"column": {"bytes": of the whole value, "sha256": its digest}}}; null, as nearly always, if there are none.
    cut = models.JSONField(null=True)
    committed_at = models.DateTimeField()

    class Meta:
        indexes = [
            # The newest changes of some kinds, of one source or one table: one range of the index per kind, merged.
            # A walk by id alone would have to pass a whole baseline to find the changes before it.
            models.Index(fields=["source", "kind", "-id"], name="change_newest"),
            models.Index(fields=["source", "schema_name", "table_name", "kind", "-id"], name="change_newest_of_table"),
            # An action's changes in their order.
            models.Index(fields=["transaction", "sequence"], name="change_by_transaction"),
            # A record's history, also under its former key.
            models.Index(fields=["source", "schema_name", "table_name", "record_key", "-id"], name="change_by_record"),
            models.Index(
                fields=["source", "schema_name", "table_name", "old_record_key", "-id"],
                name="change_by_old_record",
                condition=~models.Q(old_record_key=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.schema_name}.{self.table_name} {self.record_key}"


SOURCE_TONES = {
    Source.Status.NEW: Tone.INFO,
    Source.Status.BASELINE: Tone.INFO,
    Source.Status.STREAMING: Tone.GOOD,
    Source.Status.STOPPED: Tone.WARN,
    Source.Status.ERROR: Tone.BAD,
    Source.Status.RECORDED: Tone.PLAIN,
}
CHANGE_TONES = {
    Change.Kind.INSERT: Tone.GOOD,
    Change.Kind.UPDATE: Tone.INFO,
    Change.Kind.DELETE: Tone.BAD,
    Change.Kind.TRUNCATE: Tone.BAD,
    Change.Kind.BASELINE: Tone.PLAIN,
    Change.Kind.START: Tone.PLAIN,
    Change.Kind.ALTERED: Tone.INFO,
    Change.Kind.LEFT: Tone.WARN,
}
