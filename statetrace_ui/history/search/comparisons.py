"""SQL that compares a stored text with what is asked for: numbers, times and booleans as such, by the column's type.

A text that cannot be read as the column's type does not match, and never fails.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal

from django.utils import timezone
from psycopg import sql

from statetrace_ui.history.question.terms import Comparison, Operator
from statetrace_ui.history.search.patterns import literal
from statetrace_ui.wal.row_limit import identity

NEVER, ALWAYS = sql.SQL("false"), sql.SQL("true")
NUMBER = re.compile(r"[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,2})?", re.ASCII)
CASTS = {
    "smallint": "numeric",
    "integer": "numeric",
    "bigint": "numeric",
    "oid": "numeric",
    "numeric": "numeric",
    "real": "numeric",
    "double precision": "numeric",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "date": "timestamp",
}
TRUE, FALSE = ("true", "t", "yes", "on", "1"), ("false", "f", "no", "off", "0")
Mask = Callable[[str], str]


def plain_type(written: str) -> str:
    """A type without its length or precision: `numeric` of `numeric(10,2)`."""
    return re.sub(r"\(.*?\)", "", written)


def is_null(comparison: Comparison) -> bool:
    return comparison.operator == Operator.EQUALS and comparison.text.lower() == "null"


def all_match(value: sql.Composable, comparisons: Iterable[Comparison], column_type: str, mask: Mask | None) -> sql.SQL:
    """Never NULL. mask: of a column that holds digests, which can only be equal or not."""
    parts = [_match(value, comparison, plain_type(column_type), mask) for comparison in comparisons]
    return all_of(parts)


def _match(value: sql.Composable, comparison: Comparison, column_type: str, mask: Mask | None) -> sql.Composable:
    text = comparison.text
    if is_null(comparison):
        return sql.SQL("{} IS NULL").format(value)
    if mask:
        equal = comparison.operator == Operator.EQUALS
        return _compare(value, "=", sql.Literal(mask(identity(text)))) if equal else NEVER
    if comparison.operator == Operator.CONTAINS:
        return _contains(value, text)
    if cast := CASTS.get(column_type):
        return _typed(value, comparison, cast)
    if column_type == "boolean":
        return _boolean(value, comparison)
    if comparison.operator == Operator.EQUALS:
        return _compare(value, "=", sql.Literal(text.lower() if column_type == "uuid" else text))
    return _compare(sql.SQL('{} COLLATE "C"').format(value), comparison.operator.value, sql.Literal(text))


def _contains(value: sql.Composable, text: str) -> sql.Composable:
    """Capitals of ASCII need no knowledge of languages, and are read more than twice as fast without."""
    read = sql.SQL('{} COLLATE "C"').format(value) if text.isascii() else value
    return _compare(read, "ILIKE", sql.Literal(f"%{literal(text)}%"))


def _compare(value: sql.Composable, operator: str, other: sql.Composable) -> sql.Composable:
    return sql.SQL("coalesce({} {} {}, false)").format(value, sql.SQL(operator), other)


def _typed(value: sql.Composable, comparison: Comparison, cast: str) -> sql.Composable:
    asked = _number(comparison.text) if cast == "numeric" else _moment(comparison.text, cast)
    if asked is None:
        return NEVER
    return sql.SQL("coalesce(CASE WHEN pg_input_is_valid({0}, {1}) THEN {0}::{2} {3} {4}::{2} END, false)").format(
        value, sql.Literal(cast), sql.SQL(cast), sql.SQL(comparison.operator.value), sql.Literal(asked)
    )


def _number(text: str) -> str | None:
    return text if NUMBER.fullmatch(text) else None


def _moment(text: str, cast: str) -> str | None:
    """Without a zone, a time is meant in the viewer's where the column has zones, else as it stands."""
    try:
        moment = datetime.fromisoformat(text)
        if cast == "timestamptz":
            return (moment if moment.tzinfo else timezone.make_aware(moment)).astimezone(UTC).isoformat()
        return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):
        return None


def _boolean(value: sql.Composable, comparison: Comparison) -> sql.Composable:
    word = comparison.text.lower()
    if comparison.operator != Operator.EQUALS or word not in (*TRUE, *FALSE):
        return NEVER
    return _compare(value, "=", sql.Literal("t" if word in TRUE else "f"))


def indexed_texts(text: str, column_type: str) -> list[str] | None:
    """The text by which the search index knows a value that equals this one; [] if none can, None if that is not known.

    The database's `history_search_terms` writes stored values so, whatever their type: it does not know it.
    """
    kind = plain_type(column_type)
    if cast := CASTS.get(kind):
        asked = _number(text) if cast == "numeric" else _moment(text, cast)
        exact = cast == "numeric" and kind not in ("real", "double precision")
        return [] if asked is None else [plain_text(format(Decimal(asked), "f"))] if exact else None
    if kind == "boolean":
        return [] if text.lower() not in (*TRUE, *FALSE) else ["t" if text.lower() in TRUE else "f"]
    return [plain_text(text.lower() if kind == "uuid" else text)]


def plain_text(text: str) -> str:
    """A decimal without zeros at its end; any other text as it is."""
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"-?[0-9]+\.[0-9]+", text) else text


def all_of(parts: Iterable[sql.Composable]) -> sql.SQL:
    return _joined(parts, " AND ", ALWAYS)


def any_of(parts: Iterable[sql.Composable]) -> sql.SQL:
    return _joined(parts, " OR ", NEVER)


def _joined(parts: Iterable[sql.Composable], word: str, empty: sql.SQL) -> sql.SQL:
    found = list(parts)
    return sql.SQL("({})").format(sql.SQL(word).join(found)) if found else empty  # type: ignore[return-value]
