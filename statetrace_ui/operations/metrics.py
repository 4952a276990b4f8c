"""/metrics for Prometheus: what the database says at the moment of the scrape, whichever web process answers.

The answer is kept for some seconds, so that scrapes cost little however many there are. Without METRICS_TOKEN there is
no such page.
"""

import hmac
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from statetrace_ui.operations.measures import Measures, database_sizes, measure

KEPT_SECONDS = 5.0
SIZES_KEPT_SECONDS = 60.0
# A worker reports every two seconds.
REPORT_AGE_SECONDS = 30.0
SOURCE = ["organisation", "source"]
# name, what it says, the column of measures.SOURCES
GAUGES = (
    ("lag_bytes", "Bytes of log that the server has sent and that are not stored yet.", "lag_bytes"),
    (
        "lag_seconds",
        "Age of the oldest change that was stored last, or how long a worker has been behind.",
        "lag_seconds",
    ),
    ("retained_wal_bytes", "Bytes of log that the audited server keeps for the slot.", "retained_wal"),
    ("open_gap", "Whether a gap is declared whose tables were not compared yet.", "open_gap"),
    ("verified_timestamp_seconds", "When history was compared with the source's tables last.", "verified_at"),
    ("verified_clean", "Whether nothing differed then.", "clean"),
    ("seen_timestamp_seconds", "When the source's worker last reported.", "seen_at"),
)
COUNTERS = (
    ("transactions", "Transactions stored.", "transactions"),
    ("rows", "Row changes stored.", "rows"),
    ("flushes", "Times that transactions were stored together.", "flushes"),
    ("flush_seconds", "Seconds spent storing.", "flush_seconds"),
    ("gaps", "Stretches of the log that history does not have.", "gaps"),
    ("errors", "Failures after which a worker began again.", "errors"),
)


class Kept:
    """The value of `make`, made again when it is older than `seconds`. One thread makes it, others wait for it."""

    def __init__(self, make: Callable[[], Any], seconds: float) -> None:
        self._make, self._seconds = make, seconds
        self._lock = threading.Lock()
        self._value: Any = None
        self._until = 0.0

    def __call__(self) -> Any:
        with self._lock:
            if time.monotonic() >= self._until:
                self._value = self._make()
                self._until = time.monotonic() + self._seconds
            return self._value

    def forget(self) -> None:
        self._until = 0.0


class SiteCollector(Collector):
    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def collect(self) -> Iterator[Metric]:
        yield from self._of_sources()
        yield from self._of_the_site()

    def _of_sources(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("statetrace_source_up", "Whether the source is captured right now.", labels=SOURCE)
        status = GaugeMetricFamily("statetrace_source_status", "1 for the source's status.", labels=[*SOURCE, "status"])
        for source in self._measures.sources:
            fresh = source["age"] is not None and source["age"] < REPORT_AGE_SECONDS
            up.add_metric(_labels(source), float(source["status"] == "streaming" and fresh))
            status.add_metric([*_labels(source), source["status"]], 1.0)
        yield up
        yield status
        for name, meaning, column in GAUGES:
            yield self._filled(GaugeMetricFamily(f"statetrace_source_{name}", meaning, labels=SOURCE), column)
        for name, meaning, column in COUNTERS:
            yield self._filled(CounterMetricFamily(f"statetrace_source_{name}", meaning, labels=SOURCE), column)

    def _filled(self, family: Any, column: str) -> Metric:
        for source in self._measures.sources:
            if source[column] is not None:
                family.add_metric(_labels(source), float(source[column]))
        metric: Metric = family
        return metric

    def _of_the_site(self) -> Iterator[Metric]:
        measures = self._measures
        yield _gauge("statetrace_capture_processes", "Capture processes that report.", measures.capture_processes)
        yield _gauge("statetrace_workers", "Workers for exports and tasks that report.", measures.export_workers)
        yield _gauge("statetrace_disk_free_bytes", "Free space where STATETRACE_HOME lies.", measures.disk_free_bytes)
        yield _gauge("statetrace_disk_bytes", "Space where STATETRACE_HOME lies.", measures.disk_bytes)
        partitions = GaugeMetricFamily(
            "statetrace_partitions", "Tables that changes are divided into.", labels=["branch", "full"]
        )
        for branch, full, count in measures.partitions:
            partitions.add_metric([branch, "yes" if full else "no"], count)
        yield partitions
        sizes = GaugeMetricFamily("statetrace_database_bytes", "Size of a database.", labels=["database"])
        for name, size in measures.database_bytes.items():
            sizes.add_metric([name], size)
        yield sizes


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _labels(source: dict[str, Any]) -> list[str]:
    return [source["organisation"], source["source"]]


_sizes = Kept(database_sizes, SIZES_KEPT_SECONDS)


def _page() -> bytes:
    registry = CollectorRegistry()
    registry.register(SiteCollector(measure(_sizes())))
    return generate_latest(registry)


page = Kept(_page, KEPT_SECONDS)


def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics for whoever knows the token; 404 where there is none."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("Set METRICS_TOKEN to have metrics here.\n", content_type="text/plain", status=404)
    if not _is_allowed(request.headers.get("Authorization", "")):
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse("The token is missing or wrong.\n", "text/plain", 401, headers=headers)
    return HttpResponse(page(), content_type=CONTENT_TYPE_LATEST)


def _is_allowed(authorization: str) -> bool:
    scheme, _, token = authorization.partition(" ")
    same = hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    return same and scheme.lower() == "bearer"
