"""SQL for the keys of records, as people write them."""

from collections.abc import Iterable

from psycopg import sql

from statetrace_ui.history.search.fields import Shape
from statetrace_ui.history.search.patterns import STAR, key_part_pattern, key_patterns, record_keys
from statetrace_ui.history.search.scope import Scope


def key_condition(scope: Scope, text: str) -> sql.Composable:
    """The record's key, or its key before."""
    if STAR in text:
        patterns = sql.Literal(key_patterns(text))
        return sql.SQL("(c.record_key LIKE ANY ({0}) OR c.old_record_key LIKE ANY ({0}))").format(patterns)
    return keys_condition(scope, record_keys(text, *scope.masks.values()))


def keys_condition(scope: Scope, keys: Iterable[str]) -> sql.Composable:
    """Written so that each part enters an index, which begins with the table."""
    tables = scope.tables if scope.tables is not None else [table.pk for table in scope.all_tables]
    return sql.SQL(
        "(c.table_id = ANY ({tables}) AND c.record_key = ANY ({keys})"
        " OR c.table_id = ANY ({tables}) AND c.old_record_key = ANY ({keys}) AND c.old_record_key <> '')"
    ).format(tables=sql.Literal(list(tables)), keys=sql.Literal(sorted(keys)))


def key_part_condition(scope: Scope, word: str) -> list[sql.Composable]:
    """The word is one of several columns of the key."""
    tables = sorted({shape.table_id for shape in scope.shapes if _width(shape) > 1})
    if not tables:
        return []
    patterns = [key_part_pattern(text) for text in (word, *(mask(word) for mask in scope.masks.values()))]
    condition = "(c.table_id = ANY ({}) AND c.record_key LIKE ANY ({}))"
    return [sql.SQL(condition).format(sql.Literal(tables), sql.Literal(patterns))]


def _width(shape: Shape) -> int:
    return sum(bool(column.get("key")) for column in shape.columns)
