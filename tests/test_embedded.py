"""The embedded server: private, ready for auditing, and able to take a crash."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from statetrace_ui.embedded import kept_secret

USE = """
import sys, psycopg
from pathlib import Path
from statetrace_ui import embedded
url = embedded.database_url(embedded.start(Path(sys.argv[1])), "kept")
with psycopg.connect(url) as connection:
    print(connection.execute(sys.argv[2]).fetchone()[0], flush=True)
if len(sys.argv) > 3:
    input()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where PostgreSQL's own user may look in; pytest's folders are closed again by whoever else runs it."""
    with tempfile.TemporaryDirectory(prefix="statetrace-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


def use(folder: Path, sql: str) -> str:
    command = [sys.executable, "-c", USE, str(folder), sql]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def server_pid(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def test_it_writes_logical_wal_and_stops_with_its_last_user(folder: Path) -> None:
    assert use(folder, "SHOW wal_level") == "logical"
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_nobody_gets_in_without_the_password(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", USE, str(folder), "SELECT 1", "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    socket_folder = (folder / "postgres" / "postmaster.pid").read_text().splitlines()[4]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=socket_folder, user="postgres", dbname="kept")
    assert (folder / "postgres-password").stat().st_mode & 0o077 == 0
    process.communicate(b"\n")


def test_it_starts_again_after_a_crash_of_server_and_user(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", USE, str(folder), "SELECT 1", "wait"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    os.kill(server_pid(folder), signal.SIGKILL)
    process.kill()
    process.communicate()
    assert use(folder, "SELECT current_database()") == "kept"
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_processes_that_start_together_agree_on_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "made" / "secret"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(kept_secret, [path] * 50))
    assert len(found) == 1
    assert len(found.pop()) > 40
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


FIRST = """
import sys, psycopg
from pathlib import Path
from statetrace_ui import embedded
connect = psycopg.connect
def tell(*args, **kwargs):
    print((Path(sys.argv[1]) / "postgres" / "pg_hba.conf").read_text().replace("\\n", ";"), flush=True)
    return connect(*args, **kwargs)
psycopg.connect = tell
embedded.start(Path(sys.argv[1]))
"""


def run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


def test_nobody_else_gets_in_before_the_password_is_set(folder: Path) -> None:
    first = run(FIRST, str(folder))
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[0] == "local all postgres peer map=first;"


def test_a_home_that_it_makes_is_its_owners_alone(folder: Path) -> None:
    home = folder / "home"
    use(home, "SELECT 1")
    assert home.stat().st_mode & 0o066 == 0
    use(home, "SELECT 1")  # nor does a later start open it
    assert home.stat().st_mode & 0o066 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can open others' folders")
def test_root_opens_nobodys_folder(folder: Path) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    refused = run(USE, str(private / "home"), "SELECT 1")
    assert f"the user pgserver, who cannot enter {private}" in refused.stderr
    assert private.stat().st_mode & 0o777 == 0o700
