"""All that a question asks of a change, as SQL on the change `c`."""

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

from statetrace_ui.history.search import fields, transactions
from statetrace_ui.history.search.comparisons import ALWAYS, all_of, any_of
from statetrace_ui.history.search.indexes import terms_condition
from statetrace_ui.history.search.keys import key_condition
from statetrace_ui.history.search.scope import LISTED, Scope
from statetrace_ui.history.search.words import words_condition


@dataclass(frozen=True)
class Conditions:
    """found: what leads into indexes of all partitions; is_keyed: to few changes.

    plain, indexed: the same asked without and with the search indexes; the second is None if they tell nothing.
    rest: what is then asked. of_transactions: asked where the transactions were not looked for before. verdict: NULL
    where `earlier` is to tell.
    """

    found: sql.Composable
    rest: sql.Composable
    of_transactions: sql.Composable
    verdict: sql.Composable
    plain: sql.Composable
    indexed: sql.Composable | None
    is_keyed: bool


def conditions_of(scope: Scope) -> Conditions:
    question = scope.question
    found = [*_of_tables(scope), *_of_kinds(scope)]
    if question.keys.wanted:
        found.append(any_of(key_condition(scope, text) for text in question.keys.wanted))
    rest = [sql.SQL("NOT {}").format(key_condition(scope, text)) for text in question.keys.excluded]
    plain, indexed = words_condition(scope) if question.words else (ALWAYS, None)
    terms = terms_condition(question.fields, scope.shapes) if question.fields else None
    if terms is not None:
        indexed = all_of([indexed or plain, terms])
        if not (question.tables or question.kinds or question.keys):
            # Fields alone narrow tables and kinds. Beside the terms, their index would be read for nothing.
            found, plain = [], all_of([*found, plain])
    return Conditions(
        found=all_of(found),
        rest=all_of(rest),
        of_transactions=all_of(transactions.of_change(question)),
        verdict=of_fields(scope, scope.shapes),
        plain=plain,
        indexed=indexed,
        is_keyed=bool(question.keys.wanted),
    )


def of_fields(scope: Scope, shapes: Iterable[fields.Shape], row: fields.Row = fields.CHANGE) -> sql.Composable:
    asked = scope.question.fields
    known = list(shapes) if asked else []
    return all_of(fields.field_condition(condition, known, row) for condition in asked)


def _of_tables(scope: Scope) -> list[sql.Composable]:
    if scope.tables is None:
        return []
    return [sql.SQL("c.table_id = ANY ({}::int[])").format(sql.Literal(list(scope.tables)))]


def _of_kinds(scope: Scope) -> list[sql.Composable]:
    if scope.kinds == LISTED:
        return [sql.SQL("c.kind <> ALL ('{S,G}')")]
    return [sql.SQL("c.kind = ANY ({})").format(sql.Literal(list(scope.kinds)))]
