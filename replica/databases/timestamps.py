"""Reads timestamps that Python has no value for as missing: `infinity`, years before 1 and after 9999."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.datetime import TimestampLoader


class _FiniteTimestamp(TimestampLoader):
    def load(self, data: Any) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            return None  # type: ignore[return-value]


def read_leniently(connection: psycopg.Connection[Any]) -> None:
    connection.adapters.register_loader("timestamp", _FiniteTimestamp)
