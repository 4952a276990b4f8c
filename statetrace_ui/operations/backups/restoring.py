"""Puts a backup back: into an empty installation, or over a filled one if that is wanted."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection as django_connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from statetrace_ui.installation import command
from statetrace_ui.operations.backups import BackupError
from statetrace_ui.operations.backups.archive import Reader
from statetrace_ui.operations.backups.keys import can_read, encrypt_anew
from statetrace_ui.operations.backups.making import DATABASES, KEYS
from statetrace_ui.operations.backups.programs import SCHEMAS, server_version
from statetrace_ui.operations.backups.programs import restore as run_restore

Report = Callable[[str], None]
# One of these with a row in it makes a database a filled one.
TELLING = ("auth_user", "web_organisation", "history_source", "user_flow", "session_metadata")
OTHERS = """
SELECT DISTINCT coalesce(nullif(application_name, ''), 'a program without a name') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY 1 LIMIT 5
"""
LEAVING = 5.0  # seconds that programs get to be gone


def restore(path: Path, force: bool, report: Report) -> str:
    """Put back what the file holds, and bring it to this version; when the backup was made, for people.

    Raises BackupError: before anything is changed, if the file is damaged, its keys are missing, the installation is in
    use, or filled and `force` is not given.
    """
    with Reader(path) as backup:
        made_at = f"{datetime.fromisoformat(backup.manifest['made_at']):%Y-%m-%d %H:%M:%S} UTC"
        report(f"The backup is of {made_at}.")
        backup.check()
        keys = _keys(backup)
        _require_known_migrations(backup.manifest["migrations"])
        _close_own_connections()
        for name, variable in DATABASES:
            _require_place(name, getattr(settings, variable), backup.manifest["servers"][name], force)
        for name, variable in DATABASES:
            report(f"The database {name} is restored.")
            _fill(getattr(settings, variable), backup, name)
    call_command("migrate", verbosity=0, interactive=False)
    report(f"{encrypt_anew(keys)} credentials and secrets are encrypted with this installation's key.")
    return made_at


def _keys(backup: Reader) -> list[str]:
    """The keys that come with the backup, if any. Raises BackupError if it would stay unreadable."""
    try:
        keys: list[str] = json.loads(backup.member(KEYS).read())["ENCRYPTION_KEYS"]
    except KeyError:
        keys = []
    if not can_read(backup.manifest["probe"], [*settings.ENCRYPTION_KEYS, *keys]):
        raise BackupError(
            "The backup holds no keys, and this installation's keys are others: what is encrypted would be lost. Set"
            " ENCRYPTION_KEYS to this installation's key, a comma, and the keys from then; without ENCRYPTION_KEYS it"
            " was the SECRET_KEY, on the embedded server the file secret-key."
        )
    return keys


def _require_known_migrations(migrations: Sequence[tuple[str, str]]) -> None:
    known = MigrationLoader(None).disk_migrations
    apps = {app for app, _ in known}
    if newer := [name for app, name in migrations if app in apps and (app, name) not in known]:
        raise BackupError(
            f"The backup was made by a newer version, which has the migration {newer[-1]}. Install that one."
        )


def _close_own_connections() -> None:
    django_connection.close()
    if django_connection.settings_dict["OPTIONS"].get("pool"):
        django_connection.close_pool()  # type: ignore[attr-defined]


def _require_place(name: str, url: str, version: int, force: bool) -> None:
    """Raise BackupError unless the backup may go into the database of `url`. version: of the server that it is from."""
    try:
        here = server_version(url)
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            others = _others(connection)
            filled = _is_filled(connection)
    except psycopg.Error:
        raise BackupError(f"The database {name} does not answer. Start its server, then try again.") from None
    if here // 10_000 < version // 10_000 and version >= 170_000:
        raise BackupError(f"The backup is from PostgreSQL {version // 10_000}; {here // 10_000} is too old for it.")
    if others:
        raise BackupError(f"The database {name} is in use by {', '.join(others)}. Stop the site, then try again.")
    if filled and not force:
        again = command("restore FILE --force")
        raise BackupError(f"The database {name} is filled already. `{again}` deletes what it holds, and restores.")


def _others(connection: psycopg.Connection[Any]) -> list[str]:
    """Which programs use the database; those that are leaving it are given a moment."""
    until = time.monotonic() + LEAVING
    while (others := [row[0] for row in connection.execute(OTHERS).fetchall()]) and time.monotonic() < until:
        time.sleep(0.1)
    return others


def _is_filled(connection: psycopg.Connection[Any]) -> bool:
    for table in TELLING:
        row = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
        if row and row[0]:
            query = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))
            if connection.execute(query).fetchone():
                return True
    return False


def _fill(url: str, backup: Reader, name: str) -> None:
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            _empty(connection)
    except psycopg.Error as error:
        words = (error.diag.message_primary or type(error).__name__).rstrip(".")
        raise BackupError(f"The database {name} cannot be emptied: {words}. Its role must own it.") from None
    # Its archive is read by programs as new as those that wrote it.
    version = max(server_version(url), backup.manifest["servers"][name])
    run_restore(url, backup.member(f"{name}.dump"), version)


def _empty(connection: psycopg.Connection[Any]) -> None:
    """Drop all that is in the schemas of ours, in one transaction."""
    for schema in SCHEMAS:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    connection.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
    connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
