"""Reads as much of a row's values as a page shows, however long the values are: the database cuts them."""

from dataclasses import dataclass

from django.db.models import F, Func, IntegerField, JSONField, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import GreaterThan

from statetrace_ui.history.models import Change
from statetrace_ui.history.row_arrays import named
from statetrace_ui.history.values import Values, read_values

LEAST_CHARACTERS = 48  # a digest in place of a masked value is never cut


@dataclass(frozen=True)
class Limits:
    """What a page reads of a row.

    value: characters of one value. row: characters of all values together, shared out among many columns.
    stored: bytes of the row as PostgreSQL stores it, compressed; a larger one is not unpacked. None: every one is.
    """

    value: int
    row: int
    stored: int | None


IN_A_LINE = Limits(value=200, row=20_000, stored=32_768)
IN_A_LIST = Limits(value=4_000, row=200_000, stored=65_536)
ON_ITS_PAGE = Limits(value=100_000, row=1_000_000, stored=None)
WHOLE = Limits(value=1_000_000_000, row=1_000_000_000, stored=None)  # capture cuts what is longer


class Excerpts(Func):
    """A column of rows with objects {"start", "length", "sha256"} in place of long values: `values.Excerpt`.

    A JSON array with a place for each of the row's, which `row_arrays.named` puts names to.
    """

    # The column is named again and again, so it must be a plain one, without parameters.
    template = """CASE WHEN %(readable)s THEN (
        SELECT coalesce(jsonb_agg(CASE
            WHEN length(field.value) > most.characters
            THEN jsonb_build_object(
                'start', left(field.value, most.characters),
                'length', length(field.value),
                'sha256', encode(sha256(convert_to(field.value, 'UTF8')), 'hex'))
            ELSE to_jsonb(field.value) END ORDER BY field.place), '[]')
        FROM unnest(%(expressions)s) WITH ORDINALITY AS field (value, place), (
            SELECT greatest(%(least)s, least(%(value)s, %(row)s / greatest(1, cardinality(%(expressions)s))))::int
                AS characters
        ) AS most
    ) END"""
    output_field = JSONField()

    @classmethod
    def sql(cls, column: str, limits: Limits) -> str:
        """The expression for a statement that is written by hand. column: as it calls it."""
        values = {"least": LEAST_CHARACTERS, "value": limits.value, "row": limits.row, "expressions": column}
        return cls._template(limits) % values

    def __init__(self, column: str, limits: Limits) -> None:
        template = self._template(limits)
        super().__init__(F(column), template=template, least=LEAST_CHARACTERS, value=limits.value, row=limits.row)

    @classmethod
    def _template(cls, limits: Limits) -> str:
        readable = "TRUE" if limits.stored is None else f"pg_column_size(%(expressions)s) <= {limits.stored}"
        return cls.template.replace("%(readable)s", f"%(expressions)s IS NOT NULL AND {readable}")


def with_excerpts(changes: QuerySet[Change], limits: Limits) -> QuerySet[Change]:
    """The changes with `old_excerpts` and `new_excerpts` in place of `old` and `new`, which need not be loaded.

    `too_large`: whether a row is stored in more than `limits.stored` bytes; it then has no excerpts.
    """
    excerpts = {"old_excerpts": Excerpts("old", limits), "new_excerpts": Excerpts("new", limits)}
    return changes.annotate(**excerpts, too_large=_too_large(limits))


def _too_large(limits: Limits) -> Combinable:
    if limits.stored is None:
        return Value(False)
    sizes = [
        Coalesce(Func(F(column), function="pg_column_size", output_field=IntegerField()), 0)
        for column in ("old", "new")
    ]
    return GreaterThan(Greatest(*sizes), limits.stored)


def excerpts_before(change: Change) -> Values | None:
    """The values of `old_excerpts` by the names of their columns; None if there was no row, or it was too large."""
    excerpts = change.old_excerpts  # type: ignore[attr-defined]
    return read_values(named(change.columns, excerpts, change.old_absent), (change.cut or {}).get("old"))


def excerpts_after(change: Change) -> Values | None:
    """As `excerpts_before`, of `new_excerpts`."""
    excerpts = change.new_excerpts  # type: ignore[attr-defined]
    return read_values(named(change.columns, excerpts, change.new_absent), (change.cut or {}).get("new"))
