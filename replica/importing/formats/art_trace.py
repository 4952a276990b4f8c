"""Android method traces, as `Debug.startMethodTracing` and `am profile` write them: versions 1 to 3, whole or streamed.

A whole file is a text with the names, then records of one size. A streamed file is records with the names in between,
and the text at the end; only that text names the clock of the times.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct, error

import numpy as np

from replica.importing.art_names import java_method
from replica.importing.bundle import Bundle, Calls, ImportFailed, Ints, Method, Process, Profile, Thread
from replica.importing.calls import Events, call_sites, pair_events
from replica.importing.format import Format

MAGIC = b"SLOW"
STREAMED = 0xF0
HEADER = Struct("<4sHHQ")  # magic, version, where records begin, start in µs
SHORT, LONG = Struct("<H"), Struct("<I")
ACTION, ENTER = 3, 0
WRAP = 1 << 32  # a time is the low half of a 64-bit count of µs
RECORDS = {
    9: np.dtype([("thread", "u1"), ("method", "<u4"), ("time", "<u4")]),
    10: np.dtype([("thread", "<u2"), ("method", "<u4"), ("time", "<u4")]),
    14: np.dtype([("thread", "<u2"), ("method", "<u4"), ("cpu", "<u4"), ("time", "<u4")]),
}
SIZE_OF_VERSION = {1: 9, 2: 10}
MOST_RECORDS = 20_000_000  # a record takes 180 bytes while calls are made of it
CUT = "the trace ends too early; was it copied completely, or was the recording broken off?"


@dataclass
class Names:
    """The text part of a trace."""

    settings: dict[str, str] = field(default_factory=dict)
    threads: dict[int, str] = field(default_factory=dict)
    methods: dict[int, tuple[str, str, str]] = field(default_factory=dict)

    def add_method(self, line: str) -> None:
        parts = line.split("\t")
        if len(parts) >= 4:
            self.methods[_integer(parts[0], 16)] = (parts[1], parts[2], parts[3])

    def add_thread(self, thread_id: int, name: str) -> None:
        self.threads[thread_id] = name


def is_art_trace(content: object) -> bool:
    return isinstance(content, bytes) and content.startswith((b"*version\n", MAGIC))


def read_art_trace(content: bytes) -> list[Bundle]:
    """One session with one process; time 0 is when tracing began."""
    names = Names()
    if content.startswith(MAGIC):
        records = _streamed(content, names)
    else:
        text, end, binary = content.partition(b"\n*end\n")
        if not end:
            raise ImportFailed("the trace's text has no end (“*end”); was it copied completely?")
        _read_text(text.decode("utf-8", "replace"), names)
        records = _whole(binary)
    expected = _integer(names.settings.get("num-method-calls", "0"), 10)
    if len(records) < expected:
        raise ImportFailed(f"the trace should have {expected:,} records, but has {len(records):,}: {CUT}")
    if len(records) > MOST_RECORDS:
        raise ImportFailed(
            f"the trace has {len(records):,} records; at most {MOST_RECORDS:,} are imported: record for a shorter time"
        )
    return [Bundle(profile=_profile(names, records))]


def _whole(binary: bytes) -> np.ndarray:
    version, first, size = _header(binary)
    if version & STREAMED:
        raise ImportFailed("the trace is damaged: a whole file holds the header of a streamed one")
    return _records(binary[first:], size)


def _header(binary: bytes) -> tuple[int, int, int]:
    """Version, where records begin, the size of a record in bytes."""
    if len(binary) < HEADER.size + 2:
        raise ImportFailed(CUT)
    magic, version, first, _ = HEADER.unpack_from(binary)
    if magic != MAGIC:
        raise ImportFailed("the trace's records do not begin with “SLOW”: the file is damaged")
    plain = version & ~STREAMED
    if plain not in (1, 2, 3):
        raise ImportFailed(f"version {plain} of Android's trace format is not known; versions 1 to 3 are")
    size = SIZE_OF_VERSION.get(version) or SHORT.unpack_from(binary, HEADER.size)[0]
    if size not in RECORDS:
        raise ImportFailed(f"records of {size} bytes are not known in Android's trace format")
    return version, first, size


def _records(binary: bytes, size: int) -> np.ndarray:
    if len(binary) % size:
        raise ImportFailed(CUT)
    return np.frombuffer(binary, dtype=RECORDS[size])


def _read_text(text: str, names: Names) -> None:
    section = ""
    for line in text.split("\n"):
        if line.startswith("*"):
            section = line
        elif section == "*version" and "=" in line:
            key, _, value = line.partition("=")
            names.settings[key] = value
        elif section == "*threads" and "\t" in line:
            thread_id, _, name = line.partition("\t")
            names.add_thread(_integer(thread_id, 10), name)
        elif section == "*methods":
            names.add_method(line)


def _integer(text: str, base: int) -> int:
    try:
        value = int(text, base)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 63:
        raise ImportFailed(f"the trace is damaged: “{text[:40]}” is not a number")
    return value


def _streamed(content: bytes, names: Names) -> np.ndarray:
    """Records, and between them packets that begin with a thread id of 0; the last one is the text."""
    version, position, size = _header(content)
    if not version & STREAMED:
        raise ImportFailed("the trace's text is missing: its records come first, but it is not a streamed one")
    pieces: list[np.ndarray] = []
    try:
        while True:
            count = _until_packet(content, position, size)
            pieces.append(_records(content[position : position + count * size], size))
            position += count * size
            position, is_last = _packet(content, position + 2, names)
            if is_last:
                return np.concatenate(pieces)
    except error:
        raise ImportFailed(CUT) from None


def _until_packet(content: bytes, position: int, size: int) -> int:
    """How many records follow before a packet does."""
    if size == 9 or len(content) < position + 2:
        raise ImportFailed(CUT)
    count = (len(content) - position - 2) // size + 1
    threads = np.ndarray(count, dtype="<u2", buffer=content, offset=position, strides=(size,))
    for first in range(0, count, 4096):
        zeros = np.flatnonzero(threads[first : first + 4096] == 0)
        if len(zeros):
            return first + int(zeros[0])
    raise ImportFailed(CUT)


def _packet(content: bytes, position: int, names: Names) -> tuple[int, bool]:
    """Read one packet; returns the position after it, and whether it was the last."""
    kind = content[position] if position < len(content) else 0
    if kind == 1:
        text, position = _text(content, position + 1, SHORT)
        names.add_method(text.rstrip("\n"))
    elif kind == 2:
        (thread_id,) = SHORT.unpack_from(content, position + 1)
        text, position = _text(content, position + 3, SHORT)
        names.add_thread(thread_id, text)
    elif kind == 3:
        text, position = _text(content, position + 1, LONG)
        _read_text(text, names)
    else:
        raise ImportFailed(CUT if position >= len(content) else f"the trace is damaged: {kind} is no kind of packet")
    return position, kind == 3


def _text(content: bytes, position: int, length: Struct) -> tuple[str, int]:
    (count,) = length.unpack_from(content, position)
    first = position + length.size
    if first + count > len(content):
        raise ImportFailed(CUT)
    return content[first : first + count].decode("utf-8", "replace"), first + count


def _profile(names: Names, records: np.ndarray) -> Profile:
    process_id = _integer(names.settings.get("pid", "0"), 10)
    thread_ids, thread = np.unique(records["thread"].astype(np.int64), return_inverse=True)
    method = records["method"].astype(np.int64)
    has_cpu_time = "cpu" in (records.dtype.names or ())
    events = Events(
        thread=thread,
        time=_unwrap(records["time"], thread),
        method=method & ~ACTION,
        entry=(method & ACTION) == ENTER,
        cpu=_unwrap(records["cpu"], thread) if has_cpu_time else None,
    )
    calls = call_sites(pair_events(events), np.full(len(thread_ids), process_id), thread_ids)
    elapsed = _integer(names.settings.get("elapsed-time-usec", "0"), 10)
    return Profile(
        platform="Android",
        has_cpu_time=has_cpu_time,
        start_us=0,
        end_us=max(elapsed, int(events.time.max(initial=0))),
        processes=(Process(process_id, None, 0),),
        threads=tuple(_threads(process_id, names, thread_ids, events)),
        methods=tuple(_methods(process_id, names, calls)),
        calls=calls,
    )


def _unwrap(times: np.ndarray, thread: Ints) -> Ints:
    """µs that never go back within a thread. In the file they have 32 bits, and begin anew every 71.6 minutes."""
    running = times.astype(np.int64)
    order = np.argsort(thread, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(thread[order])) + 1):
        began_anew = np.diff(running[rows], prepend=0) < -WRAP // 2
        running[rows] = np.maximum.accumulate(running[rows] + np.cumsum(began_anew) * WRAP)
    return running


def _threads(process_id: int, names: Names, thread_ids: Ints, events: Events) -> Iterator[Thread]:
    known = {int(thread_id): index for index, thread_id in enumerate(thread_ids)}
    for thread_id in sorted(known.keys() | names.threads.keys()):
        times = events.time[events.thread == known.get(thread_id, -1)]
        start, end = (int(times[0]), int(times[-1])) if len(times) else (None, None)
        yield Thread(process_id, thread_id, names.threads.get(thread_id), start, end)


def _methods(process_id: int, names: Names, calls: Calls) -> Iterator[Method]:
    """Every method of the table; a called method that the table lacks gets its number as its name."""
    for number, (class_name, method, descriptor) in names.methods.items():
        yield java_method(process_id, number, class_name, method, descriptor)
    for number in sorted(set(np.unique(calls.method_id).tolist()) - names.methods.keys()):
        yield Method(process_id, number, raw_name=f"0x{number:x}", name=f"0x{number:x}", signature=f"0x{number:x}")


FORMAT = Format("Android method trace", ".trace", is_art_trace, read_art_trace)
