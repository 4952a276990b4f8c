"""Reads the rows of a table as of a moment with their values, whole, in pieces that fit into memory."""

from collections.abc import Iterator
from dataclasses import replace

from django.db.models import Case, Value, When

from statetrace_ui.history.as_of.lookups import Latest
from statetrace_ui.history.as_of.moments import Moment
from statetrace_ui.history.as_of.pages import RowAt, alive_at, batches, rows_of
from statetrace_ui.history.as_of.tables import TableAt
from statetrace_ui.history.downloads.whole_changes import STORED, STORED_BYTES, pieces_of
from statetrace_ui.history.models import Change, Table
from statetrace_ui.history.queries.ranges import Place, Range, newest

KEYS_AT_ONCE = 500
# What a row may take whose last change did not send all values: how large those are is known when they are read.
UNSENT_BYTES = STORED_BYTES // 10


class Removed(Exception):
    """Retention has removed what led to these rows while they were read."""


def pinned(table: Table, moment: Moment) -> Moment:
    """The moment; of the newest state, that of now, so that rows which are read later are not of a later one."""
    if not moment.is_newest:
        return moment
    kinds = [Range(table.source_id, table.pk, kind) for kind in Change.Kind]
    places = newest([Range(table.source_id), *kinds], 1)
    return replace(moment, until=places[0][1] if places else 0)


def whole_rows(table: TableAt, key: str = "", prefix: str = "") -> Iterator[list[RowAt]]:
    """The rows in the order of their keys, as texts. key, prefix: as `pages.rows_at` takes them.

    Raises Removed if not all of them are known any more.
    """
    for alive in _alive(table, key, prefix):
        for piece in _pieces(table, alive):
            rows = rows_of(table, piece)
            removed_before = Table.objects.values_list("removed_before", flat=True).get(pk=table.table.pk)
            if table.moment.until < removed_before - 1:
                raise Removed
            yield rows


def _alive(table: TableAt, key: str, prefix: str) -> Iterator[dict[str, Latest]]:
    if key:
        yield alive_at(table, [key])
    else:
        yield from (alive for _, alive in batches(table, prefix, "", KEYS_AT_ONCE))


def _pieces(table: TableAt, alive: dict[str, Latest]) -> Iterator[dict[str, Latest]]:
    by_place = {(table.table.source_id, one.own, one.baseline): key for key, one in alive.items() if one.own}
    places = list(by_place)
    for piece in pieces_of(places, _sizes(places)):
        yield {by_place[place]: alive[by_place[place]] for place in piece}


def _sizes(places: list[Place]) -> dict[Place, int]:
    """{place: the bytes that the row is taken to be stored in}"""
    unsent = Case(When(new_absent=None, then=Value(0)), default=Value(UNSENT_BYTES))
    sizes: dict[Place, int] = {}
    for branch in {baseline for _, _, baseline in places}:
        rows = Change.objects.filter(source_id=places[0][0], baseline=branch)
        rows = rows.filter(id__in=[number for _, number, baseline in places if baseline == branch])
        found = rows.annotate(size=STORED + unsent).values_list("source_id", "id", "baseline", "size")
        sizes |= {(source, number, baseline): size for source, number, baseline, size in found}
    return sizes
