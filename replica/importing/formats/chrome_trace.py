"""Chrome's trace event format, as an array or an object: what DevTools, chrome://tracing and many other tools write.

Complete events (`X`) and pairs of `B` and `E` become calls. A sampled profile (`Profile` and its `ProfileChunk`s) gets
a thread of its own beside the one it samples: its calls are estimates that need not nest with the measured ones.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from replica.importing.bundle import Bundle, Calls, ImportFailed, Metadata, Process, Profile, Series, Thread
from replica.importing.calls import NONE, join_calls
from replica.importing.chrome_spans import MeasuredSpans, Place, measured_calls, measured_methods, number_methods
from replica.importing.format import Format
from replica.importing.sampled import Sampled, read_sampled, sampled_calls
from replica.importing.untrusted import a_list, an_object, moment, number, text, whole

Object = dict[str, Any]
UNITS = {"jsHeapSizeUsed": "bytes"}


@dataclass
class Samples:
    """The pieces of one sampled profile."""

    place: Place
    start: int
    nodes: list[Any] = field(default_factory=list)
    samples: list[Any] = field(default_factory=list)
    deltas: list[Any] = field(default_factory=list)


@dataclass
class Trace:
    """What the events say, before times are made relative."""

    spans: MeasuredSpans = field(default_factory=MeasuredSpans)
    process_names: dict[int, str] = field(default_factory=dict)
    thread_names: dict[Place, str] = field(default_factory=dict)
    counters: dict[tuple[int, str], list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    profiles: dict[tuple[int, str], Samples] = field(default_factory=dict)


def is_chrome_trace(content: object) -> bool:
    """An object with events, or a list of events: each of these has a phase."""
    if isinstance(content, list) and content:
        return isinstance(content[0], dict) and "ph" in content[0]
    return isinstance(content, dict) and "traceEvents" in content


def read_chrome_trace(value: Object | list[Any]) -> list[Bundle]:
    """One session; time 0 is the first event. DevTools also writes when that was."""
    about = value.get("metadata") if isinstance(value, dict) else None
    begun = about.get("startTime") if isinstance(about, dict) else None
    events = a_list(value["traceEvents"] if isinstance(value, dict) else value, "traceEvents")
    trace = Trace()
    for event in sorted((an_object(event, "an event") for event in events), key=_time):
        _read(event, trace)
    trace.spans.end_all()
    sampled = [(samples.place, _sampled(samples)) for samples in trace.profiles.values()]
    origin = _origin(trace, sampled)
    return [
        Bundle(
            metadata=Metadata(start=moment(begun, "metadata.startTime") if begun else None),
            series=tuple(_series(trace, origin)),
            profile=_profile(trace, sampled, origin),
        )
    ]


def _time(event: Object) -> float:
    """µs; events that only name things have none, or 0."""
    time = number(event.get("ts", 0), "an event's ts")
    if time < 0:
        raise ImportFailed(f"an event's ts is {time:g}; it cannot be less than 0")
    return time


def _read(event: Object, trace: Trace) -> None:
    kind, name = event.get("ph"), text(event.get("name"))
    if kind in ("X", "B", "E"):
        _read_span(event, trace)
    elif kind == "M" and name in ("process_name", "thread_name"):
        _read_name(event, trace)
    elif kind == "P" and name in ("Profile", "ProfileChunk"):
        _read_samples(event, trace)
    elif kind == "C" or name == "UpdateCounters":
        _read_counters(event, trace)


def _place(event: Object) -> Place:
    return whole(event.get("pid", 0), "an event's pid"), whole(event.get("tid", 0), "an event's tid")


def _arguments(event: Object) -> Object:
    return an_object(event.get("args") or {}, "an event's args")


def _read_span(event: Object, trace: Trace) -> None:
    place, time = _place(event), _time(event)
    thread_cpu = number(event.get("tts", NONE), "an event's tts")
    method = text(event.get("name")) or "(no name)", text(event.get("cat"))
    if event["ph"] == "B":
        trace.spans.begin(place, method, time, thread_cpu)
    elif event["ph"] == "E":
        trace.spans.end(place, time, thread_cpu)
    else:
        cpu = number(event.get("tdur", NONE), "an event's tdur")
        trace.spans.add(place, method, time, time + _duration(event), cpu)


def _duration(event: Object) -> float:
    duration = number(event.get("dur", 0), "an event's dur")
    if duration < 0:
        raise ImportFailed(f"an event's dur is {duration:g}; it cannot be less than 0")
    return duration


def _read_name(event: Object, trace: Trace) -> None:
    place, name = _place(event), text(_arguments(event).get("name"))
    if event["name"] == "process_name":
        trace.process_names[place[0]] = name
    else:
        trace.thread_names[place] = name


def _read_counters(event: Object, trace: Trace) -> None:
    arguments, name = _arguments(event), text(event.get("name"))
    is_update = name == "UpdateCounters"
    values = an_object(arguments.get("data") or {}, "counters") if is_update else arguments
    for key, value in values.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            series = key if is_update else f"{name}.{key}"
            trace.counters[_place(event)[0], series].append((_time(event), number(value, f"counter “{series}”")))


def _read_samples(event: Object, trace: Trace) -> None:
    place = _place(event)
    key = place[0], str(event.get("id"))
    data = an_object(_arguments(event).get("data") or {}, "a profile's data")
    if event["name"] == "Profile":
        trace.profiles[key] = Samples(place, whole(data.get("startTime", _time(event)), "a profile's startTime"))
    elif key in trace.profiles:
        profile = an_object(data.get("cpuProfile") or {}, "a profile's chunk")
        trace.profiles[key].nodes += a_list(profile.get("nodes") or [], "a profile's nodes")
        trace.profiles[key].samples += a_list(profile.get("samples") or [], "a profile's samples")
        trace.profiles[key].deltas += a_list(data.get("timeDeltas") or [], "a profile's timeDeltas")


def _sampled(samples: Samples) -> Sampled:
    return read_sampled(samples.nodes, samples.samples, samples.deltas, samples.start, None)


def _origin(trace: Trace, sampled: list[tuple[Place, Sampled]]) -> int:
    times = trace.spans.starts[:1]
    times += [points[0][0] for points in trace.counters.values()]
    times += [int(profile.times[0]) for _, profile in sampled if len(profile.times)]
    return math.floor(min(times, default=0))


def _series(trace: Trace, origin: int) -> Iterator[Series]:
    """Counters of one name in several processes are told apart by the process's id."""
    keys = [key for _, key in trace.counters]
    for (process_id, key), points in trace.counters.items():
        unique = key if keys.count(key) == 1 else f"{key} (process {process_id})"
        x, y = np.array(points, dtype=np.float64).T
        yield Series(unique, unique, UNITS.get(key), (x - origin) / 1000, y)


