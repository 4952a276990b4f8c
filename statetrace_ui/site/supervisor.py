"""Runs several services as one: starts them, restarts a service that dies, and stops all of them together.

The supervisor notes the running processes in a file. If it is killed, the next one ends the processes of that file.
"""

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

logger = logging.getLogger(__name__)
STOP_SECONDS = 8.0
LONGEST_PAUSE = 30.0
# A terminal sends SIGHUP when it is closed; the services must not outlive it.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotStart(Exception):
    """The site cannot be started. The message says why, and what to do about it."""


@dataclass
class Service:
    """One program and its process. command: as for subprocess; environment: added to the supervisor's own."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    not_before: float = 0.0  # the earliest time of the next start, by time.monotonic()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def ensure_running(self) -> None:
        """Start the process if it is not running. After each failure the pause before the next start is longer."""
        if self.process and self.process.poll() is not None:
            self.failures += 1
            pause = min(2.0**self.failures / 2, LONGEST_PAUSE)
            logger.warning("%s ended with status %s; again in %.0f s", self.name, self.process.returncode, pause)
            self.process, self.not_before = None, time.monotonic() + pause
        if self.process is None and time.monotonic() >= self.not_before:
            self.start()


def require_free_port(host: str, port: int, variable: str) -> None:
    """Raise CannotStart if the port is in use. The message names the process that uses it, if it is visible."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} cannot be used ({error.strerror}{_holder(port)}). "
                f"Stop the program that uses it, or choose another port with {variable}=…"
            ) from None


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error, StopIteration):
        holder = next(c for c in psutil.net_connections("inet") if c.laddr and c.laddr.port == port and c.pid)
        return f": process {holder.pid}, {psutil.Process(holder.pid).name()}"
    return ""


def end_leftovers(note: Path) -> None:
    """End the services that a killed supervisor left running. Raise CannotStart if that supervisor is alive."""
    try:
        noted = json.loads(note.read_text())
    except (OSError, ValueError):
        return
    if _find_process(noted["supervisor"]):
        raise CannotStart(f"It runs already, as process {noted['supervisor'][0]}. Stop that one first (Ctrl-C there).")
    for process in filter(None, map(_find_process, noted["services"])):
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(STOP_SECONDS)
        if process.is_running():
            process.kill()


def _find_process(identity: list[float]) -> psutil.Process | None:
    """The process with this pid and start time; None if it has ended, even if another process has its pid now."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(int(identity[0]))
        if process.create_time() == identity[1] and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def run(services: list[Service], note: Path, each_look: Callable[[], None] | None = None) -> None:
    """Run the services until one of STOP_SIGNALS arrives. Returns when all services have stopped.

    each_look: called four times a second while they run.
    """
    stopping: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stopping.append(number)

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        while not stopping:
            for service in services:
                service.ensure_running()
            _write_note(note, services)
            if each_look:
                each_look()
            time.sleep(0.25)
    finally:
        _stop_all(services)
        note.unlink(missing_ok=True)
        for number, handler in before.items():
            signal.signal(number, handler)


def _write_note(note: Path, services: list[Service]) -> None:
    running = [service.process.pid for service in services if service.process and service.process.poll() is None]
    text = json.dumps({"supervisor": _identity(os.getpid()), "services": [_identity(pid) for pid in running]})
    if not note.exists() or note.read_text() != text:
        # In one step: half a note would name nothing that the next supervisor can end.
        unfinished = note.with_suffix(".new")
        unfinished.write_text(text)
        unfinished.replace(note)


def _identity(pid: int) -> list[float]:
    """pid and start time, which together name one process for ever."""
    with contextlib.suppress(psutil.Error):
        return [pid, psutil.Process(pid).create_time()]
    return [pid, 0.0]


def _stop_all(services: list[Service]) -> None:
    """End the services and all that they started; returns when none of these processes is left."""
    running = [service.process for service in services if service.process and service.process.poll() is None]
    started = [child for process in running for child in _descendants(process.pid)]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    # A service that was killed leaves its own workers behind.
    _, left = psutil.wait_procs(started, max(0.1, deadline - time.monotonic()))
    for child in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(left, STOP_SECONDS)


def _descendants(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []
