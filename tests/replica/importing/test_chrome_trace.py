import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from replica.beside import pictures
from replica.importing.bundle import Bundle, ImportFailed, Profile
from replica.importing.formats.chrome_trace import read_chrome_trace
from replica.importing.validate import validate
from tests.replica.importing.samples import EVENTS, HERMES, WHOLE_PROFILES, chrome_trace, cpuprofile, event, node

SAMPLE = Path(__file__).parents[4] / "shared/samples/chrome116-trace.json"


def read(events: list[dict[str, Any]], **more: Any) -> Bundle:
    (bundle,) = read_chrome_trace(json.loads(chrome_trace(events, **more)))
    return validate(bundle)


def profile(events: list[dict[str, Any]]) -> Profile:
    found = read(events).profile
    assert found
    return found


def calls(found: Profile, thread: int = 2) -> list[tuple[str | None, int, int, int, int]]:
    """(name, start, end, depth, CPU time) of a thread's calls."""
    names = {(method.process_id, method.id): method.name for method in found.methods}
    c = found.calls
    columns = (c.process_id, c.thread_id, c.method_id, c.start_us, c.end_us, c.depth, c.cpu_us)
    return [
        (names[process, method], start, end, depth, cpu)
        for process, of, method, start, end, depth, cpu in zip(*(x.tolist() for x in columns), strict=True)
        if of == thread
    ]


@pytest.mark.parametrize("as_array", [False, True])
def test_complete_events_and_pairs_become_calls_with_cpu_time(as_array: bool) -> None:
    found = read(EVENTS, as_array=as_array).profile
    assert found
    assert found.has_cpu_time
    assert calls(found) == [
        ("Task", 0, 500, 0, 300),
        ("Layout", 100, 200, 1, 90),
        ("Script", 250, 400, 1, 80),
    ]


def test_names_processes_and_threads() -> None:
    found = profile(EVENTS)
    assert [(process.id, process.name) for process in found.processes] == [(1, "Renderer")]
    assert [(thread.id, thread.name) for thread in found.threads] == [(2, "Main"), (3, "Main (sampled)")]


def test_a_sampled_profile_is_put_together_from_its_chunks_on_a_thread_of_its_own() -> None:
    assert calls(profile(EVENTS), thread=3) == [
        ("main", 100, 400, 0, -1),
        ("parse", 200, 300, 1, -1),
        ("draw", 300, 400, 1, -1),
    ]


def test_counters_become_time_series() -> None:
    found = {series.key: series for series in read(EVENTS).series}
    assert set(found) == {"jsHeapSizeUsed", "nodes", "Frames.dropped"}
    heap = found["jsHeapSizeUsed"]
    assert (heap.x.tolist(), heap.y.tolist(), heap.y_units) == ([0.3], [2048], "bytes")


def test_counters_of_two_processes_have_different_names() -> None:
    found = read([event("C", "n", 1, args={"v": 1}), event("C", "n", 2, pid=5, args={"v": 2})])
    assert [series.key for series in found.series] == ["n.v (process 1)", "n.v (process 5)"]


def test_calls_in_whole_microseconds_nest_although_rounding_made_one_reach_beyond_its_parent() -> None:
    found = profile([event("X", "a", 10, dur=5), event("X", "b", 10, dur=5), event("X", "c", 14, dur=2)])
    assert [call[:4] for call in calls(found)] == [("a", 0, 5, 0), ("b", 0, 5, 1), ("c", 4, 5, 2)]


def test_fractions_of_a_microsecond_are_rounded_down_at_both_ends() -> None:
    found = profile([event("X", "a", 10.2, dur=5.9), event("X", "b", 10.9, dur=5.1)])
    assert [call[:3] for call in calls(found)] == [("a", 0, 6), ("b", 0, 6)]


def test_a_call_still_open_at_the_end_is_closed_and_an_end_without_beginning_dropped() -> None:
    found = profile([event("E", "x", 5), event("B", "a", 10), event("X", "b", 20, dur=10)])
    assert calls(found) == [("a", 0, 20, 0, -1), ("b", 10, 20, 1, -1)]


def test_the_wall_clock_that_devtools_writes_is_the_start() -> None:
    found = read(EVENTS, metadata={"startTime": "2026-03-01T10:00:00.5Z"})
    assert found.metadata.start
    assert found.metadata.start.isoformat() == "2026-03-01T10:00:00.500000+00:00"


@pytest.mark.parametrize("kind", ["I", "P"])
def test_a_sampled_profile_in_one_event_is_read_as_chrome_wrote_it_up_to_version_68(kind: str) -> None:
    events = [one | {"ph": kind} if one["name"] == "CpuProfile" else one for one in WHOLE_PROFILES]
    found = profile(events)
    assert [(thread.id, thread.name) for thread in found.threads] == [
        (2, "Main"),
        (3, "Main (sampled)"),
        (4, "5 (sampled)"),
    ]
    for thread in (3, 4):
        assert [call[:4] for call in calls(found, thread)] == [
            ("main", 100, 350, 0),
            ("parse", 200, 300, 1),
            ("draw", 300, 350, 1),
        ]


