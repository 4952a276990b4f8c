"""Makes a backup: both databases at one moment each, a moment apart, and the keys."""

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from statetrace_ui.operations.backups import BackupError
from statetrace_ui.operations.backups.archive import Writer, written
from statetrace_ui.operations.backups.keys import probe
from statetrace_ui.operations.backups.programs import dump, require_success

# The dashboard first: what it names of the store is then in the store's part, too.
DATABASES = (("dashboard", "DATABASE_URL"), ("store", "STORE_URL"))
KEYS = "keys.json"
SOURCES = """
SELECT organisation.slug, source.name, source.position FROM history_source AS source
JOIN web_organisation AS organisation ON organisation.id = source.organisation_id
WHERE source.url <> '' ORDER BY 1, 2
"""
MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY 1, 2"


@dataclass(frozen=True)
class Made:
    path: Path
    bytes: int


def make(place: Path, with_keys: bool) -> Made:
    """Write a backup to the file `place`, or to a file named by the time in the folder `place`. Raises BackupError.

    The site may run meanwhile.
    """
    now = datetime.now(UTC)
    path = place / f"statetrace-{now:%Y-%m-%d-%H%M%S}.tar" if place.is_dir() else place
    if path.exists():
        raise BackupError(f"{path} exists already. Choose another name, or remove it.")
    with ExitStack() as stack, written(path) as writer:
        snapshots = {name: stack.enter_context(_snapshot(getattr(settings, url))) for name, url in DATABASES}
        manifest = {"made_at": now.isoformat(), "probe": probe(), **_contents(snapshots["dashboard"].connection)}
        manifest["servers"] = {name: snapshot.version for name, snapshot in snapshots.items()}
        for name, url in DATABASES:
            _add_database(writer, name, getattr(settings, url), snapshots[name])
        if with_keys:
            writer.add(KEYS, io.BytesIO(json.dumps({"ENCRYPTION_KEYS": settings.ENCRYPTION_KEYS}).encode()))
        writer.finish(manifest)
    return Made(path, path.stat().st_size)


@dataclass(frozen=True)
class _Snapshot:
    """id: as pg_dump takes it, while the connection's transaction lasts. version: of the server."""

    connection: psycopg.Connection[Any]
    id: str
    version: int


@contextmanager
def _snapshot(url: str) -> Iterator[_Snapshot]:
    try:
        connection = psycopg.connect(url, connect_timeout=10, application_name="statetrace-backup")
    except psycopg.Error:
        raise BackupError("A database of this site does not answer. Start it, then try again.") from None
    with connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        # The other database may take hours.
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield _Snapshot(connection, row[0] if row else "", connection.info.server_version)


def _contents(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """What the manifest says of the dashboard's own database."""
    try:
        sources = connection.execute(SOURCES).fetchall()
        migrations = connection.execute(MIGRATIONS).fetchall()
    except psycopg.errors.UndefinedTable:
        raise BackupError("There is nothing to back up: the dashboard's own database holds no tables.") from None
    names = ("organisation", "name", "position")
    return {"sources": [dict(zip(names, row, strict=True)) for row in sources], "migrations": migrations}


def _add_database(writer: Writer, name: str, url: str, snapshot: _Snapshot) -> None:
    with dump(url, snapshot.id, snapshot.version) as process:
        assert process.stdout  # noqa: S101 - a pipe was asked for
        try:
            writer.add(f"{name}.dump", process.stdout)
        except BaseException:
            process.kill()
            raise
        require_success(process, f"The database {name} cannot be read")
