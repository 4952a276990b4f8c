"""The named queries of `sql/queries.sql`, run on a replica."""

import re
from functools import cache
from typing import Any

from django.db import connections
from psycopg import sql

from replica.schema.definition import statements

NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)


@cache
def _queries() -> dict[str, str]:
    _, *parts = NAME.split(statements("queries.sql"))
    return dict(zip(parts[::2], (_without_comments(text) for text in parts[1::2]), strict=True))


def _without_comments(text: str) -> str:
    """Descriptions name the parameters too, which the database driver would take for its own."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip().rstrip(";")


def query_text(name: str) -> str:
    """The SQL of the query called `name`; KeyError if there is none."""
    return _queries()[name]


def literal_text(name: str, **parameters: Any) -> str:
    """The query with its parameters written into it as literals, for a driver that binds none."""
    return query_text(name) % {key: sql.Literal(value).as_string() for key, value in parameters.items()}


def rows(alias: str, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a named query as dictionaries; `char(n)` values come without their padding."""
    with connections[alias].cursor() as cursor:
        cursor.execute(query_text(name), parameters)
        columns = [column.name for column in cursor.description]
        return [
            {
                name: value.rstrip(" ") if isinstance(value, str) else value
                for name, value in zip(columns, row, strict=True)
            }
            for row in cursor.fetchall()
        ]
