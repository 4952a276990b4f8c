"""SQL for words: each is a key or a label, names a table, or begins a word of an actor's name.

A label is the value of the column that names a row, whole; all words together may be one.
"""

from collections.abc import Iterable

from psycopg import sql

from statetrace_ui.history.labels import label_column
from statetrace_ui.history.search import transactions
from statetrace_ui.history.search.comparisons import all_of, any_of, plain_text
from statetrace_ui.history.search.fields import Shape
from statetrace_ui.history.search.indexes import has_term
from statetrace_ui.history.search.keys import key_condition, key_part_condition
from statetrace_ui.history.search.scope import Scope

Pair = tuple[sql.Composable, sql.Composable]  # asked without and with the search index


def words_condition(scope: Scope) -> Pair:
    words = scope.question.words
    ways = [_word(scope, word) for word in words]
    plain, indexed = all_of(one for one, _ in ways), all_of(one for _, one in ways)
    if len(words) == 1:
        return plain, indexed
    together = label_condition(scope.shapes, " ".join(words))
    return any_of([plain, together[0]]), any_of([indexed, together[1]])


def _word(scope: Scope, word: str) -> Pair:
    common = [key_condition(scope, word), *key_part_condition(scope, word)]
    if named := tables_named(scope, word):
        common.append(sql.SQL("c.table_id = ANY ({})").format(sql.Literal(named)))
    if transactions.has_actor([source.pk for source in scope.sources], word):
        common.append(transactions.by_actor(word))
    plain, indexed = label_condition(scope.shapes, word)
    return any_of([*common, plain]), any_of([*common, indexed])


def tables_named(scope: Scope, word: str) -> list[int]:
    """The tables of which the word is a part of the name."""
    return [table.pk for table in scope.all_tables if word.lower() in str(table).lower()]


def label_condition(shapes: Iterable[Shape], text: str) -> Pair:
    """Rows that are called so: written as it is, in small letters, or with capitals at usual places."""
    texts = sorted({text, text.upper(), text.lower(), text.title(), text.capitalize()})
    places: dict[int, list[int]] = {}
    for shape in shapes:
        if place := _label_place(shape):
            places.setdefault(place, []).append(shape.id)
    called = any_of(
        sql.SQL("(c.relation_id = ANY ({}::int[]) AND c.new[{}] = ANY ({}))").format(
            sql.Literal(ids), sql.Literal(place), sql.Literal(texts)
        )
        for place, ids in places.items()
    )
    if not places:
        return called, called
    terms = has_term((place, plain_text(one)) for place in sorted(places) for one in texts)
    return called, all_of([terms, called])


def _label_place(shape: Shape) -> int:
    """Counted from 1; 0 if none of the columns names the row."""
    names = [column["name"] for column in shape.columns]
    label = label_column(shape.columns)
    return names.index(label) + 1 if label else 0
