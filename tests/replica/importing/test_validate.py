from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
import pytest

from replica.importing import rows
from replica.importing.bundle import (
    LARGEST,
    Bundle,
    Exchange,
    ImportFailed,
    Issue,
    Label,
    Measurement,
    Metadata,
    Method,
    Process,
    Series,
    Tag,
    Thread,
)
from replica.importing.formats.art_trace import read_art_trace
from replica.importing.validate import fit, shorten, validate
from tests.replica.importing.samples import art_trace

LONG = "x" * 70_000
NUMBERS = {"host_lat": 1.5, "host_lng": 2.5}
TEXTS = {one.name: "x" for one in fields(Metadata)}
LONG_METADATA = Metadata(**(TEXTS | NUMBERS | {"start": None}))  # type: ignore[arg-type]


def with_long_texts(record: Any) -> Any:
    texts = {one.name: LONG for one in fields(record) if isinstance(getattr(record, one.name), str)}
    return fit(replace(record, **texts))


def test_no_text_is_longer_than_its_column(store: str) -> None:
    """Every record with every text too long fits the real tables' widths."""
    profile = read_art_trace(art_trace())[0].profile
    assert profile
    bundle = Bundle(
        metadata=with_long_texts(LONG_METADATA),
        measurements=(with_long_texts(Measurement("x", "x", "x", "x")),),
        tags=(with_long_texts(Tag("x", "x")),),
        labels=(with_long_texts(Label("x", "x", "x", 0, 0, "x", "x", "x", "x")),),
        series=(with_long_texts(Series("x", "x", "x", np.zeros(1), np.zeros(1))),),
        issues=(with_long_texts(Issue("x", "x", "x", "x", 0, 0, 0, "x", version="x")),),
        exchanges=(with_long_texts(Exchange(datetime(2026, 1, 1, tzinfo=UTC), "x", 1, content_type="x")),),
        profile=replace(
            with_long_texts(profile),
            processes=(with_long_texts(Process(1, "x")),),
            threads=(with_long_texts(Thread(1, 1, "x", 0, 0)),),
            methods=(with_long_texts(Method(1, 1, "x", "x", "x", "x", "x", "x")),),
        ),
    )
    parts = [*rows.keyed_rows(bundle), *rows.whole_rows(bundle)]
    with psycopg.connect(store) as connection:
        widths = {
            (table, column): width
            for table, column, width in connection.execute(
                "SELECT table_name, column_name, character_maximum_length FROM information_schema.columns"
            )
        }
    checked = 0
    for part in parts:
        for column, value in zip(part.columns, part.rows[0], strict=True):
            if isinstance(value, str) and value not in ("ms", rows.SCHEMA_VERSION):
                assert len(value) == widths[part.table, column], (part.table, column)
                assert value.endswith("…")
                checked += 1
    assert checked == 33
    texts = {name: value for name, value in rows.metadata(bundle.metadata).items() if name not in NUMBERS}
    assert {name: len(value) for name, value in texts.items()} == {
        name: widths["session_metadata", name] for name in texts
    }


def test_text_that_the_database_cannot_hold_is_replaced() -> None:
    assert shorten("a\x00b\ud800c", 10) == "a\ufffdb?c"
    assert shorten("grün", 3) == "gr…"


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (Label("1", "user", "a", float("nan"), 0), "start ms is nan"),
        (Label("1", "user", "a", -1, 0), "cannot be less than 0"),
        (Process(LARGEST * 2, None), "cannot be more than"),
        (Exchange(datetime(2026, 1, 1, tzinfo=UTC), "x", -5), "duration ms is -5"),
        (Exchange(datetime(2026, 1, 1, tzinfo=UTC), "x", LARGEST), "duration ms is 9.0.*; it cannot be more than"),
        (Metadata(host_lat=91), "host lat is 91; it cannot be more than 90"),
    ],
)
def test_numbers_that_cannot_be_true_are_refused(record: Any, problem: str) -> None:
    with pytest.raises(ImportFailed, match=problem):
        fit(record)


def test_series_with_impossible_values_are_refused() -> None:
    with pytest.raises(ImportFailed, match="“s” holds a value that is not a finite number"):
        validate(Bundle(series=(Series("s", "s", None, np.zeros(1), np.array([np.inf])),)))


@pytest.mark.parametrize("year", [2025, 2028])
def test_exchanges_outside_of_the_session_are_refused(year: int) -> None:
    exchange = Exchange(datetime(year, 6, 1, tzinfo=UTC), "x", 1)
    with pytest.raises(
        ImportFailed, match=f"an exchange began at {year}-06-01 .*, not within a year after .* at 2026-01-01"
    ):
        validate(Bundle(metadata=Metadata(start=datetime(2026, 1, 1, tzinfo=UTC)), exchanges=(exchange,)))


def test_calls_beyond_a_year_are_refused() -> None:
    profile = read_art_trace(art_trace())[0].profile
    assert profile
    late = replace(profile, calls=replace(profile.calls, end_us=profile.calls.end_us + 10**15))
    with pytest.raises(ImportFailed, match="a year later"):
        validate(Bundle(profile=late))
