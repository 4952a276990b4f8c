"""The install with the extra `dashboard`: `statetrace demo` runs all of it from an empty folder."""

import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import psutil
import pytest

from statetrace_ui.demo.management.commands.record_demo import free_port, wait_for
from tests.package.conftest import Install
from tests.package.environments import Environment

pytestmark = pytest.mark.xdist_group("wheel")  # one wheel for all of them

STOP_SECONDS = 60  # at most; a busy machine needs some of it


class Demo:
    """`statetrace demo` in a folder of its own, and the addresses of its two sites."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self.environment, self.folder = environment, folder
        web, shop = free_port(), free_port()
        self.site, self.shop = f"http://127.0.0.1:{web}", f"http://127.0.0.1:{shop}"
        self.process = subprocess.Popen(
            [environment.programs / "statetrace", "demo"],
            cwd=folder,
            env=environment.variables(WEB_PORT=str(web), SHOP_PORT=str(shop), PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            text=True,
        )

    def greeting(self) -> str:
        """What it prints up to the line that says how to stop it."""
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Ctrl-C stops" in line:
                break
        return "".join(lines)

    def processes(self) -> list[psutil.Process]:
        """All that run in the folder: this program, its services, the database server and its workers."""
        return [process for process in psutil.process_iter() if runs_in(process, self.folder)]


def runs_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(folder)
    except psutil.Error:
        return False


@pytest.fixture
def demo(install: Install, empty_folder: Path) -> Iterator[Demo]:
    running = Demo(install("dashboard"), empty_folder.resolve())
    yield running
    for process in running.processes():
        process.kill()
    running.process.communicate()


def page(address: str, kind: str = "text/html") -> str:
    """The text of a page that is answered with 200 and has this content type."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert (answer.status, answer.headers.get_content_type()) == (200, kind)
        return str(answer.read().decode())


def stylesheets(address: str) -> list[str]:
    """The addresses of the style sheets that a page loads."""
    return [urljoin(address, found) for found in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page(address))]


@pytest.mark.long
def test_the_demo_runs_from_an_empty_folder_and_leaves_nothing_running(demo: Demo) -> None:
    assert f"Dashboard  {demo.site}" in demo.greeting()
    for address, shown in ((demo.site, 'name="password"'), (demo.shop, 'class="card')):
        wait_for(address)
        assert shown in page(address)
        sheets = stylesheets(address)
        assert sheets
        assert all(sheet.startswith(address) and "{" in page(sheet, "text/css") for sheet in sheets)

    assert {path.name for path in demo.folder.iterdir()} == {".statetrace"}
    served = {argument for process in demo.processes() for argument in process.cmdline() if ":application" in argument}
    assert served == {
        f"{demo.environment.packages}/statetrace_ui/asgi.py:application",
        f"{demo.environment.packages}/statetrace_ui/demo/wsgi.py:application",
    }

    running = demo.processes()
    demo.process.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(running, STOP_SECONDS)
    assert alive == []
    assert demo.processes() == []
    assert demo.process.returncode == 0 or demo.process.wait() == 0
