"""The history of one record."""

from django.db.models import Min, QuerySet

from statetrace_ui.history.models import Change, Source
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.excerpts import IN_A_LIST
from statetrace_ui.web.paging import Page, newest_merged


def record_changes(source: Source, table: tuple[str, str], key: str, cursor: str = "") -> Page[Change]:
    """Every change of one row, newest first, including changes under former keys and those of its whole table."""
    rows = Change.objects.filter(source=source, schema_name=table[0], table_name=table[1])
    of_record = [_until(rows.filter(record_key=one), before) for one, before in former_keys(rows, key)]
    ranges = [*of_record, rows.filter(old_record_key=key).exclude(old_record_key="")]
    first_ids = (part.aggregate(id=Min("id"))["id"] for part in of_record)
    if first_id := min(filter(None, first_ids), default=None):
        of_table = (Change.Kind.TRUNCATE, Change.Kind.ALTERED, Change.Kind.LEFT)
        ranges.extend(rows.filter(kind=kind, id__gt=first_id) for kind in of_table)
    return newest_merged(listed_changes(IN_A_LIST), ranges, ("id",), cursor)


def former_keys(rows: QuerySet[Change], key: str) -> list[tuple[str, int | None]]:
    """The row's key and its former keys, at most ten, each with the id of the change that ended its use (or None)."""
    chain: list[tuple[str, int | None]] = [(key, None)]
    for current, before in chain:
        renames = _until(rows.filter(record_key=current), before).exclude(old_record_key="").order_by("-id")
        chain.extend((change.old_record_key, change.id) for change in renames[: 10 - len(chain)])
    return chain


def _until(rows: QuerySet[Change], before: int | None) -> QuerySet[Change]:
    return rows if before is None else rows.filter(id__lt=before)
