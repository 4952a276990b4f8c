"""Named queries, and how the types of columns become those of rows."""

import datetime as dt
from dataclasses import dataclass

from replica.schema.named_queries import query_text, typed_rows
from tests.replica.captured import Captured

VALUES = """
SELECT 'Pay '::char(8) AS padded, 'Pay '::varchar AS varying, 'Pay '::text AS text, timestamp '2026-03-01 10:00' AS at
UNION ALL SELECT NULL, '', '', NULL
"""


@dataclass(frozen=True)
class Values:
    padded: str | None
    varying: str
    text: str
    at: dt.datetime | None


def test_only_padded_columns_lose_their_blanks_and_times_are_in_utc(captured_replica: Captured) -> None:
    values, nulls = typed_rows(captured_replica.alias, VALUES, Values)
    assert values == Values("Pay", "Pay ", "Pay ", dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC))
    assert nulls == Values(None, "", "", None)


def test_a_named_query_consists_of_sql_alone() -> None:
    assert query_text("flows").startswith("SELECT")
    assert "--" not in query_text("series_points")
