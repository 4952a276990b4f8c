"""Reads one session's calls out of a replica: binary COPY → Arrow → numpy, a batch at a time."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from replica.databases.arrow import Columns, column_cursor
from replica.profiles.blocks import Method, Profile, Thread
from replica.profiles.calls import NO_PARENT, Array, CallSites, arrange, narrow

UNKNOWN_METHOD = -(2**62)  # stands for the method of calls that name none
TIMEOUT = 600  # seconds; one statement reads ten million calls in about ten


@dataclass(slots=True, frozen=True)
class ThreadRow:
    """A row of `call_threads`; a thread that only its calls name has no more than its ids."""

    process_id: int
    id: int
    process: str | None = None
    name: str | None = None


@dataclass(slots=True, frozen=True)
class MethodRow:
    """A row of `call_methods`; a method that only its calls name has no more than its ids."""

    process_id: int
    id: int
    name: str | None = None
    raw_name: str | None = None
    package_name: str | None = None


class Codes:
    """Numbers values 0, 1, 2 … in order of their first appearance, a batch at a time."""

    def __init__(self) -> None:
        self._codes: dict[int, int] = {}

    def encode(self, values: pa.Array) -> Array:
        encoded = values.dictionary_encode()
        codes = [self._codes.setdefault(value, len(self._codes)) for value in encoded.dictionary.to_pylist()]
        result: Array = np.array(codes, np.int32)[encoded.indices.to_numpy()]
        return result

    def values(self) -> list[int]:
        return list(self._codes)


def read_profile(url: str, session_id: str) -> Profile:
    """The session's calls, threads and methods in the replica at `url`."""
    with column_cursor(url, TIMEOUT) as replica:
        has_cpu = any(replica.table("call_metadata", session=session_id)["has_cpu_time"].to_pylist())
        method_rows = [MethodRow(**row) for row in replica.table("call_methods", session=session_id).to_pylist()]
        thread_rows = [ThreadRow(**row) for row in replica.table("call_threads", session=session_id).to_pylist()]
        columns, processes, thread_ids, method_ids = _read_sites(replica, session_id)
    columns["thread"], threads = _number_pairs(columns["process"], columns.pop("thread"), processes, thread_ids)
    columns["method"], methods = _number_pairs(columns.pop("process"), columns.pop("method"), processes, method_ids)
    thread_by_pair = {(row.process_id, row.id): row for row in thread_rows}
    method_by_pair = {(row.process_id, row.id): row for row in method_rows}
    return Profile(
        calls=arrange(CallSites(**columns)),
        threads=[_thread(thread_by_pair.get(pair) or ThreadRow(*pair)) for pair in threads],
        methods=[_method(method_by_pair.get(pair) or MethodRow(*pair)) for pair in methods],
        has_cpu=has_cpu,
    )


def _read_sites(replica: Columns, session_id: str) -> tuple[dict[str, Array], list[int], list[int], list[int]]:
    """All columns of the calls, with codes for processes, threads and methods; then the ids behind the codes."""
    processes, threads, methods = Codes(), Codes(), Codes()
    batches = [
        {
            "process": processes.encode(batch["process_id"]),
            "thread": threads.encode(batch["thread_id"]),
            "method": methods.encode(batch["method_id"]),
            "id": batch["id"].to_numpy(),
            "start": batch["start_time_us"].to_numpy(),
            "duration": narrow(batch["duration"].to_numpy()),
            "cpu": narrow(batch["cpu"].to_numpy()),
            "parent": batch["parent_call_id"].fill_null(NO_PARENT).to_numpy(),
            "depth": batch["depth"].to_numpy(),
        }
        for batch in replica.batches("call_sites", session=session_id, unknown_method=UNKNOWN_METHOD)
    ]
    names = list(batches[0]) if batches else [*CallSites.__dataclass_fields__, "process"]
    columns = {
        name: np.concatenate([batch.pop(name) for batch in batches]) if batches else np.zeros(0, np.int64)
        for name in names
    }
    return columns, processes.values(), threads.values(), methods.values()


def _number_pairs(
    process: Array, code: Array, processes: list[int], ids: list[int]
) -> tuple[Array, list[tuple[int, int]]]:
    """Number the (process, id) pairs that occur, in sorted order. Returns each call's number, and the pairs.

    A table of all possible pairs is marked, since sorting ten million calls would take longer than everything else.
    """
    key = code.astype(np.int64) * len(processes) + process
    occurs = np.zeros(len(processes) * len(ids) + 1, bool)
    occurs[key] = True
    keys = np.flatnonzero(occurs)
    pairs = [(processes[k % len(processes)], ids[k // len(processes)]) for k in keys.tolist()]
    order = sorted(range(len(pairs)), key=pairs.__getitem__)
    number = np.zeros(len(occurs), np.int32)
    number[keys[order]] = np.arange(len(pairs))
    return number[key], [pairs[place] for place in order]


def _thread(row: ThreadRow) -> Thread:
    return Thread(row.process_id, row.id, row.process or f"Process {row.process_id}", row.name or f"Thread {row.id}")


def _method(row: MethodRow) -> Method:
    unnamed = "unknown method" if row.id == UNKNOWN_METHOD else f"method {row.id}"
    name = row.name or row.raw_name or unnamed
    return Method(row.process_id, row.id, name, row.package_name or "", row.raw_name or name)
