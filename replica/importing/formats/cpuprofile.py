"""V8's `.cpuprofile`, which `node --cpu-prof` and the profiler of a browser write."""

from typing import Any

from replica.importing.bundle import Bundle, ImportFailed, Process, Profile, Thread
from replica.importing.format import Format
from replica.importing.sampled import read_sampled, sampled_calls
from replica.importing.untrusted import a_list, whole

PROCESS = THREAD = 1  # the file does not name them


def is_cpuprofile(content: object) -> bool:
    """V8's heap snapshots have nodes, too, but no samples."""
    return isinstance(content, dict) and "nodes" in content and "samples" in content


def read_cpuprofile(value: dict[str, Any]) -> list[Bundle]:
    """One session with one process and one thread; time 0 is the profile's start."""
    start, end = whole(value.get("startTime"), "startTime"), whole(value.get("endTime"), "endTime")
    sampled = read_sampled(
        a_list(value.get("nodes"), "nodes"),
        a_list(value.get("samples"), "samples"),
        a_list(value.get("timeDeltas"), "timeDeltas"),
        start,
        end,
    )
    if end < start:
        raise ImportFailed("the profile ends before it starts")
    origin = min(start, int(sampled.times[0])) if len(sampled.times) else start
    profile = Profile(
        platform="V8",
        has_cpu_time=False,
        start_us=0,
        end_us=sampled.end - origin,
        processes=(Process(PROCESS, "V8", 0),),
        threads=(Thread(PROCESS, THREAD, "JavaScript", 0, sampled.end - origin),),
        methods=sampled.methods,
        calls=sampled_calls(sampled, origin, PROCESS, THREAD),
    )
    return [Bundle(profile=profile, left_out=sampled.left_out)]


FORMAT = Format("V8 profile", ".cpuprofile", is_cpuprofile, read_cpuprofile)
