"""Column rules: what capture does with the values of a column before anything is stored. Pure.

One's own rules stand above the defaults, and of one's own the one that says most of the column. A rule for a table
does not reach its columns that are masked by a default: whoever wants those in clear names them, `schema.table.*`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from statetrace_ui.capture.default_rules import default_of_column, default_of_table
from statetrace_ui.capture.patterns import Pattern
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.records import Column, Relation, Rule

STRICTNESS: dict[Rule, int] = {"keep": 0, "mask": 1, "exclude": 2}


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule that somebody set."""

    pattern: Pattern
    rule: Rule


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rule of a column or table, and why it has that."""

    rule: Rule
    why: str = ""

    @property
    def acts(self) -> bool:
        return self.rule != "keep"


class Rules:
    """The rules of one source.

    annotations: schema and name of its annotation table, which is kept whatever the rules say; '' for any schema.
    """

    def __init__(
        self, own: Iterable[OwnRule] = (), annotations: tuple[str, str] = ("", "statetrace_annotations")
    ) -> None:
        self._annotations = annotations
        # The most precise first; of two that are as precise, the stricter one.
        self._own = sorted(own, key=lambda one: (one.pattern.precision, STRICTNESS[one.rule]), reverse=True)

    def of_table(self, schema: str, table: str) -> Verdict:
        """The rule of the table as a whole. A table that is excluded is not stored at all."""
        if self.is_annotations(schema, table):
            return Verdict("keep", "the annotation table")
        for own in self._own:
            if own.pattern.column is None and own.pattern.matches_table(schema, table):
                return Verdict(own.rule, f"own rule {own.pattern}")
        why = default_of_table(table)
        return Verdict("mask", why) if why else Verdict("keep")

    def of_column(self, schema: str, table: str, column: Column) -> Verdict:
        """The rule of a column in a table that is stored."""
        verdict = self._of_column(schema, table, column)
        if verdict.rule == "exclude" and column.key:
            return Verdict("mask", f"{verdict.why}; masked, since a row is known by its key")
        return verdict

    def _of_column(self, schema: str, table: str, column: Column) -> Verdict:
        if self.is_annotations(schema, table):
            return Verdict("keep", "the annotation table")
        of_table = self.of_table(schema, table)
        if of_table.rule == "exclude":
            return of_table
        for own in self._own:
            if own.pattern.matches(schema, table, column.name):
                return Verdict(own.rule, f"own rule {own.pattern}")
        if of_table.acts:
            return of_table
        why = default_of_column(table, column.name, column.type)
        return Verdict("mask", why) if why else of_table

    def is_annotations(self, schema: str, table: str) -> bool:
        of_schema, name = self._annotations
        return table == name and of_schema in ("", schema)

    def apply(self, relation: Relation, masker: Masker) -> Relation:
        """The relation with the rules of its columns, and with the masker if it has anything to do."""
        schema, table = relation.schema_name, relation.table_name
        columns = tuple(replace(one, rule=self.of_column(schema, table, one).rule) for one in relation.columns)
        stored = not self.excludes(schema, table)
        if stored and all(column.rule == "keep" for column in columns):
            return relation
        return replace(relation, columns=columns, masker=masker, stored=stored)

    def excludes(self, schema: str, table: str) -> bool:
        """Whether changes of the table are not stored at all."""
        return self.of_table(schema, table).rule == "exclude"


def stricter(one: Rule, other: Rule) -> Rule:
    return max(one, other, key=STRICTNESS.__getitem__)
