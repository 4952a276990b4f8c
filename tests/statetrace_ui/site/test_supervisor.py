"""Programs run as one: together up, together down, and nothing left behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from statetrace_ui.site import supervisor
from tests.waiting import wait_until

RUN = """
import sys, time
from pathlib import Path
from statetrace_ui.site.supervisor import Service, run
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
run([Service("one", sleep), Service("two", sleep)], Path(sys.argv[1]))
"""
# A service whose worker does not mind being asked to end; the worker's pid is in the file that is named.
PARENT = """
import subprocess, sys, time
from pathlib import Path
worker = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
process = subprocess.Popen([sys.executable, "-c", worker], stdout=subprocess.PIPE)
process.stdout.readline()
Path(sys.argv[1]).write_text(str(process.pid))
time.sleep(600)
"""


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "services.json"


@pytest.fixture
def running(note: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", RUN, str(note)])
    wait_until(lambda: note.exists() and len(services(note)) == 2)
    return process


def services(note: Path) -> list[int]:
    """The services that are noted; none while the note is being written."""
    try:
        return [pid for pid, _ in json.loads(note.read_text())["services"]]
    except (OSError, ValueError):
        return []


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("how", supervisor.STOP_SIGNALS)
def test_stopping_ends_every_service(how: signal.Signals, running: subprocess.Popen[bytes], note: Path) -> None:
    pids = services(note)
    running.send_signal(how)
    assert running.wait(20) == 0
    assert all(map(gone, pids))
    assert not note.exists()


def test_what_a_service_started_ends_with_it_however_unwilling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    worker = tmp_path / "worker"
    service = supervisor.Service("parent", [sys.executable, "-c", PARENT, str(worker)])
    service.start()
    wait_until(lambda: worker.exists() and worker.read_text() != "")
    supervisor._stop_all([service])
    assert gone(int(worker.read_text()))


def test_a_service_that_dies_is_started_again(running: subprocess.Popen[bytes], note: Path) -> None:
    first = services(note)[0]
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(services(note)) == 2 and first not in services(note))
    running.terminate()
    assert running.wait(20) == 0


@pytest.mark.long
def test_services_left_by_a_killed_supervisor_are_ended(running: subprocess.Popen[bytes], note: Path) -> None:
    pids = services(note)
    running.kill()
    running.wait()
    supervisor.end_leftovers(note)
    assert all(map(gone, pids))


def test_a_second_supervisor_is_refused(running: subprocess.Popen[bytes], note: Path) -> None:
    with pytest.raises(supervisor.CannotStart, match=f"process {running.pid}"):
        supervisor.end_leftovers(note)
    running.terminate()
    running.wait(20)


def refusal(port: int) -> str:
    """Why the port cannot be used; nothing if it can."""
    try:
        supervisor.require_free_port("127.0.0.1", port, "WEB_PORT")
    except supervisor.CannotStart as error:
        return str(error)
    return ""


def test_a_port_is_refused_while_it_is_taken_and_its_holder_named() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert re.fullmatch(rf"Port {port} .*process {os.getpid()}.*WEB_PORT=.*", refusal(port))
    assert refusal(port) == ""
