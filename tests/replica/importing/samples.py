"""Small, valid files of every format, built byte by byte from what a test wants them to say."""

import json
import struct
from collections.abc import Iterable, Sequence
from typing import Any

ENTER, EXIT, UNWIND = 0, 1, 2
Record = tuple[int, int, int, int, int]  # thread, method id, action, CPU time, wall time
METHODS = {
    0x10: ("com.example.Main", "run", "([Ljava/lang/String;)V", "Main.java"),
    0x14: ("com.example.Shop$Cart", "add", "(IJ)Z", "Shop.java"),
}
THREADS = {7: "main", 8: "worker"}
RECORDS: tuple[Record, ...] = (
    (7, 0x10, ENTER, 0, 100),
    (7, 0x14, ENTER, 5, 110),
    (8, 0x98, ENTER, 0, 115),
    (7, 0x14, EXIT, 15, 130),
    (7, 0x10, UNWIND, 40, 200),
)
LAYOUT = {9: "<BII", 10: "<HII", 14: "<HIII"}


def art_text(records: int | None = None, clock: str = "dual", pid: int = 4711) -> bytes:
    lines = ["*version", "3", "data-file-overflow=false", f"clock={clock}", "elapsed-time-usec=500"]
    lines += [] if records is None else [f"num-method-calls={records}"]
    lines += [f"pid={pid}", "*threads", *(f"{number}\t{name}" for number, name in THREADS.items())]
    lines += ["*methods", *(f"{number:#x}\t" + "\t".join(names) for number, names in METHODS.items()), "*end"]
    return ("\n".join(lines) + "\n").encode()


def art_header(version: int, size: int) -> bytes:
    return struct.pack("<4sHHQH", b"SLOW", version, 32, 1_700_000_000_000_000, size).ljust(32, b"\0")


def art_record(record: Record, size: int) -> bytes:
    thread, method, action, cpu, wall = record
    times = (cpu, wall) if size == 14 else (wall,)
    return struct.pack(LAYOUT[size], thread, method | action, *times)


def art_trace(records: Iterable[Record] = RECORDS, version: int = 3) -> bytes:
    """A whole file; version 1 and 2 have one clock, version 3 has two."""
    size = {1: 9, 2: 10, 3: 14}[version]
    binary = [art_record(record, size) for record in records]
    return art_text(len(binary)) + art_header(version, size) + b"".join(binary)


def art_streamed(records: Iterable[Record] = RECORDS, version: int = 3) -> bytes:
    """A streamed file: threads and methods are introduced when they first occur, the text comes last."""
    size = {2: 10, 3: 14}[version]
    parts, seen = [art_header(version | 0xF0, size)], set[tuple[str, int]]()
    for record in records:
        thread, method = record[:2]
        if thread in THREADS and ("thread", thread) not in seen:
            name = THREADS[thread].encode()
            parts.append(struct.pack("<HBHH", 0, 2, thread, len(name)) + name)
        if method in METHODS and ("method", method) not in seen:
            line = (f"{method:#x}\t" + "\t".join(METHODS[method]) + "\n").encode()
            parts.append(struct.pack("<HBH", 0, 1, len(line)) + line)
        seen |= {("thread", thread), ("method", method)}
        parts.append(art_record(record, size))
    text = art_text()
    return b"".join(parts) + struct.pack("<HBI", 0, 3, len(text)) + text


def node(number: int, name: str, children: Sequence[int] = (), line: int = 9) -> dict[str, Any]:
    url = "" if name.startswith("(") else "https://shop.example/app.js"
    frame = {"functionName": name, "scriptId": "1", "url": url, "lineNumber": line, "columnNumber": 4}
    return {"id": number, "callFrame": frame, "hitCount": 0, "children": list(children)}


NODES = [
    node(1, "(root)", [2, 3, 4, 5]),
    node(2, "(idle)"),
    node(3, "(garbage collector)"),
    node(4, "(program)"),
    node(5, "main", [6, 7]),
    node(6, "parse"),
    node(7, "draw"),
]


def cpuprofile(
    samples: Sequence[int] = (5, 6, 3, 6, 2, 7),
    deltas: Sequence[float] = (10, 10, 10, 10, 10, 10),
    nodes: Sequence[dict[str, Any]] = NODES,
    start: int = 1_000_000,
    end: int = 1_000_080,
) -> bytes:
    profile = {"nodes": nodes, "samples": samples, "timeDeltas": deltas, "startTime": start, "endTime": end}
    return json.dumps(profile).encode()


def event(kind: str, name: str, ts: float | str, pid: int = 1, tid: int | str = 2, **more: Any) -> dict[str, Any]:
    return {"ph": kind, "name": name, "cat": "test", "ts": ts, "pid": pid, "tid": tid, "args": {}, **more}


