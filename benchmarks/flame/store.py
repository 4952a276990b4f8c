"""Puts generated calls into a database with the replica's tables, as an export would."""

from uuid import UUID

import psycopg

from benchmarks.flame.generate import METHODS, Generated, method_name

SESSION = """
INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time) VALUES (%s, %s, %s, 'Passed', now())
"""
TABLES = ("call_site", "call_thread", "call_method", "call_process", "call_metadata")
SITES = "COPY function_call_site FROM STDIN (FORMAT BINARY)"
TYPES = ["text", *["int8"] * 9]
PROCESS, THREAD = 4321, 1


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
