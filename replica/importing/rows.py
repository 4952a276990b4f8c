"""A bundle's records as rows of the replica's tables, without the session id that every row begins with."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from replica.importing.bundle import Bundle, Exchange, Measurement, Metadata, Profile, Tag

SCHEMA_VERSION = "1"


@dataclass(frozen=True)
class TableRows:
    """Rows of one table; the first `keys` columns tell the rows of a session apart."""

    table: str
    keys: int
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Table:
    """How records become rows of a table: each column is an attribute of the record, or made of the record."""

    name: str
    keys: int
    columns: Mapping[str, str | Callable[[Any], Any]]

    def rows(self, records: Iterable[Any]) -> TableRows:
        values = [attrgetter(value) if isinstance(value, str) else value for value in self.columns.values()]
        rows = [tuple([value(record) for value in values]) for record in records]
        return TableRows(self.name, self.keys, tuple(self.columns), rows)


def timestamp(moment: datetime) -> datetime:
    """As `timestamp` columns hold it: UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _end(exchange: Exchange) -> datetime | None:
    duration = exchange.duration_ms
    return None if duration is None else timestamp(exchange.start + timedelta(milliseconds=duration))


def _text(measurement: Measurement) -> str:
    value = measurement.value
    return value if isinstance(value, str) else f"{value:.15g}"


def _number(measurement: Measurement) -> float | None:
    return None if isinstance(measurement.value, str) else measurement.value


MEASUREMENTS = Table(
    "performance_measurements",
    2,
    {
        "key_name": "name",
        "key_type": "type",
        "key_units": "units",
        "str_value": _text,
        "float_value": _number,
    },
)
TAGS = Table("session_tags", 2, {"tag_key": "key", "tag_value": "value"})
LABELS = Table(
    "session_labels",
    1,
    {
        "label_id": "id",
        "label_type": "type",
        "name": "name",
        "category": "category",
        "start_time": "start_ms",
        "end_time": "end_ms",
        "data": "data",
        "label_group_id": "group_id",
        "video_box": "video_box",
    },
)
SERIES = Table(
    "session_timeseries",
    1,
    {
        "timeseries_key": "key",
        "timeseries_name": "name",
        "x_units": lambda _: "ms",
        "y_units": "y_units",
    },
)
EXCHANGES = Table(
    "capture_sessions",
    1,
    {
        "start_time": lambda exchange: timestamp(exchange.start),
        "end_time": _end,
        "duration": "duration_ms",
        "tcp_connect": "tcp_connect_ms",
        "tls_handshake": "tls_handshake_ms",
        "wait": "wait_ms",
        "receive": "receive_ms",
        "status": "status",
        "content_type": "content_type",
        "request_size": "request_bytes",
        "response_size": "response_bytes",
        "url": "url",
    },
)
ISSUES = Table(
    "capture_issues",
    2,
    {
        "issue_id": "issue_id",
        "impact_id": "impact_id",
        "message_id": "message",
        "category": "category",
        "group": "group",
        "name": "name",
        "impact_time": "impact_ms",
        "start_time_ms": lambda issue: round(issue.start_ms),
        "end_time_ms": lambda issue: round(issue.end_ms),
        "version": "version",
        "reference": "reference",
    },
)
PROFILES = Table(
    "function_call_metadata",
    0,
    {
        "version": lambda _: SCHEMA_VERSION,
        "platform": "platform",
        "has_cpu_time": "has_cpu_time",
        "start_time_us": "start_us",
        "end_time_us": "end_us",
    },
)
PROCESSES = Table("function_call_process", 1, {"id": "id", "name": "name", "start_time_us": "start_us"})
METHODS = Table(
    "function_call_method",
    2,
    {
        "process_id": "process_id",
        "id": "id",
        "raw_name": "raw_name",
        "name": "name",
        "args": "args",
        "return": "returns",
        "signature": "signature",
        "package_name": "package_name",
    },
)
THREADS = Table(
    "function_call_thread",
    2,
    {
        "process_id": "process_id",
        "id": "id",
        "name": "name",
        "flag": "flag",
        "start_time_us": "start_us",
        "end_time_us": "end_us",
    },
)


def metadata(record: Metadata) -> dict[str, Any]:
    """The columns of session_metadata that a file can know; the start is the writer's to decide."""
    return {field.name: getattr(record, field.name) for field in fields(record) if field.name != "start"}


def tags(records: Iterable[Tag]) -> TableRows:
    return TAGS.rows(records)


def keyed_rows(bundle: Bundle) -> Iterator[TableRows]:
    """The parts that a session collects over several imports; a row replaces the one with the same key."""
    yield MEASUREMENTS.rows(bundle.measurements)
    yield TAGS.rows(bundle.tags)
    yield LABELS.rows(bundle.labels)
    yield SERIES.rows(bundle.series)


def whole_rows(bundle: Bundle) -> Iterator[TableRows]:
    """The parts that an import replaces as a whole; only those that the bundle has."""
    if bundle.exchanges:
        yield _with_numbers(EXCHANGES.rows(bundle.exchanges))
    if bundle.issues:
        yield ISSUES.rows(bundle.issues)
    if bundle.profile:
        yield from _profile_rows(bundle.profile)


def _with_numbers(exchanges: TableRows) -> TableRows:
    rows = [(number, *row) for number, row in enumerate(exchanges.rows, 1)]
    return replace(exchanges, columns=("message_id", *exchanges.columns), rows=rows)


def _profile_rows(profile: Profile) -> Iterator[TableRows]:
    yield PROFILES.rows([profile])
    yield PROCESSES.rows(profile.processes)
    yield METHODS.rows(profile.methods)
    yield THREADS.rows(profile.threads)
