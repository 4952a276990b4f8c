"""Generated calls: nested, bursty, a few hundred methods, most of them some µs long; the same for the same seed.

Tests and benchmarks take them as arrays, or from a database with the replica's tables.
"""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
import psycopg

from replica.profiles.calls import Array

PACKAGES = ("app.ui", "app.ui.list", "app.net", "app.data", "framework.view", "framework.os", "lib.json", "lib.image")
METHODS = 400
DEEPEST = 56
SESSION = """
INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time) VALUES (%s, %s, %s, 'Passed', now())
"""
TABLES = ("call_site", "call_thread", "call_method", "call_process", "call_metadata")
SITES = "COPY function_call_site FROM STDIN (FORMAT BINARY)"
TYPES = ["text", *["int8"] * 9]
PROCESS, THREAD = 4321, 1


@dataclass(slots=True)
class Generated:
    """One thread's calls in order of entry. `depth` counts from 0, `parent` is a position or −1; times in µs."""

    method: Array
    start: Array
    end: Array
    parent: Array
    depth: Array

    def __len__(self) -> int:
        return len(self.start)


def method_name(number: int) -> tuple[str, str]:
    """(package, name) of a method."""
    return PACKAGES[number % len(PACKAGES)], f"Worker{number // 8}.step{number % 23}"


def generate(count: int, seed: int = 7) -> Generated:
    """`count` calls of one thread.

    A random walk of entries and exits, one clock tick of a few µs between any two events: deeper calls are shorter,
    and every method calls a small set of others, so that merged trees have something to merge.
    """
    random = np.random.default_rng(seed)
    pauses = (random.exponential(3.0, 2 * count + 2) * (1 + 40 * (random.random(2 * count + 2) < 0.01))).astype(int) + 1
    chance, choice = random.random(2 * count), random.integers(0, 4, count)
    method, start, end = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    parent, depth = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    stack: list[int] = []
    now = made = tick = 0
    while made < count or stack:
        now += int(pauses[min(tick, 2 * count + 1)])
        enters = made < count and (not stack or (len(stack) <= DEEPEST and chance[tick] < 0.51))
        tick += 1
        if not enters:
            end[stack.pop()] = now
            continue
        caller = stack[-1] if stack else -1
        above = int(method[caller]) if stack else 0
        method[made] = (above * 7 + int(choice[made]) * 31 + len(stack)) % METHODS
        start[made], parent[made], depth[made] = now, caller, len(stack)
        stack.append(made)
        made += 1
    return Generated(method, start, end, parent, depth)


def fill(url: str, session_id: UUID, calls: Generated) -> None:
    """Write one session with one thread that makes these calls; what the session held before is replaced."""
    session = str(session_id)
    with psycopg.connect(url) as connection:
        for table in ("session_metadata", *(f"function_{name}" for name in TABLES)):
            connection.execute(f"DELETE FROM {table} WHERE session_id = %s", [session])
        connection.execute(SESSION, [session, str(UUID(int=1)), f"{len(calls):,} generated calls"])
        connection.execute(
            "INSERT INTO function_call_metadata VALUES (%s, '1', 'Generated', true, 0, %s)",
            [session, int(calls.end.max())],
        )
        connection.execute("INSERT INTO function_call_process VALUES (%s, %s, 'app.generated', 0)", [session, PROCESS])
        connection.execute(
            "INSERT INTO function_call_thread VALUES (%s, %s, %s, 'main', 0, 0, %s)",
            [session, PROCESS, THREAD, int(calls.end.max())],
        )
        _copy_methods(connection, session)
        _copy_sites(connection, session, calls)


def _copy_methods(connection: psycopg.Connection, session: str) -> None:
    rows = []
    for number in range(METHODS):
        package, name = method_name(number)
        full = f"{package}.{name}"
        rows.append((session, PROCESS, number, f"{full} (I)V", name, "int", "void", f"void {full}(int)", package))
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO function_call_method VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)", rows)


def _copy_sites(connection: psycopg.Connection, session: str, calls: Generated) -> None:
    columns = (calls.method, calls.start, calls.end, calls.parent, calls.depth)
    with connection.cursor().copy(SITES) as copy:
        copy.set_types(TYPES)
        for number, (method, start, end, parent, depth) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            cpu = (end - start) * 3 // 4
            above = parent if parent >= 0 else None
            copy.write_row((session, PROCESS, THREAD, method, number, start, end, cpu, above, depth or None))
