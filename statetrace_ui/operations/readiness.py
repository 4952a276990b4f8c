"""/readyz: whether the site can do its work now. What it says names nothing of anybody's."""

from collections.abc import Iterator, Mapping

import psycopg
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse

from statetrace_ui.capture.processes import SILENT_SECONDS
from statetrace_ui.operations.measures import PROCESSES, WORKER_SECONDS
from statetrace_ui.operations.metrics import Kept

# Anybody may ask, so the database is asked seldom, and never for long.
KEPT_SECONDS = 2.0
APPLIED = "SELECT app, name FROM django_migrations"
CAPTURED = "SELECT EXISTS (SELECT 1 FROM history_source WHERE url <> '' AND status <> 'stopped')"
PAGES = ("database", "migrations")
Findings = dict[str, str]  # what was looked at → what is wrong with it; '' if nothing is


def ready(request: HttpRequest) -> HttpResponse:
    """200 if all is well, else 503, with a line for each thing. `?for=pages` leaves the workers out."""
    found: Findings = findings()
    if request.GET.get("for") == "pages":
        found = {name: found[name] for name in PAGES}
    lines = "".join(f"{name}: {problem or 'ok'}\n" for name, problem in found.items())
    return HttpResponse(lines, content_type="text/plain; charset=utf-8", status=503 if any(found.values()) else 200)


def _findings() -> Findings:
    found = dict.fromkeys((*PAGES, "worker", "capture"), "not known, since the database does not answer")
    try:
        with psycopg.connect(settings.DATABASE_URL, connect_timeout=3, options="-c statement_timeout=3s") as connection:
            found["database"] = ""
            found["migrations"] = _of_migrations(connection)
            if not found["migrations"]:
                found.update(_of_processes(connection))
    except psycopg.errors.UndefinedTable:
        found["migrations"] = "none was applied"
    except psycopg.Error:
        found["database"] = found["database"] and "does not answer"
    return found


findings = Kept(_findings, KEPT_SECONDS)


def _of_migrations(connection: psycopg.Connection) -> str:
    applied = {(app, name) for app, name in connection.execute(APPLIED).fetchall()}
    missing = sum(1 for _ in unapplied(MigrationLoader(None).disk_migrations, applied))
    return f"{missing} must be applied; run migrate" if missing else ""


def unapplied(migrations: Mapping[tuple[str, str], object], applied: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Migrations that are neither applied, nor all of those that they replace, nor one that replaces them."""
    parts = {key: {tuple(part) for part in getattr(migration, "replaces", ())} for key, migration in migrations.items()}
    replaced = {part for key in parts.keys() & applied for part in parts[key]}
    for key in migrations.keys() - applied - replaced:
        if not parts[key] or not parts[key] <= applied:
            yield key


def _of_processes(connection: psycopg.Connection) -> Findings:
    counted = connection.execute(PROCESSES, [SILENT_SECONDS, WORKER_SECONDS]).fetchone()
    wanted = connection.execute(CAPTURED).fetchone()
    capture, workers = counted or (0, 0)
    return {
        "worker": "" if workers else "none reports",
        "capture": "" if capture or not (wanted and wanted[0]) else "no process reports, though there are sources",
    }
