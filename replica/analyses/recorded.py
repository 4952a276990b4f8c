"""What a session holds, as the formulas read it. Pure.

Times are ms after the session's start, sizes are bytes; None where nothing was recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from replica.network import host_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Exchange:
    message_id: int
    start_ms: float
    duration_ms: float | None
    tcp_connect_ms: float | None
    tls_handshake_ms: float | None
    wait_ms: float | None
    receive_ms: float | None
    status: int | None
    content_type: str | None
    request_bytes: int | None
    response_bytes: int | None
    url: str

    @property
    def end_ms(self) -> float:
        return self.start_ms + (self.duration_ms or 0.0)

    @property
    def host(self) -> str:
        return host_of(self.url)


@dataclass(frozen=True, slots=True)
class Label:
    type: str
    start_ms: float
    end_ms: float
    data: str | None
    group_id: str | None


@dataclass(frozen=True, slots=True)
class Series:
    """A time series with the number of its points and their mean; None where it has no point."""

    key: str
    name: str
    y_units: str
    points: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a series in order of time; both arrays have one length."""

    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True)
class Impact:
    """A stretch of a session that an issue affected.

    issue: what tells the issue from others of its category. name: the host, where the network is concerned.
    """

    issue: str
    start_ms: float
    end_ms: float
    impact_ms: float
    name: str | None = None
    message_id: int | None = None
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """One session. points: those of the series that a formula for issues looks at, by key. calls: how many."""

    length_ms: float
    exchanges: tuple[Exchange, ...] = ()
    labels: tuple[Label, ...] = ()
    series: tuple[Series, ...] = ()
    points: Mapping[str, Points] = field(default_factory=dict)
    calls: int = 0
