"""Histories of which a part is over, stored by the store, and what they say of the tables."""

import datetime as dt
from collections.abc import Sequence
from itertools import count

from django.utils import timezone

from statetrace_ui.history import models
from statetrace_ui.history.models import RetentionRun, Source
from statetrace_ui.history.retention import runs
from statetrace_ui.history.retention.rules import ALL_TABLES, set_rule
from statetrace_ui.history.store import store
from statetrace_ui.wal.records import Change, Transaction, TransactionKind
from tests.statetrace_ui.history.replay import Row, TableName, Tables
from tests.statetrace_ui.history.test_replay import Seen

LSN = count(1000)
OLD, YOUNG = dt.timedelta(days=3), dt.timedelta(hours=1)
KEEP_DAYS = 2


def commit(source: Source, age: dt.timedelta, *changes: Change, kind: TransactionKind = "commit") -> None:
    """Store one transaction, committed so long ago; later ones in each age a little later."""
    lsn = next(LSN)
    at = timezone.now() - age + dt.timedelta(milliseconds=lsn)
    store(source, [Transaction(lsn * 100, lsn * 100 + 50, at, list(changes), xid=lsn, kind=kind)])


def apply(source: Source, keep_days: int = KEEP_DAYS) -> RetentionRun:
    """Set the rule for all tables, and perform a run."""
    set_rule(source, ALL_TABLES, keep_days)
    run = runs.start(source, "test")
    runs.perform(run)
    return run


def present(source: Source) -> dict[TableName, dict[str, Row]]:
    """What history says that the tables hold; a table that is known to be empty counts as one that is not known."""
    found = Tables().play(seen(changes_of(source))).rows
    return {name: rows for name, rows in found.items() if rows}


def changes_of(source: Source) -> list[models.Change]:
    changes = models.Change.objects.filter(source=source).select_related("table", "relation", "transaction")
    return list(changes.order_by("id"))


def seen(changes: Sequence[models.Change]) -> list[Seen]:
    """As a replay takes them. A kept state is one row, and no reading of its table."""
    return [
        Seen(
            "I" if change.transaction.kind == "checkpoint" else change.kind,
            change.record_key,
            change.values_before(),
            change.values_after(),
            change.old_record_key,
            change.unchanged,
            change.relation,
            change.transaction_id,
            change.schema_name,
            change.table_name,
        )
        for change in changes
    ]
