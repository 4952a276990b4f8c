"""Chrome's trace event format, as an array or an object; DevTools, chrome://tracing and many other tools write it.

Complete events (`X`) and pairs of `B` and `E` become calls. A sampled profile gets a thread of its own beside the one
it samples: its calls are estimates that need not nest with the measured ones.
"""

import math
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from replica.beside import pictures
from replica.importing.bundle import (
    Bundle,
    Calls,
    ImportFailed,
    Metadata,
    Process,
    Profile,
    Screenshot,
    Series,
    Thread,
)
from replica.importing.calls import NONE, join_calls
from replica.importing.chrome_samples import Samples, add_chunk, profile_begins, stack_samples, whole_profile
from replica.importing.chrome_spans import MeasuredSpans, Place, measured_calls, measured_methods, number_methods
from replica.importing.format import Format
from replica.importing.sampled import MOST_CALLS, Sampled, sampled_calls
from replica.importing.untrusted import (
    BOM,
    a_list,
    an_object,
    json_value,
    moment,
    number,
    number_or_digits,
    text,
    whole_or_digits,
)

Object = dict[str, Any]
UNITS = {"jsHeapSizeUsed": "bytes"}
LEFT_OUT = {
    "asynchronous events": "bneSTpF",
    "flow events": "stf",
    "instants": "iIR",
    "events about objects": "NOD",
    "memory dumps": "vV",
}
NAME_OF_KIND = {kind: name for name, kinds in LEFT_OUT.items() for kind in kinds}


