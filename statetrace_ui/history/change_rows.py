"""Rows for lists of changes: each with its action, session and record, and what happened to each field.

A line in a list says which fields changed; a row that is unfolded also says where within their values (`compared`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from statetrace_ui.history import queries
from statetrace_ui.history.comparison import Effort
from statetrace_ui.history.diff import FieldChange, FieldKind, Provenance, added_fields, compare_within, field_changes
from statetrace_ui.history.erasure.marks import erased_columns, erasure_of, is_erased
from statetrace_ui.history.labels import label_column
from statetrace_ui.history.models import (
    Action,
    Change,
    Erasure,
    Gap,
    RetentionRun,
    Session,
    Source,
    Table,
    TableDisplay,
    Transaction,
)
from statetrace_ui.history.queries.excerpts import IN_A_LINE, Limits, excerpts_after, excerpts_before
from statetrace_ui.history.references.keys import Links
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.history.values import Values
from statetrace_ui.wal import records
from statetrace_ui.wal.masking import short_digest


@dataclass
class ChangeRow:
    """A change, as `queries.listed_changes` reads it.

    earlier: the record as history knew it before the change; None where the source sent the whole old row.
    effort: what the page may spend on comparing within values, shared by all its rows.
    erasure: which took values of it. gap: the gap whose entry the change is. display: what was chosen for its table.
    old_links, new_links: to records that values before and after name, as `references.linking` finds them.
    """

    change: Change
    earlier: Values | None = None
    effort: Effort = field(default_factory=Effort)
    erasure: Erasure | None = None
    gap: Gap | None = None
    display: TableDisplay | None = None
    old_links: Links = field(default_factory=dict)
    new_links: Links = field(default_factory=dict)

    @property
    def is_erased(self) -> bool:
        """Whether all values of the change were erased; with `erasure` alone, some were."""
        return is_erased(self.change.cut)

    @property
    def erased_columns(self) -> list[str]:
        return sorted(erased_columns(self.change.cut))

    @cached_property
    def kept_by(self) -> RetentionRun | None:
        """The run of retention that kept this state in place of the changes that led to it."""
        return queries.run_of_checkpoint(self.change)

    @property
    def transaction(self) -> Transaction:
        return self.change.transaction

    @property
    def is_outside(self) -> bool:
        return is_from_outside(self.change.source, self.transaction, self.actions)

    @cached_property
    def actions(self) -> list[Action]:
        """The transaction's actions in the order of the log. There should be one; at most some are read."""
        return self.change.transaction.first_actions  # type: ignore[attr-defined,no-any-return]  # of the prefetch

    @property
    def action(self) -> Action | None:
        """The transaction's first action; None if the transaction carries no annotation."""
        return self.actions[0] if self.actions else None

    @property
    def other_actions(self) -> list[Action]:
        return self.actions[1:]

    @property
    def more_actions(self) -> str:
        """How many actions there are beside the first: `1`, or `20+`; '' for none."""
        return queries.more_than_first(self.actions)

    @property
    def session(self) -> Session | None:
        return self.action.session if self.action else None

    @property
    def kind(self) -> Change.Kind:
        return Change.Kind(self.change.kind)

    @property
    def table(self) -> str:
        """The table's name, with its schema unless that is `public`; '' of a gap."""
        return table_label(self.change.table) if self.change.table else ""

    @property
    def record(self) -> str:
        """The key as people write it: `12`, or `12, en` for two columns."""
        return record_label(self.change.record_key, self.change.columns)

    @property
    def former_record(self) -> str:
        """The key before, if the change altered the key."""
        return record_label(self.change.old_record_key, self.change.columns)

    @property
    def record_url(self) -> str:
        change = self.change
        if not change.record_key:
            return ""
        return record_url(change.source_id, change.schema_name, change.table_name, change.record_key)

    @cached_property
    def label(self) -> str:
        """The value that names the record beside its key: after the change, else before it; '' where none is known."""
        column = label_column(self.change.columns, self.display.label if self.display else None)
        if not column or not self.change.record_key or column in self.erased_columns:
            return ""
        rows = (excerpts_after(self.change), excerpts_before(self.change), self.earlier)
        values = (row[column] for row in rows if row and row.get(column))
        return next((str(value) for value in values if not short_digest(value)), "")

    @cached_property
    def fields(self) -> list[FieldChange]:
        if self.is_erased:
            return []
        gone, noise = erased_columns(self.change.cut), self.display.noise if self.display else ()
        fields = [field for field in self._fields() if field.name not in gone]
        return [replace(field, noise=field.noise or field.name in noise) for field in fields]

    def _fields(self) -> list[FieldChange]:
        columns = [records.Column(**column) for column in self.change.columns]
        old, new = excerpts_before(self.change), excerpts_after(self.change)
        if self.change.kind in (Change.Kind.INSERT, Change.Kind.BASELINE, Change.Kind.ALTERED):
            return added_fields(columns, new or {})
        return field_changes(columns, old, new, self.change.unchanged, self.earlier)

    @cached_property
    def compared(self) -> list[FieldChange]:
        """The fields with the differences within their values, and with their links."""
        return [self._linked(compare_within(change, self.effort)) for change in self.fields]

    def _linked(self, change: FieldChange) -> FieldChange:
        old, new = self.old_links.get(change.name, ()), self.new_links.get(change.name, ())
        return replace(change, old_links=old, new_links=new) if old or new else change

    @property
    def told(self) -> list[FieldChange]:
        return [change for change in self.compared if not change.noise]

    @property
    def quiet(self) -> list[FieldChange]:
        """The fields of `noise`, which a page folds."""
        return [change for change in self.compared if change.noise]

    @property
    def noise(self) -> list[FieldChange]:
        return [change for change in self.fields if change.noise]

    @property
    def too_large(self) -> bool:
        """Whether the row is too large to be read for this page; the change's own page reads it."""
        return bool(self.change.too_large)  # type: ignore[attr-defined]

    @property
    def renamed_columns(self) -> list[tuple[str, str]]:
        """(name before, name now), where the change altered a table."""
        if self.change.kind != Change.Kind.ALTERED:
            return []
        return [(str(before), now) for now, before in (excerpts_before(self.change) or {}).items()]

    @property
    def uses_history(self) -> bool:
        """Whether an old value was taken from the record's previous change."""
        return any(field.before == Provenance.HISTORY for field in self.fields)

    @property
    def touched(self) -> list[FieldChange]:
        """The fields of a one-line summary: without the key, which names the row, and without noise and nulls."""
        keys = {column["name"] for column in self.change.columns if column.get("key")}
        whole = self.change.kind != Change.Kind.UPDATE
        return [field for field in self.fields if not _is_dull(field) and not (whole and field.name in keys)]