EVENTS = [
    event("M", "process_name", 0, args={"name": "Renderer"}),
    event("M", "thread_name", 0, args={"name": "Main"}),
    event("X", "Task", 1000, dur=500, tdur=300),
    event("X", "Layout", 1100, dur=100, tdur=90),
    event("B", "Script", 1250, tts=50),
    event("E", "Script", 1400, tts=130),
    event("I", "UpdateCounters", 1300, args={"data": {"jsHeapSizeUsed": 2048, "nodes": 12}}),
    event("C", "Frames", 1350, args={"dropped": 3}),
    event("P", "Profile", 1000, id="0x1", args={"data": {"startTime": 1000}}),
    event(
        "P",
        "ProfileChunk",
        1450,
        tid=9,
        id="0x1",
        args={
            "data": {
                "cpuProfile": {
                    "nodes": [
                        {key: value for key, value in one.items() if key != "children"}
                        | ({"parent": 1 if one["id"] < 6 else 5} if one["id"] > 1 else {})
                        for one in NODES
                    ],
                    "samples": [5, 6],
                },
                "timeDeltas": [100, 100],
            }
        },
    ),
    event(
        "P",
        "ProfileChunk",
        1500,
        tid=9,
        id="0x1",
        args={"data": {"cpuProfile": {"samples": [7, 2]}, "timeDeltas": [100, 100]}},
    ),
]


V8_PROFILE = json.loads(cpuprofile(samples=[5, 6, 7], deltas=[100] * 3, start=1000, end=1350))
# As Chrome wrote them up to version 68.
WHOLE_PROFILES = [
    event("X", "Task", 1000, dur=500),
    event("M", "thread_name", 0, args={"name": "Main"}),
    *(event("I", "CpuProfile", 1600, tid=tid, args={"data": {"cpuProfile": V8_PROFILE}}) for tid in (2, 5)),
]
HERMES = {
    "traceEvents": [event("M", "thread_name", "11550183666", tid="7695", args={"name": "mqt_js"})],
    "samples": [
        {"cpu": "-1", "name": "", "ts": ts, "pid": 1, "tid": "7695", "weight": "1", "sf": sf}
        for ts, sf in (("11550183766", 3), ("11550183666", "2"), ("11550183866", 2))
    ],
    "stackFrames": {
        "1": {"name": "[root]", "category": "root"},
        "2": {"name": "main(https://shop.example/app.js?token=hunter2:10:5)", "parent": 1},
        "3": {"name": "[GC Young Gen]", "category": "Metadata", "parent": "2"},
    },
}


def chrome_trace(events: Sequence[dict[str, Any]] = EVENTS, as_array: bool = False, **more: Any) -> bytes:
    return json.dumps(list(events) if as_array else {"traceEvents": list(events), **more}).encode()


def entry(started: str = "2026-03-01T10:00:00.100Z", page: str = "page_1", **changes: Any) -> dict[str, Any]:
    timings = {"blocked": 1, "dns": 2, "connect": 30, "ssl": 20, "send": 1, "wait": 40.4, "receive": 5.6}
    response = {
        "status": 200,
        "headers": [{"name": "Content-Type", "value": "text/html; charset=utf-8"}],
        "content": {"size": 5000, "mimeType": "text/html"},
        "bodySize": 900,
        "_transferSize": 1000,
    }
    whole = {
        "startedDateTime": started,
        "time": 80,
        "pageref": page,
        "request": {"method": "GET", "url": "https://shop.example/", "headersSize": 300, "bodySize": 0},
        "response": response,
        "timings": timings,
    }
    return whole | changes


def page(number: int = 1, started: str = "2026-03-01T10:00:00Z") -> dict[str, Any]:
    return {
        "id": f"page_{number}",
        "startedDateTime": started,
        "title": f"Run {number}",
        "pageTimings": {"onContentLoad": 250.5, "onLoad": 400, "_own": 1},
        "_visualMetrics": {"SpeedIndex": 300, "VisualProgress": {"0": 0, "300": 100}},
        "_cpu": {"categories": {"Scripting": 12.5}},
    }


def har(entries: Sequence[dict[str, Any]] | None = None, pages: Sequence[dict[str, Any]] | None = None) -> bytes:
    log = {
        "version": "1.2",
        "creator": {"name": "recorder", "version": "2"},
        "browser": {"name": "Chrome", "version": "140.0"},
        "pages": [page()] if pages is None else pages,
        "entries": [entry()] if entries is None else entries,
    }
    return json.dumps({"log": log}).encode()


def timeseries_csv() -> bytes:
    return b"time_ms,JS heap [MiB],fps\n0,10.5,60\n100,,30\n200,12,\n"


def labels() -> bytes:
    return json.dumps(
        [
            {"name": "Log in", "category": "step", "start_time": 0.5, "end_time": 1.25, "data": {"clicks": 2}},
            {"name": "Pay", "label_type": "user", "start_time": 2, "video_box": [[0, 0, 10, 10]], "pinned": True},
        ]
    ).encode()


FILES = {
    "art.trace": art_trace(),
    "streamed.trace": art_streamed(),
    "v8.cpuprofile": cpuprofile(),
    "chrome.json": chrome_trace(),
    "run.har": har(),
    "series.csv": timeseries_csv(),
    "labels.json": labels(),
}
# Other ways to write the same formats.
VARIANTS = {
    "array.json": chrome_trace(as_array=True),
    "whole profiles.json": chrome_trace(WHOLE_PROFILES),
    "hermes.json": json.dumps(HERMES).encode(),
}
