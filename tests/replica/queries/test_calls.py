"""Function calls in numbers."""

from replica.queries.calls import busy_spans, method, process_names, thread_facts
from tests.replica.captured import FULL, Captured


def test_busy_spans_conserve_calls(captured_replica: Captured) -> None:
    spans = busy_spans(captured_replica.alias, FULL, resolution_ms=5)
    assert sum(span.calls for span in spans if span.thread_id == 1) == 6000
    assert len(spans) == 1201


def test_facts_of_a_thread_count_calls_levels_and_times(captured_replica: Captured) -> None:
    facts = thread_facts(captured_replica.alias, FULL, 7, 2)
    assert (facts.calls, facts.levels, facts.wall_us, facts.cpu_us) == (2, 2, 3_000_000, None)


def test_a_thread_without_calls_has_no_times(captured_replica: Captured) -> None:
    facts = thread_facts(captured_replica.alias, FULL, 7, 99)
    assert (facts.calls, facts.start_us, facts.wall_us) == (0, None, None)


def test_a_method_is_found_in_its_process(captured_replica: Captured) -> None:
    row = method(captured_replica.alias, FULL, 7, 1)
    assert row
    assert row.signature == "void a.b.C.run()"
    assert method(captured_replica.alias, FULL, 8, 1) is None


def test_processes_are_listed_with_or_without_a_name(captured_replica: Captured) -> None:
    assert process_names(captured_replica.alias, FULL) == {7: None}