def test_samples_and_stack_frames_of_the_object_form_are_a_sampled_profile() -> None:
    found = read_chrome_trace(HERMES)[0].profile
    assert found
    assert [(thread.id, thread.name) for thread in found.threads] == [(7696, "mqt_js (sampled)")]
    assert [call[:4] for call in calls(found, 7696)] == [
        ("[root]", 0, 200, 0),
        ("main", 0, 200, 1),
        ("[GC Young Gen]", 100, 200, 2),
    ]
    method = next(method for method in found.methods if method.name == "main")
    assert method.raw_name == "main (https://shop.example/app.js?token=***:10:5)"
    assert method.package_name == "https://shop.example/app.js?token=***"


def test_stack_frames_that_are_missing_are_left_out_and_counted() -> None:
    trace = {**HERMES, "samples": [*HERMES["samples"], {"ts": 11550183966, "tid": 7695, "pid": 1, "sf": 77}]}
    assert "1 of 4 samples, whose stacks the file does not have" in read_chrome_trace(trace)[0].left_out


def test_numbers_may_be_written_as_text() -> None:
    texts = event("X", "a", "10.5", pid="1", tid="2", dur="5.5", tdur="2")  # type: ignore[arg-type]
    assert calls(profile([event("X", "first", 10, dur=0, tid=9), texts])) == [("a", 0, 6, 0, 2)]


def test_process_and_thread_ids_may_be_negative() -> None:
    found = profile([event("X", "f", 10, dur=5, pid=-7, tid=-1)])
    assert [(thread.process_id, thread.id) for thread in found.threads] == [(-7, -1)]
    assert calls(found, thread=-1) == [("f", 0, 5, 0, -1)]


def test_says_what_was_left_out() -> None:
    others = [event("b", "fetch", 5), event("e", "fetch", 9), event("s", "flow", 5), event("I", "click", 5)]
    found = read([*EVENTS, *others, event("E", "x", 1, tid=77), event("?", "x", 1)])
    assert set(found.left_out) == {
        "2 asynchronous events",
        "1 flow events",
        "1 instants",
        "1 ends of calls that began before",
        "1 events of unknown kinds",
    }
    assert read(EVENTS).left_out == ()


@pytest.mark.long
def test_all_profiles_of_a_trace_have_one_limit_of_calls() -> None:
    stack = [node(number, "f", [number + 1]) for number in range(2, 900)] + [node(900, "f")]
    nodes = [node(1, "(root)", [2]), *stack]
    samples = [900, 1] * 2000
    whole = json.loads(cpuprofile(samples, [1] * 4000, nodes, end=1_005_000))
    events = [event("I", "CpuProfile", 5, tid=tid, args={"data": {"cpuProfile": whole}}) for tid in range(3)]
    assert len(profile(events[:1]).calls) == 1_798_000
    with pytest.raises(ImportFailed, match="more than"):
        profile(events)


def test_without_calls_there_is_no_profile() -> None:
    assert read([event("C", "n", 1, args={"v": 1})]).profile is None


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([event("X", "a", -5)], "ts is -5; it cannot be less than 0"),
        ([event("X", "a", 5, dur=-1)], "dur is -1; it cannot be less than 0"),
        ([event("X", "a", 1e300)], "too large"),
        ([event("X", "a", 5) | {"pid": "main"}], "pid should be a number, but is “main”"),
        ([event("X", "a", 5, dur="long")], "dur should be a number"),
        ([5], "an event should be an object"),
        ([event("C", "n", 1, args=[1])], "args should be an object, but is a list"),
    ],
)
def test_says_what_is_wrong(events: list[Any], problem: str) -> None:
    with pytest.raises(ImportFailed, match=problem):
        read_chrome_trace({"traceEvents": events})


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample files are not here")
def test_reads_a_real_trace() -> None:
    (bundle,) = read_chrome_trace(json.loads(SAMPLE.read_bytes()))
    found = validate(bundle).profile
    assert found
    assert (len(found.calls), len(found.threads), found.has_cpu_time) == (2610, 13, True)
    assert len(calls(found, thread=54020)) == 2610 - 2456
    assert [series.key for series in bundle.series] == ["documents", "jsEventListeners", "jsHeapSizeUsed", "nodes"]
    assert bundle.metadata.start


def screenshot(ts: int, image: bytes | None, **more: Any) -> dict[str, Any]:
    snapshot = image if image is None else b64encode(image).decode()
    return {**event("O", "Screenshot", ts), "id": "1", "args": {"snapshot": snapshot}, **more}


def test_screenshots_are_taken_out_and_what_is_none_is_told() -> None:
    jpeg, png = b"\xff\xd8\xff one", b"\x89PNG\r\n\x1a\n two"
    foreign = [b"<svg onload=alert(1)>", b"", None, jpeg + bytes(pictures.LARGEST)]
    events = [screenshot(3_000, png), screenshot(1_000, jpeg), *(screenshot(4_000, image) for image in foreign)]
    found = read([*events, screenshot(5_000, None, args={"snapshot": "not Base64!"})])
    assert [(one.at_ms, one.image) for one in found.screenshots] == [(0.0, jpeg), (2.0, png)]
    assert found.left_out == ("5 screenshots that are no JPEG or PNG, or too large",)


def test_of_too_many_screenshots_some_are_taken_evenly() -> None:
    events = [screenshot(1_000 * number, b"\xff\xd8\xff") for number in range(2 * pictures.MOST)]
    moments = [one.at_ms for one in read(events).screenshots]
    assert moments == [2.0 * number for number in range(pictures.MOST)]
