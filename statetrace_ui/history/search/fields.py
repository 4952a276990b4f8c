"""SQL for what a question asks of the fields of a change. NULL stands for what only the record's former row can tell.

Of an update, the source often sends the row after alone. Then a condition on values before is NULL here, and so is what
AND, OR and NOT make of it, until the answer is known; `earlier.py` completes the row before and asks again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import sql

from statetrace_ui.history.question.matching import chosen
from statetrace_ui.history.question.terms import Choice, Comparison, FieldCondition, Operator
from statetrace_ui.history.search.comparisons import ALWAYS, NEVER, Mask, all_match, all_of, any_of, plain_type

UNKNOWN = sql.SQL("NULL::boolean")
# With more, the database first looks at rows without knowing their columns, and at columns of what that leaves.
MOST_PLACES = 40


@dataclass(frozen=True, slots=True)
class Shape:
    """A version of a table's columns. sends_old: whether whole rows before are sent.

    mask: writes a value as its source's digest; None if that has no key for them.
    """

    id: int
    source_id: int
    table_id: int
    columns: Sequence[dict[str, Any]]
    sends_old: bool
    mask: Mask | None


class Place(NamedTuple):
    """A column at its place in rows, counted from 1. source_id: of a masked column, whose digests are its source's."""

    place: int
    name: str
    type: str
    key: bool
    source_id: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """How the statement calls a change, and its row before. final: whether nothing more will be known of that."""

    change: str = "c"
    before: str = "c"
    final: bool = False

    def __call__(self, name: str) -> sql.Identifier:
        return sql.Identifier(self.before if name in ("old", "old_absent") else self.change, name)


CHANGE = Row()
COMPLETED = Row(before="b", final=True)


def tables_of(condition: FieldCondition, shapes: Iterable[Shape]) -> set[int]:
    """The tables that have such a field."""
    return {shape.table_id for shape in shapes if any(True for _ in places_of(condition, shape))}


def kinds_of(condition: FieldCondition) -> str:
    """The kinds of changes that can match."""
    if (condition.old and condition.new) or not (condition.old or condition.new):
        return "U"
    return "UD" if condition.old else "IBU"


def field_condition(condition: FieldCondition, shapes: Iterable[Shape], row: Row = CHANGE) -> sql.Composable:
    found = _any_place(condition, list(shapes), row)
    return sql.SQL("NOT {}").format(found) if condition.excluded else found


def _any_place(condition: FieldCondition, shapes: Sequence[Shape], row: Row) -> sql.Composable:
    places: dict[Place, list[int]] = defaultdict(list)
    masks: dict[int, Mask | None] = {}
    for shape in shapes:
        masks[shape.source_id] = shape.mask
        for place in places_of(condition, shape):
            places[place].append(shape.id)
    if len(places) > MOST_PLACES and not row.final:
        return _likely(condition, shapes, row)
    ways = any_of(
        sql.SQL("({} = ANY ({}::int[]) AND {})").format(
            row("relation_id"), sql.Literal(ids), _at(condition, place, masks.get(place.source_id or 0), row)
        )
        for place, ids in places.items()
    )
    return all_of([_anywhere(condition, row), ways]) if len(places) > 1 else ways


def _anywhere(condition: FieldCondition, row: Row) -> sql.Composable:
    """Parts of texts must be in the row as a whole: one look at it is faster than one at each of its values."""
    parts = [comparison for comparison in condition.new if comparison.operator == Operator.CONTAINS]
    return all_match(sql.SQL("array_to_string({}, ' ')").format(row("new")), parts, "text", None)


def places_of(condition: FieldCondition, shape: Shape) -> Iterable[Place]:
    """The columns that are meant. Nothing is known of those that are excluded."""
    for number, column in enumerate(shape.columns, start=1):
        rule = column.get("rule")
        if rule != "exclude" and (not condition.name or chosen(Choice((condition.name,)), column["name"])):
            source_id = shape.source_id if rule == "mask" else None
            yield Place(number, column["name"], column["type"], bool(column.get("key")), source_id)


