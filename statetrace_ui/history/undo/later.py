"""What came after changes that are to be undone, at the same rows and tables."""

from collections.abc import Sequence

from statetrace_ui.history.models import Change, Source
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.ranges import Range, fetched, newest
from statetrace_ui.history.queries.record import OF_TABLE

MOST_LATER = 100
Record = tuple[int | None, str]  # (table, key); '' for the whole table


def later_changes(source: Source, changes: Sequence[Change]) -> tuple[list[Change], bool]:
    """The newest MOST_LATER that came after the first of these at one of its records, and whether there are more.

    Also what became of their tables, and gaps: in them more may have changed.
    """
    first = _first_of_each(changes)
    since = min(first.values(), default=0) + 1
    ranges = [
        Range(source.pk, table, key=key, former=former, first=since)
        for table, key in first
        for former in (False, True)
        if key
    ]
    ranges += [
        Range(source.pk, table, kind, first=since) for table in {table for table, _ in first} for kind in OF_TABLE
    ]
    ranges += [Range(source.pk, None, Change.Kind.GAP, first=since)]
    own = {change.pk for change in changes}
    most = MOST_LATER + len(own) + 1
    found = fetched(listed_changes(), newest(ranges, most) if changes else [], most).rows
    later = [change for change in found if change.pk not in own and change.pk > _first(change, first, since)]
    return later[:MOST_LATER], len(later) > MOST_LATER


def _first_of_each(changes: Sequence[Change]) -> dict[Record, int]:
    """{record or table: the id of its first change}."""
    first: dict[Record, int] = {}
    for change in sorted(changes, key=lambda change: -change.pk):
        if change.table_id is not None:
            first |= {(change.table_id, key): change.pk for key in {"", change.record_key, change.old_record_key}}
    return first


def _first(change: Change, first: dict[Record, int], since: int) -> int:
    """The id of the first change that is to be undone of the record that the change concerns."""
    keys = {change.record_key, change.old_record_key or change.record_key}
    return min((first[change.table_id, key] for key in keys if (change.table_id, key) in first), default=since - 1)
