"""The rows of a statement as a chart."""

from collections.abc import Sequence

from replica.figures.base import Json
from replica.figures.rows import RowsColumn, rows_figure
from replica.library.runner import Result


def chart_of(result: Result, names: Sequence[str] = ()) -> Json | None:
    """None where there is nothing to draw. names: of the columns that are drawn, if not of all."""
    return rows_figure(
        [
            RowsColumn(one.name, one.type, one.is_number, [row[number] for row in result.rows])
            for number, one in enumerate(result.columns)
            if not names or one.name in names
        ]
    )
