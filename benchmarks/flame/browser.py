"""Measures in a real Chromium: from navigation until the picture stands, memory, and frames while moving about."""

import contextlib
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from statetrace_ui.demo.chromium import find_chromium

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TIMEOUT = 180_000
# Looks once a frame; two frames after the condition holds, what was drawn has been shown.
WATCH = """
(() => {
  let held = 0;
  const look = () => {
    let holds = false;
    try { holds = (%s)(); } catch {}
    held = holds ? held + 1 : 0;
    if (held > 2) window.__drawn = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
FRAMES = """
() => new Promise((done) => {
  const times = [];
  let last = performance.now();
  const end = last + 3000;
  const tick = () => {
    const now = performance.now();
    times.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(tick); else done(times);
  };
  requestAnimationFrame(tick);
})
"""
# Ours says so itself: final tiles, names and overview are drawn.
OURS = "() => document.querySelector('[data-flame][data-settled=true]')"
# Speedscope shows a progress bar while it reads; its tabs and canvases come with the profile.
THEIRS = """() => document.querySelectorAll('canvas').length > 0 && document.body.innerText.includes('Left Heavy')
  && [...document.querySelectorAll('canvas')].some((canvas) => canvas.width > 300 && canvas.height > 100)"""


@dataclass(slots=True)
class Measured:
    """One viewer and one file: ms from navigation to drawn, MiB of the renderer, ms a frame."""

    drawn: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.drawn)

    @property
    def frame_median(self) -> float:
        return statistics.median(self.frames)

    @property
    def frame_p95(self) -> float:
        return sorted(self.frames)[int(len(self.frames) * 0.95)]


def measure(address: str, condition: str, into: Measured, cookie: dict[str, str] | None = None) -> None:
    """Open the address in a fresh browser, with nothing cached, and add what was measured."""
    with _page(cookie) as page:
        page.add_init_script(WATCH % condition)
        page.goto(address, wait_until="commit")
        page.wait_for_function("() => window.__drawn", timeout=TIMEOUT)
        into.drawn.append(page.evaluate("() => window.__drawn"))
        into.memory.append(_peak_memory())
        into.frames += _frames(page)


@contextlib.contextmanager
def _page(cookie: dict[str, str] | None) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        if cookie:
            context.add_cookies([cookie])  # type: ignore[list-item]
        yield context.new_page()
        browser.close()


def _peak_memory() -> float:
    """The most that this process's largest renderer has held, in MiB."""
    peaks = [0]
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error, OSError):
            if "--type=renderer" in process.cmdline():
                status = Path(f"/proc/{process.pid}/status").read_text()
                peaks.append(int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))))
    return max(peaks) / 1024


def _frames(page: Page) -> list[float]:
    """Frame times during three seconds of zooming and panning with the mouse."""
    page.mouse.move(500, 450)
    page.evaluate(f"() => {{ window.__frames = ({FRAMES})(); }}")
    for step in range(60):
        if step % 10 == 0:
            page.mouse.down()
        page.mouse.move(500 - 25 * (step % 10), 450)
        if step % 10 == 9:
            page.mouse.up()
            page.mouse.move(500, 450)
            page.mouse.wheel(0, -240 if step < 30 else 240)
    times: list[float] = page.evaluate("() => window.__frames")
    return times[1:]
