"""Typed records of one session: formats read them from a file, and the writer puts them into the store.

Times are relative to the session's start, in milliseconds (µs for calls), except an exchange's, which is absolute.
The limits beside the fields are those of the replica's columns; `validate.py` checks every record against them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

LONGEST_MS = 366 * 86_400_000.0
LARGEST = 2**53


class ImportFailed(Exception):
    """The import cannot be done: one sentence that names the file and says what is wrong with it.

    Parts of the file may be quoted, so line breaks and control characters are taken out.
    """

    def __init__(self, problem: str) -> None:
        printable = "".join(character if character.isprintable() else " " for character in problem[:500])
        super().__init__(" ".join(printable.split()))


class SessionOfAnotherFlow(ImportFailed):
    """The id that a session was to have is that of a session of another user flow."""


class StoreFailed(ImportFailed):
    """The store did not take the sessions, whatever the files are like."""


@dataclass(frozen=True)
class Width:
    """The most characters a text column holds; longer text is cut and ends with `…`."""

    characters: int


@dataclass(frozen=True)
class Between:
    """The bounds of a number, both included."""

    least: float
    most: float


Time = Annotated[float, Between(0, LONGEST_MS)]
Whole = Annotated[int | None, Between(0, LARGEST)]
Number = Annotated[int, Between(-LARGEST, LARGEST)]
Text36 = Annotated[str, Width(36)]
Text255 = Annotated[str | None, Width(255)]
Text256 = Annotated[str | None, Width(256)]
Text512 = Annotated[str | None, Width(512)]
LongText = Annotated[str | None, Width(65535)]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Metadata:
    """What is known about the session as a whole. `start` has a zone; it is None where all times are relative.

    Carriers are separated by commas; latitude and longitude are degrees.
    """

    start: datetime | None = None
    name: Text255 = None
    description: LongText = None
    hostname: Text255 = None
    host_country: Text255 = None
    host_city: Text255 = None
    host_lat: Annotated[float | None, Between(-90, 90)] = None
    host_lng: Annotated[float | None, Between(-180, 180)] = None
    device_id: Annotated[str | None, Width(50)] = None
    device_model: Text255 = None
    device_sku: Text255 = None
    device_carrier: Text255 = None
    device_os_version: Annotated[str | None, Width(20)] = None
    host_os: Text255 = None
    host_os_version: Text255 = None
    session_link: Text255 = None


@dataclass(frozen=True)
class Measurement:
    name: Annotated[str, Width(128)]
    type: Annotated[str, Width(128)]
    units: Annotated[str | None, Width(128)]
    value: Annotated[float | str, Width(512)]


@dataclass(frozen=True)
class Tag:
    key: Annotated[str, Width(64)]
    value: Annotated[str, Width(128)]


@dataclass(frozen=True)
class Label:
    id: Text36
    type: Annotated[str, Width(256)]
    name: Annotated[str, Width(1024)]
    start_ms: Time
    end_ms: Time
    category: Annotated[str | None, Width(1024)] = None
    data: LongText = None
    group_id: Annotated[str | None, Width(36)] = None
    video_box: LongText = None


@dataclass(frozen=True)
class Series:
    """A time series: `x` in ms, ascending, and as many `y`; all of them finite."""

    key: Annotated[str, Width(512)]
    name: Annotated[str, Width(512)]
    y_units: Text512
    x: Floats
    y: Floats


@dataclass(frozen=True)
class Issue:
    """One impact of an issue; `message` numbers an exchange of the session from 1."""

    issue_id: Text36
    impact_id: Text36
    category: Annotated[str, Width(255)]
    group: Annotated[str | None, Width(16)]
    start_ms: Time
    end_ms: Time
    impact_ms: Time
    name: LongText = None
    message: Whole = None
    version: Annotated[str | None, Width(16)] = None
    reference: bool = False


@dataclass(frozen=True)
class Exchange:
    """A request and its response: durations in ms, sizes in bytes, None where the file does not know."""

    start: datetime
    url: Annotated[str, Width(65535)]
    duration_ms: Annotated[int | None, Between(0, LONGEST_MS)]
    tcp_connect_ms: Whole = None
    tls_handshake_ms: Whole = None
    wait_ms: Whole = None
    receive_ms: Whole = None
    status: Whole = None
    content_type: Text512 = None
    request_bytes: Whole = None
    response_bytes: Whole = None
    # What a replica has no column for: kept on our own side (replica/beside).
    method: Annotated[str | None, Width(32)] = None
    initiator: Text512 = None
    connection: Annotated[str | None, Width(64)] = None
    dns_ms: Whole = None
    send_ms: Whole = None


@dataclass(frozen=True)
class Screenshot:
    """What the screen showed; a JPEG or PNG. A replica has no place for it: it is kept on our own side."""

    at_ms: Time
    image: bytes


@dataclass(frozen=True)
class Process:
    id: Number
    name: Text512
    start_us: Whole = None


@dataclass(frozen=True)
class Thread:
    process_id: Number
    id: Number
    name: Text512
    start_us: Whole
    end_us: Whole
    flag: int = 0


@dataclass(frozen=True)
class Method:
    process_id: Number
    id: Number
    raw_name: Text512
    name: Text256
    args: Text256 = None
    returns: Text256 = None
    signature: LongText = None
    package_name: Text512 = None


@dataclass(frozen=True)
class Calls:
    """Call sites as columns of one length, ordered by process, thread and time of entry.

    `id` counts from 1 in each thread. `cpu_us` and `parent_id` are −1 where there is none; `depth` is 0 at the root.
    Calls of one thread and depth never overlap, and a call lies within its parent.
    """

    process_id: Ints
    thread_id: Ints
    method_id: Ints
    id: Ints
    start_us: Ints
    end_us: Ints
    cpu_us: Ints
    parent_id: Ints
    depth: Ints

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True)
class Profile:
    """A function call profile; method ids are unique in their process, thread ids too."""

    platform: Annotated[str, Width(32)]
    has_cpu_time: bool
    start_us: int
    end_us: int
    processes: tuple[Process, ...]
    threads: tuple[Thread, ...]
    methods: tuple[Method, ...]
    calls: Calls


@dataclass(frozen=True)
class Bundle:
    """Everything that one file, or several files together, say about one session.

    `left_out` tells people what of the files is not among it, and why: "5 samples whose stack the file does not have".
    """

    metadata: Metadata = field(default_factory=Metadata)
    measurements: tuple[Measurement, ...] = ()
    tags: tuple[Tag, ...] = ()
    labels: tuple[Label, ...] = ()
    series: tuple[Series, ...] = ()
    issues: tuple[Issue, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    profile: Profile | None = None
    screenshots: tuple[Screenshot, ...] = ()
    left_out: tuple[str, ...] = ()

    def extent_ms(self, start: datetime) -> float:
        """When the last thing of the session ends, in ms after `start`."""
        ends = [label.end_ms for label in self.labels] + [issue.end_ms for issue in self.issues]
        ends += [float(series.x[-1]) for series in self.series if len(series.x)]
        ends += [
            (exchange.start - start) / timedelta(milliseconds=1) + (exchange.duration_ms or 0)
            for exchange in self.exchanges
        ]
        ends += [self.profile.end_us / 1000] if self.profile else []
        ends += [screenshot.at_ms for screenshot in self.screenshots]
        return max(ends, default=0.0)
