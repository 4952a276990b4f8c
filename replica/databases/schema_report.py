"""What an organisation's replica has beside what the schema says: the same report for the page and the command."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections

from replica.databases.reading import read_replica
from replica.schema.actual import ActualTable, read_tables
from replica.schema.columns import Table
from replica.schema.description import TABLES
from replica.schema.differences import Difference, differences
from statetrace_ui.web.models import Organisation


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table of the document with what is there of it; actual: None if it is missing."""

    expected: Table
    actual: ActualTable | None
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """legacy: the user flows' own tables of measurements."""

    tables: list[ShownTable]
    legacy: list[ActualTable]
    differences: list[Difference]

    @property
    def upgrade(self) -> str:
        """The SQL that ends all differences that can be ended, in one transaction."""
        statements = [one.upgrade for one in self.differences if one.upgrade]
        return "\n".join(["BEGIN;", "SET LOCAL lock_timeout = '5s';", *statements, "COMMIT;"]) if statements else ""

    @property
    def size(self) -> int:
        found = [one.actual for one in self.tables if one.actual] + self.legacy
        return sum(table.size or 0 for table in found)


def schema_report(organisation: Organisation) -> SchemaReport:
    """The report on an organisation's replica, as the pages' role sees it. Raises NoReplica, or a UserError (503)."""
    return read_replica(organisation, _read)


def report_of(actual: dict[str, ActualTable], reader: str) -> SchemaReport:
    """The report on these tables; `reader` is the role that pages read by."""
    found = differences(actual, reader)
    return SchemaReport(
        tables=[
            ShownTable(table, actual.get(table.name), [one for one in found if one.table == table.name])
            for table in TABLES
        ],
        legacy=[table for table in actual.values() if table.is_legacy],
        differences=found,
    )


def _read(alias: str) -> SchemaReport:
    with connections[alias].cursor() as cursor:

        def ask(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
            cursor.execute(statement, parameters or None)
            return list(cursor.fetchall())

        [(reader,)] = ask("SELECT current_user::text", [])
        return report_of(read_tables(ask), reader)
