"""Named queries, and how the types of columns become those of rows."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from replica.schema import definition, named_queries
from replica.schema.named_queries import query_text, rows
from tests.replica.captured import Captured


@dataclass(frozen=True)
class Values:
    padded: str | None
    varying: str
    text: str
    at: dt.datetime | None


@pytest.fixture
def query(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A query of its own among the named ones."""
    (tmp_path / "queries.sql").write_text("""
-- values --
-- The parameter %(missing)s is only described here.
SELECT %(word)s::char(8) AS padded, %(word)s::varchar AS varying, %(word)s::text AS text,
       timestamp '2026-03-01 10:00' AS at
UNION ALL SELECT NULL, '', '', NULL;
""")
    monkeypatch.setattr(definition, "SQL", tmp_path)
    caches = definition.statements, named_queries._queries
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("query")
def test_only_padded_columns_lose_their_blanks_and_times_are_in_utc(captured_replica: Captured) -> None:
    values, nothing = rows(captured_replica.alias, "values", Values, word="Pay ")
    assert values == Values("Pay", "Pay ", "Pay ", dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC))
    assert nothing == Values(None, "", "", None)


def test_a_named_query_is_sql_alone() -> None:
    assert query_text("flows").startswith("SELECT")
    assert "--" not in query_text("series_points")
