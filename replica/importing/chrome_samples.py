"""The sampled profiles of a Chrome trace, in the three ways in which they are written."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from replica.importing.chrome_spans import Place
from replica.importing.sampled import Sampled, read_sampled
from replica.importing.untrusted import a_list, an_object, text, whole_or_digits

Object = dict[str, Any]
PLACED = re.compile(r"(?P<name>[^(]*)\((?P<url>.*):(?P<line>[0-9]{1,9}):(?P<column>[0-9]{1,9})\)", re.DOTALL)
UNKNOWN = 0  # the number of no frame


@dataclass
class Samples:
    """The pieces of one sampled profile; `start` and `end` in µs of the trace's clock."""

    place: Place
    start: int
    end: int | None = None
    nodes: list[Any] = field(default_factory=list)
    samples: list[Any] = field(default_factory=list)
    deltas: list[Any] = field(default_factory=list)

    def read(self) -> Sampled:
        return read_sampled(self.nodes, self.samples, self.deltas, self.start, self.end)


def profile_begins(place: Place, data: Object, time: float) -> Samples:
    """Of a `Profile` event, which `ProfileChunk`s follow."""
    return Samples(place, whole_or_digits(data.get("startTime", time), "a profile's startTime"))


def add_chunk(samples: Samples, data: Object) -> None:
    """Of a `ProfileChunk` event."""
    profile = an_object(data.get("cpuProfile") or {}, "a profile's chunk")
    samples.nodes += a_list(profile.get("nodes") or [], "a profile's nodes")
    samples.samples += a_list(profile.get("samples") or [], "a profile's samples")
    samples.deltas += a_list(data.get("timeDeltas") or [], "a profile's timeDeltas")


def whole_profile(place: Place, data: Object, time: float) -> Samples:
    """Of a `CpuProfile` event, as Chrome wrote it up to version 68."""
    profile = an_object(data.get("cpuProfile") or {}, "a profile")
    return Samples(
        place,
        whole_or_digits(profile.get("startTime", time), "a profile's startTime"),
        whole_or_digits(profile.get("endTime", 0), "a profile's endTime"),
        a_list(profile.get("nodes") or [], "a profile's nodes"),
        a_list(profile.get("samples") or [], "a profile's samples"),
        a_list(profile.get("timeDeltas") or [], "a profile's timeDeltas"),
    )


def stack_samples(trace: Object) -> list[Samples]:
    """Of the object form's `samples` and `stackFrames`: a profile for every thread. Hermes writes nothing else."""
    frames = an_object(trace.get("stackFrames") or {}, "stackFrames")
    numbers = {frame_id: number for number, frame_id in enumerate(frames, UNKNOWN + 1)}
    nodes = [_node(numbers, frame_id, an_object(frame, "a stack frame")) for frame_id, frame in frames.items()]
    of_place: dict[Place, list[tuple[int, int]]] = defaultdict(list)
    for value in a_list(trace.get("samples") or [], "samples"):
        sample = an_object(value, "a sample")
        place = (
            whole_or_digits(sample.get("pid", 0), "a sample's pid"),
            whole_or_digits(sample.get("tid", 0), "a sample's tid"),
        )
        time = whole_or_digits(sample.get("ts"), "a sample's ts")
        of_place[place].append((time, numbers.get(str(sample.get("sf")), UNKNOWN)))
    return [_of_thread(place, taken, nodes) for place, taken in of_place.items()]


def _of_thread(place: Place, taken: list[tuple[int, int]], nodes: list[Object]) -> Samples:
    times = sorted(time for time, _ in taken)
    deltas = [later - earlier for earlier, later in zip([times[0], *times], times, strict=False)]
    frames = [frame for _, frame in sorted(taken, key=lambda one: one[0])]
    return Samples(place, times[0], None, nodes, frames, deltas)


def _node(numbers: dict[str, int], frame_id: str, frame: Object) -> Object:
    """As V8 writes a node. Hermes puts the place in the source into the name: `main(http://localhost/app.js:10:5)`."""
    name = text(frame.get("name"))
    placed = PLACED.fullmatch(name)
    call_frame: Object = {"functionName": name}
    if placed:
        line, column = int(placed["line"]) - 1, int(placed["column"]) - 1
        call_frame = {"functionName": placed["name"], "url": placed["url"], "lineNumber": line, "columnNumber": column}
    parent = frame.get("parent")
    above = {} if parent is None else {"parent": numbers.get(str(parent), UNKNOWN)}
    return {"id": numbers[frame_id], "callFrame": call_frame, **above}