@dataclass
class Trace:
    """The content of the events; times are still those of the trace's clock, in µs."""

    spans: MeasuredSpans = field(default_factory=MeasuredSpans)
    process_names: dict[int, str] = field(default_factory=dict)
    thread_names: dict[Place, str] = field(default_factory=dict)
    counters: dict[tuple[int, str], list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    profiles: dict[tuple[int, str], Samples] = field(default_factory=dict)
    screenshots: list[tuple[float, bytes]] = field(default_factory=list)  # moment and image
    left_out: Counter[str] = field(default_factory=Counter)


def is_chrome_trace(content: object) -> bool:
    """An object with events, or a list of events: each of these has a phase."""
    if isinstance(content, list) and content:
        return isinstance(content[0], dict) and "ph" in content[0]
    return isinstance(content, dict) and "traceEvents" in content


def broken_off_events(content: bytes) -> list[Any] | None:
    """The events of an array that has no end, which the format allows; None if the content is something else."""
    text = content.removeprefix(BOM).rstrip().removesuffix(b",")
    if not text.endswith(b"}"):
        return None
    try:
        events = json_value(text + b"]")
    except ImportFailed:
        return None
    return events if isinstance(events, list) and is_chrome_trace(events) else None


def read_chrome_trace(value: Object | list[Any]) -> list[Bundle]:
    """One session; time 0 is the first event. DevTools also writes the moment of that event."""
    about = value.get("metadata") if isinstance(value, dict) else None
    start = about.get("startTime") if isinstance(about, dict) else None
    events = a_list(value["traceEvents"] if isinstance(value, dict) else value, "traceEvents")
    trace = Trace()
    for event in sorted((an_object(event, "an event") for event in events), key=_time):
        _read(event, trace)
    trace.spans.end_all()
    profiles = [*trace.profiles.values(), *(stack_samples(value) if isinstance(value, dict) else ())]
    sampled = [(samples.place, samples.read()) for samples in profiles]
    origin = _origin(trace, sampled)
    return [
        Bundle(
            metadata=Metadata(start=moment(start, "metadata.startTime") if start else None),
            series=tuple(_series(trace, origin)),
            screenshots=tuple(
                Screenshot((time - origin) / 1000, image) for time, image in pictures.thinned(trace.screenshots)
            ),
            profile=_profile(trace, sampled, origin),
            left_out=tuple(_left_out(trace, sampled)),
        )
    ]


def _time(event: Object) -> float:
    """µs; an event that only names a thread or a process has none, or 0."""
    time = number_or_digits(event.get("ts", 0), "an event's ts")
    if time < 0:
        raise ImportFailed(f"an event's ts is {time:g}; it cannot be less than 0")
    return time


def _read(event: Object, trace: Trace) -> None:
    kind, name = event.get("ph"), text(event.get("name"))
    if kind in ("X", "B", "E"):
        _read_span(event, trace)
    elif kind == "M" and name in ("process_name", "thread_name"):
        _read_name(event, trace)
    elif name in ("Profile", "ProfileChunk", "CpuProfile"):
        _read_samples(event, trace)
    elif name == "Screenshot":
        _read_screenshot(event, trace)
    elif kind == "C" or name == "UpdateCounters":
        _read_counters(event, trace)
    elif kind != "M":  # other metadata orders and colours what a viewer shows
        trace.left_out[NAME_OF_KIND.get(text(kind), "events of unknown kinds")] += 1


def _left_out(trace: Trace, sampled: list[tuple[Place, Sampled]]) -> Iterator[str]:
    for name, count in (+trace.left_out).items():
        yield f"{count:,} {name}"
    for _, profile in sampled:
        yield from profile.left_out


def _place(event: Object) -> Place:
    process_id = whole_or_digits(event.get("pid", 0), "an event's pid")
    return process_id, whole_or_digits(event.get("tid", 0), "an event's tid")


def _arguments(event: Object) -> Object:
    return an_object(event.get("args") or {}, "an event's args")


def _read_span(event: Object, trace: Trace) -> None:
    place, time = _place(event), _time(event)
    thread_cpu = number_or_digits(event.get("tts", NONE), "an event's tts")
    method = text(event.get("name")) or "(no name)", text(event.get("cat"))
    if event["ph"] == "B":
        trace.spans.begin(place, method, time, thread_cpu)
    elif event["ph"] == "E":
        trace.left_out["ends of calls that began before"] += not trace.spans.end(place, time, thread_cpu)
    else:
        cpu = number_or_digits(event.get("tdur", NONE), "an event's tdur")
        trace.spans.add(place, method, time, time + _duration(event), cpu)


def _duration(event: Object) -> float:
    duration = number_or_digits(event.get("dur", 0), "an event's dur")
    if duration < 0:
        raise ImportFailed(f"an event's dur is {duration:g}; it cannot be less than 0")
    return duration


def _read_name(event: Object, trace: Trace) -> None:
    place, name = _place(event), text(_arguments(event).get("name"))
    if event["name"] == "process_name":
        trace.process_names[place[0]] = name
    else:
        trace.thread_names[place] = name


def _read_screenshot(event: Object, trace: Trace) -> None:
    try:
        image = b64decode(text(_arguments(event).get("snapshot")), validate=True)
    except ValueError:
        image = b""
    if len(image) <= pictures.LARGEST and pictures.kind_of(image):
        trace.screenshots.append((_time(event), image))
    else:
        trace.left_out["screenshots that are no JPEG or PNG, or too large"] += 1


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
        trace.profiles[key] = profile_begins(place, data, _time(event))
    elif event["name"] == "CpuProfile":
        trace.profiles[place[0], f"whole {len(trace.profiles)}"] = whole_profile(place, data, _time(event))
    elif key in trace.profiles:
        add_chunk(trace.profiles[key], data)


def _origin(trace: Trace, sampled: list[tuple[Place, Sampled]]) -> int:
    times = trace.spans.starts[:1]
    times += [points[0][0] for points in trace.counters.values()]
    times += [int(profile.times[0]) for _, profile in sampled if len(profile.times)]
    times += [time for time, _ in trace.screenshots[:1]]
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
        calls = sampled_calls(profile, origin, process_id, thread_id, MOST_CALLS - sum(map(len, parts[1:])))
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
