"""The history of one record."""

from django.db.models import QuerySet

from statetrace_ui.history.models import Change, Source, Table
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.excerpts import IN_A_LIST
from statetrace_ui.history.queries.ranges import Range, newest_in, oldest
from statetrace_ui.web.paging import HIGHEST_ID, Page

OF_TABLE = (Change.Kind.TRUNCATE, Change.Kind.ALTERED, Change.Kind.LEFT)
MOST_KEYS = 10


def record_changes(source: Source, table: tuple[str, str], key: str, cursor: str = "") -> Page[Change]:
    """Every change of one row, newest first, including changes under former keys and those of its whole table.

    Also the gaps of its source since its first change: it may have changed in them.
    """
    known = Table.objects.filter(source=source, schema_name=table[0], table_name=table[1]).first()
    if not known or not key:
        return Page([], None)
    rows = Change.objects.filter(source=source, table_id=known.pk)
    of_record = [Range(source.pk, known.pk, key=one, end=end) for one, end in former_keys(rows, key)]
    ranges = [*of_record, Range(source.pk, known.pk, key=key, former=True)]
    first_id = oldest(of_record)
    if first_id is not None:
        ranges.extend(Range(source.pk, known.pk, kind, first=first_id + 1) for kind in OF_TABLE)
        ranges.append(Range(source.pk, None, Change.Kind.GAP, first=first_id + 1))
    return newest_in(listed_changes(IN_A_LIST), ranges, cursor)


def former_keys(rows: QuerySet[Change], key: str) -> list[tuple[str, int]]:
    """The row's key and its former keys, at most MOST_KEYS, each with the id of the change that ended its use.

    Found by the index on changes that altered a key.
    """
    chain = [(key, HIGHEST_ID)]
    for current, end in chain:
        renames = rows.filter(record_key=current, id__lt=end, baseline=False).exclude(old_record_key="")
        found = renames.order_by("-id").values_list("old_record_key", "id")
        chain.extend(found[: MOST_KEYS - len(chain)])
    return chain
