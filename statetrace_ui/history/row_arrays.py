"""Rows as history stores them: arrays of texts in the order of a relation's columns, and rows by name. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

V = TypeVar("V")
Row = dict[str, str | None]
Columns = Sequence[Mapping[str, Any]]  # as `Relation.columns` has them


def named(columns: Columns, values: Sequence[V] | None, absent: Iterable[int] | None) -> dict[str, V] | None:
    """{column: value} without the places in `absent`, counted from 1, and without excluded columns; None for None."""
    if values is None:
        return None
    gone = frozenset(absent or ())
    return {
        column["name"]: value
        for place, (column, value) in enumerate(zip(columns, values, strict=False), start=1)
        if place not in gone and column.get("rule") != "exclude"
    }


def names_at(columns: Columns, places: Iterable[int] | None) -> list[str]:
    return [columns[place - 1]["name"] for place in places or () if place <= len(columns)]


def aligned(columns: Columns, row: Mapping[str, V] | None) -> tuple[list[V | None] | None, list[int] | None]:
    """The row as an array, and the places, counted from 1, of the values that it does not have.

    Raises KeyError if it has a value of no column.
    """
    if row is None:
        return None, None
    if unknown := row.keys() - {column["name"] for column in columns}:
        raise KeyError(f"The relation has no column {min(unknown)}.")
    absent = [
        place
        for place, column in enumerate(columns, start=1)
        if column["name"] not in row and column.get("rule") != "exclude"
    ]
    return [row.get(column["name"]) for column in columns], absent or None
