"""What is known of a table as of a moment: since when its rows are known, and why they may not be."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from statetrace_ui.history.as_of.moments import Moment
from statetrace_ui.history.models import Change, Gap, Source, Table
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.excerpts import IN_A_LIST, Limits
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.ranges import Range, fetched, newest
from statetrace_ui.web.errors import UserError

OF_SHAPES = (Change.Kind.INSERT, Change.Kind.UPDATE, Change.Kind.BASELINE, Change.Kind.ALTERED)


class Reason(StrEnum):
    """Why nothing is known."""

    GAP = "gap"
    REMOVED = "removed"  # by retention
    BEFORE = "before"  # the table was not captured yet
    LEFT = "left"  # it was not captured any more


@dataclass(frozen=True, slots=True)
class Ignorance:
    """mark: the change of the table that says so, where there is one."""

    reason: Reason
    gap: Gap | None = None
    mark: Change | None = None


def table_named(source: Source, name: tuple[str, str]) -> Table | None:
    table = Table.objects.filter(source=source, schema_name=name[0], table_name=name[1]).first()
    if table:
        table.source = source
    return table


def known_table(source: Source, name: tuple[str, str]) -> Table:
    table = table_named(source, name)
    if table is None:
        raise UserError("No table of this name is known.", "Look for it among the source's tables.", status=404)
    return table


class TableAt:
    """A table as of a moment of its source. limits: by which values of its rows are read."""

    def __init__(self, table: Table, moment: Moment, limits: Limits = IN_A_LIST) -> None:
        self.table, self.moment, self.limits = table, moment, limits

    @property
    def ids(self) -> tuple[int, int]:
        """(source, table)"""
        return self.table.source_id, self.table.pk

    @cached_property
    def reset(self) -> Change | None:
        """What last ended all that was known of its rows: it was emptied, or read as a whole, or it left capture."""
        kinds = [Range(*self.ids, kind, end=self.moment.until + 1) for kind in Change.RESETS]
        return next(iter(fetched(listed_changes(), newest(kinds, 1), 1).rows), None)

    @property
    def since(self) -> int:
        """Changes up to this id say nothing of its rows."""
        return self.reset.pk if self.reset else 0

    @cached_property
    def alterations(self) -> list[Change]:
        """How its columns were altered since then, in order."""
        of_table = listed_changes(self.limits).filter(source=self.table.source_id, table_id=self.table.pk)
        altered = of_table.filter(baseline=False, kind=Change.Kind.ALTERED)
        return list(altered.filter(id__gt=self.since, id__lte=self.moment.until).order_by("id"))

    @cached_property
    def columns(self) -> list[dict[str, Any]]:
        """Its columns then, as its newest change says; none of a table without changes."""
        kinds = [Range(*self.ids, kind, first=self.since, end=self.moment.until + 1) for kind in OF_SHAPES]
        last = fetched(joined(Change.objects.all(), "relation", without=["old", "new"]), newest(kinds, 1), 1).rows
        return last[0].columns if last else []

    @cached_property
    def ignorance(self) -> Ignorance | None:
        """Why its rows are not known; None if they are."""
        if self.moment.gap:
            return Ignorance(Reason.GAP, self.moment.gap)
        if self.moment.until < self.table.removed_before - 1:
            return Ignorance(Reason.REMOVED)
        if self.reset and self.reset.kind == Change.Kind.LEFT:
            return Ignorance(Reason.LEFT, mark=self.reset)
        if self.reset or self.table.removed_before:
            return None
        return self._before_it_was_read()

    def _before_it_was_read(self) -> Ignorance | None:
        """Of a table that was never read as a whole, all is known since its first change."""
        until = self.moment.until
        first_reading = newest([Range(*self.ids, Change.Kind.START, first=until + 1)], 1)
        if first_reading:
            mark = fetched(listed_changes(), first_reading, 1).rows[0]
            return Ignorance(Reason.BEFORE, mark=mark)
        of_table = Change.objects.filter(source=self.table.source_id, table_id=self.table.pk)
        return None if of_table.filter(id__lte=until).exists() else Ignorance(Reason.BEFORE)
