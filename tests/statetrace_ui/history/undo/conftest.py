"""A real database whose transactions are read from a real slot, and SQL that is run on it as a reviewer would."""

import os
from collections.abc import Iterator
from types import SimpleNamespace

import psycopg
import pytest

from statetrace_ui.history.row_arrays import aligned
from statetrace_ui.history.undo.script import script
from statetrace_ui.history.undo.steps import Step, step_of
from statetrace_ui.history.undo.writer import Undo, undo
from statetrace_ui.wal import catalog
from statetrace_ui.wal.assembler import Assembler
from statetrace_ui.wal.connection import connect
from statetrace_ui.wal.records import Change
from tests.conftest import drop_slots
from tests.databases import copied_database

SLOT = f"test_undo_{os.getpid()}"
CHANGES = """
SELECT data FROM pg_logical_slot_get_binary_changes(%s, NULL, NULL, 'proto_version', '1', 'publication_names', 'undo')
"""
Row = dict[str, str | None]


class Shop:
    """Tables whose rows people change, and undo."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.catalogue = connect(url)
        self._assembler = Assembler(catalog.Describer(self.catalogue))
        self._known: dict[tuple[str, str], Row] = {}  # the rows as history knows them
        self._id = 0

    def begin(self, *statements: str) -> None:
        """Make the tables, and read changes from now on."""
        for statement in (*statements, "CREATE PUBLICATION undo FOR ALL TABLES"):
            self.connection.execute(statement)
        self.connection.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [SLOT])

    def run(self, *statements: str) -> None:
        with self.connection.transaction():
            for statement in statements:
                self.connection.execute(statement)

    def empty(self, *tables: str) -> None:
        """Begin anew."""
        self.run(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")
        self.steps()
        self._known.clear()

    def steps(self) -> list[Step]:
        """What was committed since the last call, as history would have it, the newest first."""
        steps = []
        for (data,) in self.connection.execute(CHANGES, [SLOT]).fetchall():
            if transaction := self._assembler.receive(data):
                steps += [self._step(change) for change in transaction.changes]
        return steps[::-1]

    def _step(self, change: Change) -> Step:
        self._id += 1
        columns = [column.as_json() for column in change.relation.columns]
        old, old_absent = aligned(columns, change.old)
        new, new_absent = aligned(columns, change.new)
        fields = {"id": self._id, "kind": change.kind, "columns": columns, "old": old, "new": new, "cut": change.cut}
        names = {"schema_name": change.relation.schema_name, "table_name": change.relation.table_name}
        model = SimpleNamespace(**fields, **names, old_absent=old_absent, new_absent=new_absent)
        table, key = change.relation.table_name, change.record_key
        earlier = self._known.pop((table, change.old_record_key or key), None) if key else None
        if key and change.new is not None:
            kept = {name: value for name, value in (earlier or {}).items() if name in change.unchanged}
            self._known[table, key] = kept | change.new
        return step_of(model, earlier, f"{change.kind} {table} {key}")

    def rows(self, *tables: str) -> dict[str, list[str]]:
        """All rows, as texts in order."""
        query = "SELECT t::text FROM {} AS t ORDER BY 1"
        return {table: [row for (row,) in self.connection.execute(query.format(table)).fetchall()] for table in tables}

    def apply(self, undos: list[Undo]) -> dict[int, str]:
        """Run the script as somebody does who has reviewed it; {change: its outcome}."""
        text = script("A test", undos)
        head, rehearsal, rest = text.partition("ROLLBACK;")
        assert (rehearsal, rest.strip()) == ("ROLLBACK;", "")
        with self.connection.cursor() as cursor:
            cursor.execute(head.encode())
            while cursor.nextset():
                pass
            outcomes = cursor.fetchall()
        self.connection.execute("COMMIT")
        return {change: outcome for _, change, _, outcome in outcomes}


def undos(steps: list[Step]) -> list[Undo]:
    return [undo(step) for step in steps]


@pytest.fixture
def shop(server_url: str) -> Iterator[Shop]:
    name = f"test_{os.getpid()}_undo"
    with copied_database(server_url, "template1", name) as url:
        made = Shop(url)
        yield made
        made.connection.close()
        made.catalogue.close()
        with psycopg.connect(server_url, autocommit=True) as connection:
            drop_slots(connection, name)
