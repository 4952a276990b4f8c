"""Reads one session's calls out of a replica: binary COPY → Arrow → numpy, a batch at a time.

No index is needed and no order is asked for: a sorted or parallel scan would cost more than sorting here.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from adbc_driver_postgresql import dbapi
from psycopg import sql

from replica.databases.arrow import column_cursor
from replica.profiles.blocks import Method, Profile, Thread
from replica.profiles.calls import NO_PARENT, Array, CallSites, arrange, narrow

SITES = """
SELECT process_id, thread_id, method_id, id, start_time_us, end_time_us - start_time_us AS duration,
       coalesce(cpu_time_us, 0) AS cpu, parent_call_id, coalesce(depth, 0)::integer AS depth
FROM function_call_site WHERE session_id = {}
"""
METHODS = """
SELECT process_id, id, name, raw_name, package_name FROM function_call_method WHERE session_id = {}
"""
THREADS = """
SELECT t.process_id, t.id, p.name AS process, t.name
FROM function_call_thread t
LEFT JOIN function_call_process p ON p.session_id = t.session_id AND p.id = t.process_id
WHERE t.session_id = {}
"""
METADATA = "SELECT has_cpu_time FROM function_call_metadata WHERE session_id = {}"
TIMEOUT = 600  # seconds; one statement reads ten million calls in about ten


class Codes:
    """Numbers values 0, 1, 2 … in order of their first appearance, a batch at a time."""

    def __init__(self) -> None:
        self._codes: dict[int, int] = {}

    def encode(self, values: pa.Array) -> Array:
        encoded = values.dictionary_encode()
        known = self._codes
        codes = np.array([known.setdefault(value, len(known)) for value in encoded.dictionary.to_pylist()], np.int32)
        result: Array = codes[encoded.indices.to_numpy()]
        return result

    def values(self) -> list[int]:
        return list(self._codes)


def read_profile(url: str, session_id: str) -> Profile:
    """The session's calls, threads and methods in the replica at `url`."""
    with column_cursor(url, TIMEOUT) as cursor:
        metadata = _rows(cursor, METADATA, session_id)
        names = {(row["process_id"], row["id"]): row for row in _rows(cursor, METHODS, session_id)}
        known = {(row["process_id"], row["id"]): row for row in _rows(cursor, THREADS, session_id)}
        columns, processes, thread_ids, method_ids = _read_sites(cursor, session_id)
    columns["thread"], threads = _pairs(columns["process"], columns.pop("thread"), processes, thread_ids)
    columns["method"], methods = _pairs(columns.pop("process"), columns.pop("method"), processes, method_ids)
    return Profile(
        calls=arrange(CallSites(**columns)),
        threads=[_thread(pair, known.get(pair, {})) for pair in threads],
        methods=[_method(pair, names.get(pair, {})) for pair in methods],
        has_cpu=any(row["has_cpu_time"] for row in metadata),
    )


def _rows(cursor: dbapi.Cursor, query: str, session_id: str) -> list[dict[str, Any]]:
    cursor.execute(_statement(query, session_id))
    rows: list[dict[str, Any]] = cursor.fetch_arrow_table().to_pylist()
    return rows


def _statement(query: str, session_id: str) -> str:
    return sql.SQL(query).format(sql.Literal(session_id)).as_string()


def _read_sites(cursor: dbapi.Cursor, session_id: str) -> tuple[dict[str, Array], list[int], list[int], list[int]]:
    """All call columns, processes, threads and methods still as codes; and the ids that the codes stand for."""
    processes, threads, methods = Codes(), Codes(), Codes()
    cursor.execute(_statement(SITES, session_id))
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
        for batch in cursor.fetch_record_batch()
    ]
    names = list(batches[0]) if batches else [*CallSites.__dataclass_fields__, "process"]
    columns = {
        name: np.concatenate([batch.pop(name) for batch in batches]) if batches else np.zeros(0, np.int64)
        for name in names
    }
    return columns, processes.values(), threads.values(), methods.values()


def _pairs(process: Array, code: Array, processes: list[int], ids: list[int]) -> tuple[Array, list[tuple[int, int]]]:
    """Number the (process, id) pairs that occur, sorted; each entry's number and the pairs themselves."""
    key = code.astype(np.int64) * len(processes) + process
    occurs = np.zeros(len(processes) * len(ids) + 1, bool)
    occurs[key] = True
    pairs = [(processes[k % len(processes)], ids[k // len(processes)]) for k in np.flatnonzero(occurs).tolist()]
    order = sorted(range(len(pairs)), key=pairs.__getitem__)
    number = np.zeros(len(occurs), np.int32)
    number[np.flatnonzero(occurs)[order]] = np.arange(len(pairs))
    return number[key], [pairs[place] for place in order]


def _thread(pair: tuple[int, int], row: dict[str, Any]) -> Thread:
    process, thread = pair
    return Thread(process, thread, row.get("process") or f"Process {process}", row.get("name") or f"Thread {thread}")


def _method(pair: tuple[int, int], row: dict[str, Any]) -> Method:
    name = row.get("name") or row.get("raw_name") or f"method {pair[1]}"
    return Method(*pair, name, row.get("package_name") or "")
