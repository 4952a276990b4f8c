"""After whatever an application does to its tables, history played forward is what the tables hold."""

import contextlib
from collections.abc import Iterator

import pytest
from psycopg import sql

from statetrace_ui.history.models import Change, Source
from tests.statetrace_ui.capture.ddl_cases import CASES
from tests.statetrace_ui.conftest import Audited
from tests.statetrace_ui.history.replay import Row, Tables

ANNOTATIONS = "CREATE TABLE public.statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json)"
LIVE = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname LIKE 'case\\_%'
"""


def in_schema(audited: Audited, number: int, texts: list[str], publication: str = "") -> None:
    schema = f"case_{number}"
    audited.run(f"SET search_path = {schema}, public")
    for text in texts:
        audited.run(text.format(schema=schema, publication=publication))


def live_rows(audited: Audited) -> dict[tuple[str, str], list[Row]]:
    return {(schema, table): list(text_rows(audited, schema, table)) for schema, table in audited.rows(LIVE)}


def text_rows(audited: Audited, schema: str, table: str) -> Iterator[Row]:
    name = sql.Identifier(schema, table)
    with audited.connection.cursor() as cursor:
        result = cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(name))
        names = [column.name for column in result.description or ()]
        with cursor.copy(sql.SQL("COPY (SELECT * FROM ONLY {}) TO STDOUT").format(name)) as copy:
            for row in copy.rows():
                yield dict(zip(names, row, strict=True))


def known_rows(source: Source) -> dict[tuple[str, str], list[Row]]:
    changes = Change.objects.filter(source=source).select_related("relation", "table").order_by("id")
    return {name: list(rows.values()) for name, rows in Tables().play(changes.iterator()).rows.items()}


def ordered(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: sorted((name, value or "") for name, value in row.items()))


@pytest.mark.parametrize(
    "capturing",
    [pytest.param(False, marks=pytest.mark.long), True],
    ids=["while capture is down", "while capture runs"],
)
def test_history_is_what_the_tables_hold(audited: Audited, capturing: bool, subtests: pytest.Subtests) -> None:
    audited.run(ANNOTATIONS)
    for number, case in enumerate(CASES.values()):
        audited.run(f"CREATE SCHEMA case_{number}")
        in_schema(audited, number, case.prepared)
    source = audited.add()
    with audited.capturing(source) if capturing else contextlib.nullcontext():
        for number, case in enumerate(CASES.values()):
            in_schema(audited, number, case.then, source.publication_name)
    audited.settle(source)
    live, known = live_rows(audited), known_rows(source)
    for number, name in enumerate(CASES):
        with subtests.test(name):
            for table in {*live, *known}:
                if table[0] in (f"case_{number}", f"case_{number}_other"):
                    assert ordered(known.get(table, [])) == ordered(live.get(table, [])), table
    in_order = Change.objects.order_by("id").values_list("transaction__commit_lsn", flat=True)
    assert list(in_order) == sorted(in_order)
