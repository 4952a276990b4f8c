"""Reads a browser's own measurements by the Chrome DevTools Protocol. All times count from the session's start."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import CDPSession, Error

SAMPLING_US = 200
GAUGE_SECONDS = 0.1
MIB = 1 << 20
# Counts drawn frames. It runs in every page before the page's own scripts.
COUNT_FRAMES = """
window.drawnFrames = 0;
requestAnimationFrame(function countFrame() { window.drawnFrames += 1; requestAnimationFrame(countFrame); });
"""


@dataclass(frozen=True)
class Clock:
    """The session's start on two clocks: the wall clock, and the browser's monotonic clock in seconds."""

    start: datetime
    browser_start: float

    @classmethod
    async def read(cls, devtools: CDPSession) -> "Clock":
        before = datetime.now(UTC)
        metrics = await read_metrics(devtools)
        after = datetime.now(UTC)
        return cls(before + (after - before) / 2, metrics["Timestamp"])

    def seconds(self) -> float:
        return (datetime.now(UTC) - self.start).total_seconds()


async def read_metrics(devtools: CDPSession) -> dict[str, float]:
    answer = await devtools.send("Performance.getMetrics")
    return {metric["name"]: metric["value"] for metric in answer["metrics"]}


@dataclass
class Labels:
    """The steps of the session, in the shape of the label API. Times in seconds."""

    clock: Clock
    labels: list[dict[str, Any]] = field(default_factory=list)

    @asynccontextmanager
    async def step(self, name: str, category: str) -> AsyncIterator[None]:
        start = self.clock.seconds()
        yield
        times = {"start_time": round(start, 4), "end_time": round(self.clock.seconds(), 4)}
        self.labels.append({"name": name, "category": category, "label_type": "user", **times})


@dataclass
class Gauges:
    """Samples, every GAUGE_SECONDS, of JS heap, DOM nodes, the main thread's load, and frames drawn."""

    devtools: CDPSession
    clock: Clock
    rows: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    _last: tuple[float, float, float] | None = None

    @asynccontextmanager
    async def sample(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            # A reading fails between two pages; the next one finds the new page.
            with contextlib.suppress(Error):
                await self._read()
            await asyncio.sleep(GAUGE_SECONDS)

    async def _read(self) -> None:
        metrics = await read_metrics(self.devtools)
        answer = await self.devtools.send("Runtime.evaluate", {"expression": "window.drawnFrames ?? 0"})
        now = metrics["Timestamp"], metrics["TaskDuration"], float(answer["result"]["value"])
        if self._last and now[0] > self._last[0]:
            self.rows.append(self._row(metrics, now, self._last))
        self._last = now

    def _row(
        self, metrics: dict[str, float], now: tuple[float, float, float], last: tuple[float, float, float]
    ) -> tuple[float, float, float, float, float]:
        seconds = now[0] - last[0]
        # A new page counts its frames from 0.
        frames = now[2] - last[2] if now[2] >= last[2] else now[2]
        return (
            round((now[0] - self.clock.browser_start) * 1000, 1),
            round(metrics["JSHeapUsedSize"] / MIB, 3),
            metrics["Nodes"],
            round(100 * max(now[1] - last[1], 0) / seconds, 1),
            round(frames / seconds, 1),
        )

    def csv(self) -> str:
        header = "time_ms,JS heap [MiB],DOM nodes,Main thread [%],Frames [1/s]"
        return (
            "\n".join(
                [header, *(",".join(f"{value:g}" if value < 1e5 else str(value) for value in row) for row in self.rows)]
            )
            + "\n"
        )


async def start_profile(devtools: CDPSession) -> None:
    await devtools.send("Profiler.enable")
    await devtools.send("Profiler.setSamplingInterval", {"interval": SAMPLING_US})
    await devtools.send("Profiler.start")


async def stop_profile(devtools: CDPSession, clock: Clock) -> dict[str, Any]:
    """The .cpuprofile, shifted so that its startTime 0 is the session's start; the first delta spans the gap."""
    profile: dict[str, Any] = (await devtools.send("Profiler.stop"))["profile"]
    offset = profile["startTime"] - round(clock.browser_start * 1_000_000)
    deltas = profile["timeDeltas"]
    if deltas:
        deltas[0] += offset
    for node in profile["nodes"]:
        node.pop("positionTicks", None)
    return {**profile, "startTime": 0, "endTime": profile["endTime"] - profile["startTime"] + offset}
