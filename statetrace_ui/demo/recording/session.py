"""Records one session into a folder: the browser's measurements, each file in a format that can be imported."""

import json
import platform
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from playwright.async_api import Browser, CDPSession, Page, ViewportSize, expect

from statetrace_ui.demo.recording import archive
from statetrace_ui.demo.recording.instruments import (
    COUNT_FRAMES,
    Clock,
    Gauges,
    Labels,
    start_profile,
    stop_profile,
)
from statetrace_ui.demo.recording.steps import Errand, buy, pack, pause

SIZE: ViewportSize = {"width": 1280, "height": 800}
# On a busy machine a session must be slow rather than fail.
expect.set_options(timeout=60_000)
LOAD_TIMES = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const at = (time) => performance.timeOrigin + time;
  return { onContentLoad: at(page.domContentLoadedEventEnd), onLoad: at(page.loadEventEnd) };
}"""
JS_SESSION = "() => document.querySelector('meta[name=statetrace-session]').content"


@dataclass(frozen=True)
class Measurements:
    """The content of the session's files. load_ms: `onContentLoad` and `onLoad` of the first page, since the start."""

    clock: Clock
    end: datetime
    profile: dict[str, Any]
    labels: list[dict[str, Any]]
    series: str
    load_ms: dict[str, float]
    statetrace_session_id: str


async def record(browser: Browser, shop: str, variant: str, errand: Errand, folder: Path) -> None:
    """Walk through the flow once, and write `folder`. shop: the address of a running shop."""
    with TemporaryDirectory() as temporary:
        written = Path(temporary) / "session.har"
        context = await browser.new_context(
            viewport=SIZE, record_har_path=written, record_har_content="omit", record_har_mode="full"
        )
        page = await context.new_page()
        measurements = await _measure(page, shop, variant, errand)
        await pack(page, shop, broken=random.random() < 0.3)  # noqa: S311 - no secret
        await context.close()
        written_archive = json.loads(written.read_text())
        har = archive.prune(written_archive, measurements.clock, measurements.end, measurements.load_ms)
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "session.har", har)
    _write_json(folder / "profile.cpuprofile", measurements.profile)
    _write_json(folder / "labels.json", {"labels": measurements.labels}, indent=1)
    (folder / "series.csv").write_text(measurements.series)
    _write_json(folder / "session.json", _about(variant, errand, measurements), indent=1)


async def _measure(page: Page, shop: str, variant: str, errand: Errand) -> Measurements:
    devtools = await _open_devtools(page, shop)
    clock = await Clock.read(devtools)
    labels, gauges, chance = Labels(clock), Gauges(devtools, clock), random.Random()  # noqa: S311
    load_ms: dict[str, float] = {}

    @asynccontextmanager
    async def step(name: str, category: str) -> AsyncIterator[None]:
        async with labels.step(name, category):
            yield
        if not load_ms:
            load_ms.update(await _load_ms(page, clock))
        await pause(chance)

    await start_profile(devtools)
    async with gauges.sample():
        await buy(page, shop, variant, errand, step)
    return Measurements(
        clock=clock,
        end=datetime.now(UTC),
        profile=await stop_profile(devtools, clock),
        labels=labels.labels,
        series=gauges.csv(),
        load_ms=load_ms,
        statetrace_session_id=await page.evaluate(JS_SESSION),
    )


async def _open_devtools(page: Page, shop: str) -> CDPSession:
    # The first page of a site decides the browser process that all further pages of the site share.
    await page.goto(f"{shop}/up/")
    await page.add_init_script(COUNT_FRAMES)
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Performance.enable")
    await devtools.send("Runtime.enable")
    return devtools


async def _load_ms(page: Page, clock: Clock) -> dict[str, float]:
    await page.wait_for_load_state("load")
    times: dict[str, float] = await page.evaluate(LOAD_TIMES)
    start = clock.start.timestamp() * 1000
    return {name: round(time - start, 1) for name, time in times.items()}


def _about(variant: str, errand: Errand, measurements: Measurements) -> dict[str, Any]:
    """The content of session.json: everything about the session that the measurements do not contain."""
    return {
        "id": str(uuid4()),
        "start": measurements.clock.start.isoformat(timespec="microseconds"),
        "name": f"{errand.customer} buys {errand.product} ({variant})",
        "system": platform.system(),
        "viewport": f"{SIZE['width']} × {SIZE['height']}",
        "tags": {
            "variant": variant,
            "customer": errand.customer,
            "statetrace_session_id": measurements.statetrace_session_id,
        },
    }


def _write_json(path: Path, value: object, indent: int | None = None) -> None:
    separators = None if indent else (",", ":")
    path.write_text(json.dumps(value, ensure_ascii=False, indent=indent, separators=separators) + "\n")
