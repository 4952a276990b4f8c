"""Corrects rows of history that differ from their table: a resynchronisation of just those rows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.models import Erasure, Source, Table
from statetrace_ui.history.present.folding import Known
from statetrace_ui.history.present.horizon import Horizon
from statetrace_ui.history.store import store_corrections
from statetrace_ui.wal.records import Change, Relation
from statetrace_ui.wal.spill import ChangeList

# What was stored of the table, or of one of the keys, since the rows were compared: a correction would be outdated.
WHOLE_TABLE_SINCE = """
SELECT EXISTS (SELECT FROM history_change WHERE source_id = %(source)s AND table_id = %(table)s
    AND record_key = '' AND kind = ANY ('{T,S,A,E}') AND NOT baseline
    AND (id > %(until)s OR transaction_id = ANY (%(unseen)s)))
"""
KEYS_SINCE = """
SELECT record_key FROM history_change WHERE source_id = %(source)s AND table_id = %(table)s
    AND record_key = ANY (%(keys)s) AND (id > %(until)s OR transaction_id = ANY (%(unseen)s))
UNION SELECT old_record_key FROM history_change WHERE source_id = %(source)s AND table_id = %(table)s
    AND old_record_key = ANY (%(keys)s) AND old_record_key <> '' AND NOT baseline
    AND (id > %(until)s OR transaction_id = ANY (%(unseen)s))
"""


class Outdated(Exception):
    """History has gone on in a way that makes the comparison useless for mending."""


def correction(relation: Relation, found: Change | None, known: Known | None, key: str, names: Iterable[str]) -> Change:
    """The change that makes history's row the one that was found. names: of the columns that differ."""
    if found and known:
        old = {name: known.row[name] for name in names if name in known.row}
        return Change(relation, "U", old, found.new, [], found.record_key, "", found.cut)
    if found:
        return Change(relation, "I", None, found.new, [], found.record_key, "", found.cut)
    row = known.row if known else {}
    marks = {name: mark for name, (_, mark) in known.values.items() if mark} if known else {}
    old = {name: row[name] for name in relation.names if name in row}
    return Change(relation, "D", old, None, [], key, "", {"old": marks} if marks else {})


def mend(source: Source, relation: Relation, horizon: Horizon, read_at: datetime, changes: ChangeList) -> int:
    """Write the corrections; how many were written.

    A row that was changed since it was compared is left out: its later change says what it is. Raises Outdated if the
    whole table was concerned since, or rows are just being erased, and RulesChanged and NoRoom as the store does.
    """
    table = Table.objects.filter(
        source=source, schema_name=relation.schema_name, table_name=relation.table_name
    ).first()
    return store_corrections(
        source, read_at, lambda cursor: _fresh(cursor, source.pk, table.pk if table else 0, horizon, changes)
    ).changes


def _fresh(cursor: CursorWrapper, source_id: int, table_id: int, horizon: Horizon, changes: ChangeList) -> ChangeList:
    names: dict[str, Any] = {
        "source": source_id,
        "table": table_id,
        "keys": sorted({change.record_key for change in changes} - {""}),
        "until": horizon.until,
        "unseen": list(horizon.unseen),
    }
    if Erasure.objects.filter(source=source_id, state=Erasure.State.ERASING).exists():
        raise Outdated("Rows are just being erased.")
    cursor.execute(WHOLE_TABLE_SINCE, names)
    if cursor.fetchone() == (True,):
        raise Outdated("The table was read again, altered or truncated in the meantime.")
    cursor.execute(KEYS_SINCE, names)
    later = {key for (key,) in cursor.fetchall()}
    fresh = ChangeList()
    fresh.extend(change for change in changes if change.record_key not in later)
    return fresh.finished()
