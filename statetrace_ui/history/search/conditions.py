"""All that a question asks of a change, as SQL on the change `c`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from psycopg import sql

from statetrace_ui.history.search import fields, transactions
from statetrace_ui.history.search.comparisons import all_of, any_of
from statetrace_ui.history.search.patterns import STAR, key_patterns, record_keys
from statetrace_ui.history.search.scope import LISTED, Scope


@dataclass(frozen=True)
class Conditions:
    """found: what leads into indexes. rest: what is then asked, the cheapest first. verdict: NULL where `earlier` asks.

    of_transactions: a part of the rest that needs not be asked where the transactions were looked for first.
    """

    found: sql.Composable
    rest: sql.Composable
    of_transactions: sql.Composable
    verdict: sql.Composable


def conditions_of(scope: Scope) -> Conditions:
    question = scope.question
    masks = scope.masks.values()
    found = [*_of_tables(scope), *_of_kinds(scope)]
    if question.keys.wanted:
        found.append(any_of(_key(scope, text, masks) for text in question.keys.wanted))
    rest = [sql.SQL("NOT {}").format(_key(scope, text, masks)) for text in question.keys.excluded]
    return Conditions(
        all_of(found), all_of(rest), all_of(transactions.of_change(question)), of_fields(scope, scope.shapes)
    )


def of_fields(scope: Scope, shapes: Iterable[fields.Shape], row: fields.Row = fields.CHANGE) -> sql.Composable:
    asked = scope.question.fields
    known = list(shapes) if asked else []
    return all_of(fields.field_condition(condition, known, row) for condition in asked)


def _of_tables(scope: Scope) -> list[sql.Composable]:
    if scope.tables is None:
        return []
    return [sql.SQL("c.table_id = ANY ({})").format(sql.Literal(list(scope.tables)))]


def _of_kinds(scope: Scope) -> list[sql.Composable]:
    if scope.kinds == LISTED:
        return [sql.SQL("c.kind <> ALL ('{S,G}')")]
    return [sql.SQL("c.kind = ANY ({})").format(sql.Literal(list(scope.kinds)))]


def _key(scope: Scope, text: str, masks: Iterable[Callable[[str], str]]) -> sql.Composable:
    """The record's key, or its key before."""
    if STAR in text:
        patterns = sql.Literal(key_patterns(text))
        return sql.SQL("(c.record_key LIKE ANY ({0}) OR c.old_record_key LIKE ANY ({0}))").format(patterns)
    return keys_condition(scope, record_keys(text, *masks))


def keys_condition(scope: Scope, keys: Iterable[str]) -> sql.Composable:
    """Written so that each part enters an index, which begins with the table."""
    tables = scope.tables if scope.tables is not None else [table.pk for table in scope.all_tables]
    return sql.SQL(
        "(c.table_id = ANY ({tables}) AND c.record_key = ANY ({keys})"
        " OR c.table_id = ANY ({tables}) AND c.old_record_key = ANY ({keys}) AND c.old_record_key <> '')"
    ).format(tables=sql.Literal(list(tables)), keys=sql.Literal(sorted(keys)))