def _profile(trace: Trace, sampled: list[tuple[Place, Sampled]], origin: int) -> Profile | None:
    numbers = number_methods(trace.spans)
    parts, methods = [measured_calls(trace.spans, numbers, origin)], measured_methods(numbers)
    names = dict(trace.thread_names)
    free_id = max([0, *(thread_id for _, thread_id in (*names, *trace.spans.places))]) + 1
    for thread_id, ((process_id, sampled_id), profile) in enumerate(sampled, free_id):
        first = sum(method.process_id == process_id for method in methods)
        calls = sampled_calls(profile, origin, process_id, thread_id)
        parts.append(replace(calls, method_id=calls.method_id + first))
        methods += [replace(method, process_id=process_id, id=method.id + first) for method in profile.methods]
        names[process_id, thread_id] = f"{names.get((process_id, sampled_id), sampled_id)} (sampled)"
    calls = join_calls(parts)
    if not len(calls):
        return None
    threads = tuple(_threads(calls, names))
    return Profile(
        platform="Chrome",
        has_cpu_time=bool((calls.cpu_us >= 0).any()),
        start_us=0,
        end_us=int(calls.end_us.max()),
        processes=tuple(
            Process(process_id, trace.process_names.get(process_id))
            for process_id in sorted({thread.process_id for thread in threads})
        ),
        threads=threads,
        methods=tuple(methods),
        calls=calls,
    )


def _threads(calls: Calls, names: dict[Place, str]) -> Iterator[Thread]:
    """Every thread that has calls, in the order of the calls."""
    places = np.stack([calls.process_id, calls.thread_id])
    firsts = np.flatnonzero(np.r_[True, (np.diff(places) != 0).any(axis=0)])
    ends = np.maximum.reduceat(calls.end_us, firsts)
    for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
        place = int(calls.process_id[first]), int(calls.thread_id[first])
        yield Thread(*place, names.get(place), int(calls.start_us[first]), end)


FORMAT = Format("Chrome trace", ".json", is_chrome_trace, read_chrome_trace)
