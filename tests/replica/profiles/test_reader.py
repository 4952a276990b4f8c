"""Reading a replica's calls: every one, whatever is missing beside them."""

from uuid import uuid4

import psycopg

from replica.profiles.reader import read_profile
from tests.replica.generated import METHODS, PROCESS, fill, generate, method_name


def test_every_call_is_read_and_linked_to_its_parent(store: str) -> None:
    session, calls = uuid4(), generate(3000)
    fill(store, uuid4(), generate(50, seed=1))
    fill(store, session, calls)
    profile = read_profile(store, str(session))
    read = profile.calls
    order = read.id
    assert sorted(order.tolist()) == list(range(3000))
    assert (read.start + read.origin).tolist() == calls.start[order].tolist()
    assert read.duration.tolist() == (calls.end - calls.start)[order].tolist()
    parents = [int(order[row]) if row >= 0 else -1 for row in read.parent]
    assert parents == calls.parent[order].tolist()
    assert [profile.methods[m].id for m in read.method] == calls.method[order].tolist()
    assert read.notes == []


def test_threads_and_methods_have_names_and_processes(store: str) -> None:
    session = uuid4()
    fill(store, session, generate(100))
    profile = read_profile(store, str(session))
    assert [(t.process_id, t.process, t.name) for t in profile.threads] == [(PROCESS, "app.generated", "main")]
    assert profile.has_cpu
    assert {(method.package, method.name) for method in profile.methods} <= {method_name(n) for n in range(METHODS)}


def test_threads_and_methods_without_names_are_named_by_their_numbers(store: str) -> None:
    session = uuid4()
    with psycopg.connect(store) as connection:
        connection.execute("INSERT INTO function_call_metadata VALUES (%s, '1', 'iOS', false, 0, 100)", [str(session)])
        for thread, call, parent, depth in ((9, 1, None, None), (9, 2, 1, 1), (8, 1, None, None)):
            connection.execute(
                "INSERT INTO function_call_site VALUES (%s, 5, %s, 77, %s, 10, 20, NULL, %s, %s)",
                [str(session), thread, call, parent, depth],
            )
    profile = read_profile(store, str(session))
    assert [(t.process, t.name) for t in profile.threads] == [("Process 5", "Thread 8"), ("Process 5", "Thread 9")]
    assert [method.name for method in profile.methods] == ["method 77"]
    assert profile.calls.parent.tolist() == [-1, -1, 1]
    assert (profile.has_cpu, profile.calls.cpu.tolist()) == (False, [0, 0, 0])


def test_a_session_without_calls_is_an_empty_profile(store: str) -> None:
    profile = read_profile(store, str(uuid4()))
    assert (len(profile.calls.start), profile.threads, profile.methods) == (0, [], [])
