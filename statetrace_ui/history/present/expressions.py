"""Queries for what history knows of a table's rows now: how each stored row is written under the present columns.

A row was stored under the columns that the table had then. What became of them is known from the alterations that
follow: `row_after` is given places of arrays instead of values, and says which place a present column is read from.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from psycopg import sql

from statetrace_ui.history.row_arrays import Columns
from statetrace_ui.history.table_state import Marker, row_after
from statetrace_ui.wal.records import Relation

# A query with more is not worth planning; rows of older shapes are then put together one by one.
MOST_EXPRESSIONS = 60


class Cell(NamedTuple):
    """Where a value is found, and the rule by which it was stored."""

    value: sql.Composable
    rule: str


CellMarker = Marker[Cell]


def row_expression(
    relation: Relation, columns: Columns, side: str, markers: Sequence[CellMarker]
) -> sql.Composable | None:
    """The text of a row that was stored under `columns`; None if SQL alone cannot say it.

    side: `old` or `new`, the array. markers: the alterations that followed.
    """
    cells: dict[str, Cell] | None = {
        column["name"]: Cell(
            sql.SQL("{}[{}]").format(sql.Identifier(side), sql.Literal(place)), column.get("rule", "keep")
        )
        for place, column in enumerate(columns, start=1)
        if column.get("rule") != "exclude"
    }
    cells = row_after(cells or {}, 0, markers)
    wanted = [column for column in relation.columns if column.rule != "exclude"]
    if cells is None or any(column.name not in cells for column in wanted):
        return None
    if any(column.rule == "mask" != cells[column.name].rule for column in wanted):
        return None
    values = [cells[column.name].value for column in wanted]
    return sql.SQL("ROW({})::text").format(sql.SQL(", ").join(values))


def text_expression(
    relation: Relation, shapes: Mapping[int, Columns], side: str, markers: Sequence[CellMarker]
) -> sql.Composable:
    """The text of any stored row; null of one that SQL alone cannot say.

    shapes: the columns of the stored relations, by id. markers: the alterations since the rows began, in order.
    """
    stretches: list[sql.Composable] = []
    left = MOST_EXPRESSIONS
    for number in range(len(markers), -1, -1):
        since = markers[number - 1].id if number else 0
        cases = []
        for relation_id, columns in shapes.items():
            expression = row_expression(relation, columns, side, markers[number:]) if left else None
            if expression is not None:
                left -= 1
                cases.append(sql.SQL("WHEN {} THEN {}").format(sql.Literal(relation_id), expression))
        if cases:
            by_shape = sql.SQL("CASE relation_id {} END").format(sql.SQL(" ").join(cases))
            stretches.append(sql.SQL("WHEN id > {} THEN {}").format(sql.Literal(since), by_shape))
        else:
            stretches.append(sql.SQL("WHEN id > {} THEN NULL").format(sql.Literal(since)))
    return sql.SQL("CASE {} END").format(sql.SQL(" ").join(stretches))
