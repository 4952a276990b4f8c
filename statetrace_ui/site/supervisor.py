"""Runs several programs as one: starts them, restarts one that dies, stops all of them together.

What runs is noted in a file, so that a supervisor that was killed leaves nothing behind that the next one cannot end.
"""

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

logger = logging.getLogger(__name__)
STOP_SECONDS = 8.0
LONGEST_PAUSE = 30.0
# The last one is what a terminal that is closed sends; its programs must not outlive it.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotStart(Exception):
    """What stands in the way of starting, as a sentence that says what to do about it."""


@dataclass
class Service:
    """One program: `command` as for subprocess, `environment` on top of ours."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    not_before: float = 0.0  # time.monotonic() before which it is not started again

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def revive(self) -> None:
        """Start again what has died, waiting longer the more often it does."""
        if self.process and self.process.poll() is not None:
            self.failures += 1
            pause = min(2.0**self.failures / 2, LONGEST_PAUSE)
            logger.warning("%s ended with status %s; again in %.0f s", self.name, self.process.returncode, pause)
            self.process, self.not_before = None, time.monotonic() + pause
        if self.process is None and time.monotonic() >= self.not_before:
            self.start()


def require_free_port(host: str, port: int, variable: str) -> None:
    """Raise CannotStart, naming who holds the port where that can be seen, unless it can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} cannot be used ({error.strerror}{_holder(port)}). "
                f"Stop what uses it, or choose another with {variable}=…"
            ) from None


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error, StopIteration):
        held = next(c for c in psutil.net_connections("inet") if c.laddr and c.laddr.port == port and c.pid)
        return f": process {held.pid}, {psutil.Process(held.pid).name()}"
    return ""


def end_leftovers(note: Path) -> None:
    """End what a killed supervisor left running; raise CannotStart if that supervisor is alive."""
    try:
        kept = json.loads(note.read_text())
    except (OSError, ValueError):
        return
    if _living(kept["supervisor"]):
        raise CannotStart(f"It runs already, as process {kept['supervisor'][0]}. Stop that one first (Ctrl-C there).")
    for process in filter(None, map(_living, kept["services"])):
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(STOP_SECONDS)
        if process.is_running():
            process.kill()


def _living(identity: list[float]) -> psutil.Process | None:
    """The process of (pid, start time), unless it is gone and its pid is another's now."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(int(identity[0]))
        if process.create_time() == identity[1] and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def run(services: list[Service], note: Path) -> None:
    """Run the services until one of STOP_SIGNALS; returns when all of them have stopped."""
    stopping: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stopping.append(number)

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        while not stopping:
            for service in services:
                service.revive()
            _write_note(note, services)
            time.sleep(0.25)
    finally:
        _stop_all(services)
        note.unlink(missing_ok=True)
        for number, handler in before.items():
            signal.signal(number, handler)


def _write_note(note: Path, services: list[Service]) -> None:
    running = [service.process.pid for service in services if service.process and service.process.poll() is None]
    kept = {"supervisor": _identity(os.getpid()), "services": [_identity(pid) for pid in running]}
    text = json.dumps(kept)
    if not note.exists() or note.read_text() != text:
        note.write_text(text)


def _identity(pid: int) -> list[float]:
    with contextlib.suppress(psutil.Error):
        return [pid, psutil.Process(pid).create_time()]
    return [pid, 0.0]


def _stop_all(services: list[Service]) -> None:
    running = [service.process for service in services if service.process and service.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