def _at(condition: FieldCondition, place: Place, mask: Mask | None, row: Row) -> sql.Composable:
    """The condition on one column. mask: of its source; used where the column is masked."""
    masked = mask or _unmasked if place.source_id else None

    def like(side: str, comparisons: Sequence[Comparison]) -> sql.Composable:
        return all_match(_value(row, side, place), comparisons, place.type, masked)

    # What most rows fail comes first.
    new = all_of([like("new", condition.new), _known(row, "new", place)]) if condition.new else ALWAYS
    old = _before(row, place, like("old", condition.old), NEVER) if condition.old else ALWAYS
    ways = [all_of([_is(row, "U"), new, old, _altered(row, place)])]
    if condition.new and not condition.old:
        ways.append(all_of([_is(row, "IB"), new]))
    if condition.old and not condition.new:
        ways.append(all_of([_is(row, "D"), old]))
    return any_of(ways)


def _unmasked(_: str) -> str:
    """Where the source's key is not known, no value can be compared with its digests."""
    return ""


def _altered(row: Row, place: Place) -> sql.Composable:
    """A value that is sent without one before it counts as altered, as lists show it: that of TOAST always is.

    An update that alters the key sends the key before.
    """
    differs = sql.SQL("{} IS DISTINCT FROM {}").format(_value(row, "new", place), _value(row, "old", place))
    before = _before(row, place, differs, ALWAYS)
    if place.key:
        before = all_of([sql.SQL("{} IS NOT NULL").format(sql.Identifier(row.change, "old")), before])
    return all_of([_known(row, "new", place), before])


def _before(row: Row, place: Place, condition: sql.Composable, otherwise: sql.Composable) -> sql.Composable:
    """A condition on the value before. otherwise: what counts where that remains unknown."""
    unknown = otherwise if row.final else UNKNOWN
    return sql.SQL("(CASE WHEN {} THEN {} WHEN {} THEN {} ELSE {} END)").format(
        _gone(row, "old", place), otherwise, _sent(row, "old", place), condition, unknown
    )


def _value(row: Row, side: str, place: Place) -> sql.Composable:
    return sql.SQL("{}[{}]").format(row(side), sql.Literal(place.place))


def _known(row: Row, side: str, place: Place) -> sql.Composable:
    return sql.SQL("({} AND NOT {})").format(_sent(row, side, place), _gone(row, side, place))


def _sent(row: Row, side: str, place: Place) -> sql.Composable:
    return sql.SQL("({} IS NOT NULL AND array_position({}, {}::smallint) IS NULL)").format(
        row(side), row(f"{side}_absent"), sql.Literal(place.place)
    )


def _gone(row: Row, side: str, place: Place) -> sql.Composable:
    """Whether the value was cut or erased."""
    return sql.SQL(
        "({cut} IS NOT NULL AND (coalesce(jsonb_exists({cut} -> {side}, {name}), false)"
        " OR coalesce(jsonb_exists({cut} -> 'columns', {name}), jsonb_exists({cut}, 'erased'))))"
    ).format(cut=row("cut"), side=sql.Literal(side), name=sql.Literal(place.name))


def _is(row: Row, kinds: str) -> sql.Composable:
    return sql.SQL("{} = ANY ({})").format(row("kind"), sql.Literal(list(kinds)))


def _likely(condition: FieldCondition, shapes: Sequence[Shape], row: Row) -> sql.Composable:
    """NULL of changes that may match, whatever the columns are called; false of others."""
    types = sorted({plain_type(column["type"]) for shape in shapes for column in shape.columns})
    masks = {shape.source_id: shape.mask for shape in shapes if _has_masked(shape)}
    value = sql.Identifier("v", "value")
    parts = [_is(row, kinds_of(condition))]
    if condition.new:
        ways = [all_match(value, condition.new, kind, None) for kind in types]
        ways += [all_match(value, condition.new, "text", mask or _unmasked) for mask in masks.values()]
        parts.append(sql.SQL("EXISTS (SELECT FROM unnest({}) AS v (value) WHERE {})").format(row("new"), any_of(ways)))
    return sql.SQL("(CASE WHEN {} THEN {} ELSE false END)").format(all_of(parts), UNKNOWN)


def _has_masked(shape: Shape) -> bool:
    return any(column.get("rule") == "mask" for column in shape.columns)
