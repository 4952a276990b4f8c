"""The named queries of `sql/queries.sql`: their text, and their rows as typed objects."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connections
from psycopg import sql
from psycopg.postgres import types

from replica.schema.definition import statements

NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)
RowType = TypeVar("RowType")


def rows(alias: str, name: str, row_type: type[RowType], **parameters: Any) -> list[RowType]:
    """The rows of a named query, each as `row_type(**columns)`."""
    return typed_rows(alias, query_text(name), row_type, parameters)


def tuples(alias: str, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a named query as they come, of which there are thousands: it has neither `char(n)` nor timestamps."""
    with connections[alias].cursor() as cursor:
        cursor.execute(query_text(name), parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def typed_rows(
    alias: str, statement: str, row_type: type[RowType], parameters: Mapping[str, Any] | None = None
) -> list[RowType]:
    """The rows of a statement, each as `row_type(**columns)`.

    As with the models, `char(n)` comes without its padding and `timestamp` as an aware datetime in UTC.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description]
        converters = [(place, CONVERTERS.get(column.type_code)) for place, column in enumerate(cursor.description)]
        found = _converted(cursor.fetchall(), {place: convert for place, convert in converters if convert})
    return [row_type(**dict(zip(names, row, strict=True))) for row in found]


def _converted(
    found: Sequence[Sequence[Any]], converters: Mapping[int, Callable[[Any], Any]]
) -> Sequence[Sequence[Any]]:
    """Rows with some of their places converted; most queries have none such."""
    if not converters:
        return found
    return [[converters.get(place, _same)(value) for place, value in enumerate(row)] for row in found]


def query_text(name: str) -> str:
    """The SQL of the query called `name`; KeyError if there is none."""
    return _queries()[name]


def literal_text(name: str, **parameters: Any) -> str:
    """The query with its parameters written into it as literals, for a driver that binds none."""
    return query_text(name) % {key: sql.Literal(value).as_string() for key, value in parameters.items()}


@cache
def _queries() -> dict[str, str]:
    _, *parts = NAME.split(statements("queries.sql"))
    return dict(zip(parts[::2], (_without_comments(text) for text in parts[1::2]), strict=True))


def _without_comments(text: str) -> str:
    """Descriptions name the parameters too, which the database driver would take for its own."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip().rstrip(";")


def _without_padding(value: str | None) -> str | None:
    return None if value is None else value.rstrip(" ")


def _in_utc(value: dt.datetime | None) -> dt.datetime | None:
    return None if value is None else value.replace(tzinfo=dt.UTC)


def _same(value: Any) -> Any:
    return value


# By the OID of a column's type. Trailing blanks of varchar and text are part of the value.
CONVERTERS: dict[int, Callable[[Any], Any]] = {types["bpchar"].oid: _without_padding, types["timestamp"].oid: _in_utc}