def _is_dull(field: FieldChange) -> bool:
    empty = field.old is None and field.new is None
    told = field.kind in (FieldKind.NOT_SENT, FieldKind.NOT_CAPTURED)
    return field.noise or empty or told or (field.kind == FieldKind.RULE_CHANGED and bool(short_digest(field.new)))


def rows_of(changes: Sequence[Change], limits: Limits = IN_A_LINE) -> list[ChangeRow]:
    """One row for each change, in the same order; few queries for all. limits: those by which the changes were read."""
    earlier, effort = queries.earlier_rows(changes, limits), Effort()
    erasures, gaps = queries.erasures_of(changes), queries.gaps_of_entries(changes)
    displays = queries.displays_of(changes)
    return [
        ChangeRow(
            change,
            earlier.get(change.id),
            effort,
            erasures.get(erasure_of(change.cut) or 0),
            gaps.get(change.id),
            displays.get((change.source_id, change.table_id)),
        )
        for change in changes
    ]


def is_from_outside(source: Source, transaction: Transaction, actions: Sequence[Action]) -> bool:
    """Whether it was committed without an action, where the source's application tells its actions."""
    return source.is_annotated and transaction.kind == Transaction.Kind.COMMIT and not actions


def table_label(table: Table) -> str:
    """The name as lists show it: without the schema `public`."""
    return str(table).removeprefix("public.")


def record_url(source_id: int, schema: str, table: str, key: str) -> str:
    parameters = {"table": qualified_name(schema, table), "key": key}
    return f"{reverse('history:record', args=[source_id])}?{urlencode(parameters)}"


def record_label(key: str, columns: Sequence[dict[str, Any]] = ()) -> str:
    """A record key (a JSON array of texts) as people write it; any other text as it is.

    columns: of the relation; they say which parts are digests, which are shortened.
    """
    try:
        parts = json.loads(key)
    except (ValueError, RecursionError):
        return key
    if not isinstance(parts, list):
        return key
    masked = [column.get("rule") == "mask" for column in columns if column.get("key")]
    return ", ".join(
        f"masked {short_digest(part)}" if is_masked and short_digest(part) else str(part)
        for part, is_masked in zip_longest(parts, masked[: len(parts)], fillvalue=False)
    )
