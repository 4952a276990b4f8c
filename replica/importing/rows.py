"""A bundle's records as rows of the replica's tables, without the session id that all of them begin with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from replica.importing.bundle import Bundle, Exchange, Measurement, Metadata, Profile, Tag

SCHEMA_VERSION = "1"


@dataclass(frozen=True)
class Rows:
    """Rows of a table; the first `keys` columns tell one from another within a session."""

    table: str
    columns: tuple[str, ...]
    keys: int
    rows: list[tuple[Any, ...]]


def metadata(known: Metadata) -> dict[str, Any]:
    """The columns of session_metadata that a file can know."""
    return {
        "hostname": known.hostname,
        "device_id": known.device_id,
        "device_model": known.device_model,
        "device_sku": known.device_sku,
        "device_os_version": known.device_os_version,
        "host_os": known.host_os,
        "host_os_version": known.host_os_version,
        "name": known.name,
        "description": known.description,
    }


def replaced_by_key(bundle: Bundle) -> Iterator[Rows]:
    """What a session collects over several imports."""
    yield Rows(
        "performance_measurements",
        ("key_name", "key_type", "key_units", "str_value", "float_value"),
        2,
        [
            (x.name, x.type, x.units, _shown(x), None if isinstance(x.value, str) else x.value)
            for x in bundle.measurements
        ],
    )
    yield tags(bundle.tags)
    yield Rows(
        "session_labels",
        (
            *("label_id", "label_type", "name", "category", "start_time", "end_time"),
            *("data", "label_group_id", "video_box"),
        ),
        1,
        [
            (x.id, x.type, x.name, x.category, x.start_ms, x.end_ms, x.data, x.group_id, x.video_box)
            for x in bundle.labels
        ],
    )
    yield Rows(
        "session_timeseries",
        ("timeseries_key", "timeseries_name", "x_units", "y_units"),
        1,
        [(x.key, x.name, "ms", x.y_units) for x in bundle.series],
    )


def tags(known: Sequence[Tag]) -> Rows:
    return Rows("session_tags", ("tag_key", "tag_value"), 2, [(x.key, x.value) for x in known])


def replaced_whole(bundle: Bundle) -> Iterator[Rows]:
    """What a session has one of: rows only where the bundle has that part."""
    if bundle.exchanges:
        yield _exchanges(bundle)
    if bundle.issues:
        yield _issues(bundle)
    if bundle.profile:
        yield from _profile(bundle.profile)


def _exchanges(bundle: Bundle) -> Rows:
    return Rows(
        "capture_sessions",
        (
            *("message_id", "start_time", "end_time", "duration", "tcp_connect", "tls_handshake", "wait", "receive"),
            *("status", "content_type", "request_size", "response_size", "url"),
        ),
        1,
        [(number, *_exchange(x)) for number, x in enumerate(bundle.exchanges, 1)],
    )


def _exchange(x: Exchange) -> tuple[Any, ...]:
    end = None if x.duration_ms is None else timestamp(x.start + timedelta(milliseconds=x.duration_ms))
    times = (x.duration_ms, x.tcp_connect_ms, x.tls_handshake_ms, x.wait_ms, x.receive_ms)
    return (
        *(timestamp(x.start), end, *times),
        *(x.status, x.content_type, x.request_bytes, x.response_bytes, x.url),
    )


def _issues(bundle: Bundle) -> Rows:
    return Rows(
        "capture_issues",
        (
            *("issue_id", "impact_id", "message_id", "category", "group", "name", "impact_time"),
            *("start_time_ms", "end_time_ms", "version", "reference"),
        ),
        2,
        [
            (
                *(x.issue_id, x.impact_id, x.message, x.category, x.group, x.name, x.impact_ms),
                *(round(x.start_ms), round(x.end_ms), x.version, x.reference),
            )
            for x in bundle.issues
        ],
    )


def _profile(profile: Profile) -> Iterator[Rows]:
    yield Rows(
        "function_call_metadata",
        ("version", "platform", "has_cpu_time", "start_time_us", "end_time_us"),
        0,
        [(SCHEMA_VERSION, profile.platform, profile.has_cpu_time, profile.start_us, profile.end_us)],
    )
    yield Rows(
        "function_call_process",
        ("id", "name", "start_time_us"),
        1,
        [(x.id, x.name, x.start_us) for x in profile.processes],
    )
    yield Rows(
        "function_call_method",
        ("process_id", "id", "raw_name", "name", "args", "return", "signature", "package_name"),
        2,
        [
            (x.process_id, x.id, x.raw_name, x.name, x.args, x.returns, x.signature, x.package_name)
            for x in profile.methods
        ],
    )
    yield Rows(
        "function_call_thread",
        ("process_id", "id", "name", "flag", "start_time_us", "end_time_us"),
        2,
        [(x.process_id, x.id, x.name, x.flag, x.start_us, x.end_us) for x in profile.threads],
    )


def timestamp(moment: datetime) -> datetime:
    """As `timestamp` columns hold it: UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _shown(measurement: Measurement) -> str:
    value = measurement.value
    return value if isinstance(value, str) else f"{value:.15g}"
