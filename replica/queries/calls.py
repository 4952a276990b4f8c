"""Function calls as the pages beside the flame graph need them: threads, processes, methods."""

from collections.abc import Iterable
from dataclasses import dataclass

from replica.queries.lookup import one_or_404
from replica.schema.models import FunctionCallMetadata, FunctionCallMethod, FunctionCallProcess, FunctionCallThread
from replica.schema.named_queries import rows


@dataclass(frozen=True, slots=True)
class BusySpan:
    """A stretch in which a thread ran `calls` root calls; times in µs after the session's start.

    method_id: the method of the longest of them, as its process numbers it. Where the profile's blocks are on disk, a
    call is shown for them instead: its name, its depth, and its start in µs since the first call.
    """

    process_id: int
    thread_id: int
    start_us: int
    end_us: int
    calls: int
    method_id: int | None = None
    name: str = ""
    depth: int | None = None
    at_us: int | None = None


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """One thread in numbers; times in µs, None where the thread has no call (or no CPU time was measured)."""

    calls: int
    methods: int
    levels: int
    start_us: int | None
    end_us: int | None
    wall_us: float | None
    cpu_us: float | None


def threads(alias: str, session_id: str) -> list[FunctionCallThread]:
    return list(FunctionCallThread.objects.using(alias).filter(session_id=session_id).order_by("process_id", "id"))


def thread_or_404(alias: str, session_id: str, process_id: int, thread_id: int) -> FunctionCallThread:
    return one_or_404(FunctionCallThread, alias, "thread", session_id=session_id, process_id=process_id, id=thread_id)


def process_names(alias: str, session_id: str) -> dict[int, str | None]:
    """The names of the session's processes by id."""
    processes = FunctionCallProcess.objects.using(alias).filter(session_id=session_id)
    return {process.id: process.name for process in processes}


def busy_spans(alias: str, session_id: str, resolution_ms: float) -> list[BusySpan]:
    """When threads were busy, by thread and time; root calls that begin in the same `resolution_ms` are merged."""
    return rows(alias, "busy_spans", BusySpan, session=session_id, resolution_us=max(1, int(resolution_ms * 1000)))


def method_names(alias: str, session_id: str, spans: Iterable[BusySpan]) -> dict[tuple[int, int], str]:
    """The names of the spans' methods, by process id and method id; without those that have none."""
    ids = {span.method_id for span in spans}
    methods = FunctionCallMethod.objects.using(alias).filter(session_id=session_id, id__in=ids)
    named = methods.exclude(name=None).exclude(name="").values_list("process_id", "id", "name")
    return {(process_id, method_id): name for process_id, method_id, name in named}


def has_cpu_times(alias: str, session_ids: list[str]) -> bool:
    """Whether all of these sessions' calls were recorded with CPU times."""
    recorded = FunctionCallMetadata.objects.using(alias).filter(session_id__in=session_ids)
    return {one.session_id for one in recorded if one.has_cpu_time} == set(session_ids)


def thread_facts(alias: str, session_id: str, process_id: int, thread_id: int) -> ThreadFacts:
    return rows(alias, "thread_facts", ThreadFacts, session=session_id, process=process_id, thread=thread_id)[0]


def method(alias: str, session_id: str, process_id: int, method_id: int) -> FunctionCallMethod | None:
    """The method's whole row; a method that calls only refer to has none."""
    methods = FunctionCallMethod.objects.using(alias).filter(session_id=session_id, process_id=process_id, id=method_id)
    row: FunctionCallMethod | None = methods.first()
    return row
