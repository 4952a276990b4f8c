"""A source that is captured, and what verifies it."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from statetrace_ui.history.models import Source
from tests.statetrace_ui.conftest import Audited

CLEAN, COULD_NOT, DIFFERENT = 0, 1, 3


def verify(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The command's exit status and its document."""
    out, status = io.StringIO(), CLEAN
    try:
        call_command("verify_history", *arguments, "--format", "json", stdout=out, stderr=io.StringIO())
    except SystemExit as error:
        status = int(error.code or 0)
    return status, json.loads(out.getvalue())


def differences(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    """(table, kind, key, columns) of all differences, in order."""
    return sorted(
        (table["table"], one["kind"], one["key"], *one["columns"])
        for table in document["tables"]
        for one in table["differences"]
    )


def assert_clean(*options: str) -> dict[str, Any]:
    """The document of a verification that finds nothing; by default the chain is walked, too."""
    status, document = verify("shop", *(options or ["--chain"]))
    problems = [table for table in document.get("tables", []) if table["differences"] or table["not_compared"]]
    assert (status, problems, document.get("error")) == (CLEAN, [], None)
    assert options or document["chain"]["clean"]
    return document


def tamper(statement: str, *parameters: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        assert cursor.rowcount > 0


@pytest.fixture
def shop(audited: Audited) -> Iterator[Source]:
    """Captured while the test runs, so that history follows."""
    audited.run(
        "CREATE TABLE item (id int PRIMARY KEY, name text, price numeric(10, 2))",
        "INSERT INTO item SELECT g, 'item ' || g, g * 1.5 FROM generate_series(1, 50) g",
        "CREATE TABLE line (item int, note text)",
        "ALTER TABLE line REPLICA IDENTITY FULL",
        "INSERT INTO line SELECT g % 5, 'note' FROM generate_series(1, 20) g",
    )
    source = audited.add()
    with audited.capturing(source) as errors:
        yield source
    assert errors == []
