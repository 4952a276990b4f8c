"""The chain that makes tampering with what is stored evident; docs/chain.md says what it proves."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from statetrace_ui.history.chain.canonical import Kind, Section
from statetrace_ui.history.models.sources import Source
from statetrace_ui.web.crypto import EncryptedTextField

KINDS = [(kind.value, kind.value) for kind in Kind]
SECTIONS = [(section.value, section.label) for section in Section]


class ChainKey(models.Model):
    """The secret of a source's chain, stored encrypted. Whoever extends the chain locks its row first.

    head_number, head_seal: which link is the last, sealed by the key, so that none can be cut off unnoticed.
    """

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="chain_key")
    key = EncryptedTextField()
    head_number = models.BigIntegerField(default=0)
    head_seal = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"Chain key of {self.source}"


class ChainLink(models.Model):
    """One link, as `history.chain.canonical.Link`: 1, 2, … of a source. Never altered.

    Of each section `…_through` is the highest id that this link or one before covers; `…_rows` rows are its own.
    """

    pk = models.CompositePrimaryKey("source_id", "number")
    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    number = models.BigIntegerField()
    kind = models.CharField(max_length=7, choices=KINDS)
    at = models.BigIntegerField(help_text="Microseconds since 1970, UTC.")
    changes_through = models.BigIntegerField()
    changes_rows = models.BigIntegerField()
    changes_root = models.BinaryField()
    baseline_through = models.BigIntegerField()
    baseline_rows = models.BigIntegerField()
    baseline_root = models.BinaryField()
    transactions_through = models.BigIntegerField()
    transactions_rows = models.BigIntegerField()
    transactions_root = models.BinaryField()
    actions_through = models.BigIntegerField()
    actions_rows = models.BigIntegerField()
    actions_root = models.BinaryField()
    notes = models.BigIntegerField(help_text="How many RowNotes it has.")
    notes_root = models.BinaryField()
    # The range of ids that a partition's end took away; null in links of other kinds.
    dropped_section = models.CharField(max_length=1, choices=SECTIONS, blank=True)
    dropped_first = models.BigIntegerField(null=True)
    dropped_last = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)
    digest = models.BinaryField()

    class Meta:
        indexes = [
            # What was dropped, which every walk needs to know.
            models.Index(fields=["source", "number"], name="chain_dropped", condition=models.Q(kind="dropped")),
        ]

    def __str__(self) -> str:
        return f"Link {self.number} of source {self.source_id}"


class RowNote(models.Model):
    """What a link says of one row: the digests of its line before and after; null where there was or is no row.

    Rows that were removed or replaced have them, and sessions and shapes, which change.
    """

    pk = models.CompositePrimaryKey("source_id", "section", "row_id", "link")
    source = models.ForeignKey(Source, models.CASCADE, db_index=False)
    section = models.CharField(max_length=1, choices=SECTIONS)
    row_id = models.BigIntegerField()
    link = models.BigIntegerField()
    before = models.BinaryField(null=True)
    after = models.BinaryField(null=True)

    class Meta:
        # The notes of some links that follow each other. They are added in the order of links: a B-tree would be
        # a third of the table.
        indexes = [BrinIndex(fields=["link"], name="row_note_by_link", pages_per_range=16)]

    def __str__(self) -> str:
        return f"{self.get_section_display()} {self.row_id}, link {self.link}"
