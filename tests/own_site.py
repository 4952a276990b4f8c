"""An installation of one's own, as a person would start it in a terminal, and a database beside it to connect."""

import os
import re
import shlex
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg
import pytest

from statetrace_ui.demo.management.commands.record_demo import free_port
from tests.replica.importing import samples

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
SERVE = """
import sys
from pathlib import Path
from statetrace_ui import embedded
print(embedded.database_url(embedded.start(Path(sys.argv[1])), "shop"), flush=True)
sys.stdin.read()
"""
OWNERS_TABLES = """
CREATE ROLE shop_owner;
CREATE TABLE item (id int PRIMARY KEY, name text);
ALTER TABLE item OWNER TO shop_owner;
INSERT INTO item VALUES (1, 'before it was connected');
"""


def blocks(page: str, heading: str) -> list[str]:
    """The code blocks below a heading of one of the project's pages."""
    _, _, text = (ROOT / page).read_text().partition(f"\n## {heading}\n")
    return BLOCK.findall(text.partition("\n## ")[0])


def command(heading: str) -> list[str]:
    [block] = blocks("README.md", heading)
    return shlex.split(block)


class Forward(socketserver.BaseRequestHandler):
    """A TCP connection to a server that listens on a Unix socket alone."""

    server: Any

    def handle(self) -> None:

        with socket.socket(socket.AF_UNIX) as behind:
            behind.connect(self.server.behind)
            back = threading.Thread(target=pump, args=[behind, self.request])
            back.start()
            pump(self.request, behind)
            back.join()


def pump(source: Any, target: Any) -> None:

    try:
        while received := source.recv(65536):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        """The other side has closed."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where PostgreSQL's own user may look in; pytest's folders are closed again by whoever else runs it."""
    with tempfile.TemporaryDirectory(prefix="statetrace-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def shop(folder: Path) -> Iterator[str]:
    """A superuser's URL of the database `shop` on a server of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder / "shop")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    url = process.stdout.readline().strip()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(OWNERS_TABLES)
        [role] = blocks("docs/connecting.md", "2. Make a role")
        connection.execute(role.replace("…", "password").encode())
    yield url
    process.communicate()


@pytest.fixture
def shop_address(shop: str) -> Iterator[str]:
    """`host:port` of that server, for who is elsewhere."""
    socket_folder = psycopg.conninfo.conninfo_to_dict(shop)["host"]
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Forward) as server:
        server.daemon_threads = True
        server.behind = f"{socket_folder}/.s.PGSQL.5432"  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Site:
    """An empty installation, the terminal to type in, and a browser."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "manage.py").symlink_to(ROOT / "manage.py")
        (folder / "trace.har").write_bytes(samples.har())
        (folder / "profile.cpuprofile").write_bytes(samples.cpuprofile())
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG", "TMPDIR", "USER"}}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"
        home = {"STATETRACE_HOME": str(folder / "home"), "WEB_PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        self.environment = {**kept, **home, "PATH": programs}
        self.browser = build_opener(HTTPCookieProcessor(CookieJar()))

    def run(self, typed: list[str]) -> str:
        done = subprocess.run(typed, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def left_running(self, typed: list[str]) -> Iterator[Iterator[str]]:
        """The lines that the command prints, until it is stopped with Ctrl-C."""
        process = subprocess.Popen(typed, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        try:
            yield iter(process.stdout)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)

    def page(self, path: str) -> str:
        with self.browser.open(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def send(self, path: str, form: str, **fields: str) -> str:
        """Fill in the form that the page `form` has, and send it to `path`."""
        [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page(form))
        data = urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        with self.browser.open(f"http://127.0.0.1:{self.port}{path}", data, timeout=30) as answer:
            return str(answer.read().decode())

    def shows(self, path: str, text: str) -> Callable[[], bool]:
        return lambda: text in self.page(path)
