"""Prepares the site's databases and files, and names the programs that run the site."""

import hashlib
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from replica.databases.provisioning import follow_servers
from replica.schema.definition import create_tables
from statetrace_ui import embedded, env, installation
from statetrace_ui.site import supervisor
from statetrace_ui.site.greeting import Greeting
from statetrace_ui.site.supervisor import CannotStart, Service
from statetrace_ui.web.errors import first_line

NOTE = "services.json"
# -P: nothing is imported from the current folder, whatever lies in it.
PYTHON = [sys.executable, "-P", "-m"]
# Extensions of htmx that no page uses. One imports a file that does not exist, at which collectstatic would fail.
UNUSED = ["django_htmx/ext/*"]
# Connections are many and cheap: a browser keeps six open. Threads are what is scarce (statetrace_ui/web/gate.py).
MOST_CONNECTIONS = 4096
SPARE_FILES = 256
# A connection that sends no whole header for so long is closed, also one that waits for its next request.
IDLE_SECONDS = 15


def prepare_start(*port_settings: str) -> None:
    """End services that a killed supervisor left running, check that ports are free, and update databases and files.

    port_settings: the names of the settings that hold the ports, e.g. "WEB_PORT". Raises CannotStart.
    """
    supervisor.end_leftovers(settings.HOME / NOTE)
    for name in port_settings:
        supervisor.require_free_port(settings.WEB_HOST, getattr(settings, name), name)
    update_databases_and_files()


def run(services: list[Service], greet: Callable[[], None]) -> None:
    """Run the services until a signal stops them all. Call `greet` once, when the dashboard answers."""
    supervisor.run(services, settings.HOME / NOTE, Greeting(greet))
    embedded.forget_dead_users(settings.HOME)


def update_databases_and_files() -> None:
    """Update the dashboard's own database, the store and the static files. Quick if nothing has changed.

    Raises CannotStart if a database does not answer.
    """
    for variable in ("DATABASE_URL", "STORE_URL"):
        require_database(getattr(settings, variable), variable)
    call_command("migrate", verbosity=0, interactive=False)
    follow_servers()
    with psycopg.connect(settings.STORE_URL, autocommit=True) as connection:
        create_tables(connection)
    collect_static()
    settings.BLOCKS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # copies of replicas: only for this user


def collect_static() -> None:
    """Collect, hash and compress the static files, unless none has changed since the last time."""
    note = settings.STATIC_NOTES / "gathered-from"
    files = sorted(Path(storage.path(path)) for finder in get_finders() for path, storage in finder.list(UNUSED))
    listing = "".join(f"{file} {file.stat().st_mtime_ns} {file.stat().st_size}\n" for file in files)
    fingerprint = hashlib.sha256(listing.encode()).hexdigest()
    if not settings.STATIC_ROOT.is_dir() or not note.exists() or note.read_text() != fingerprint:
        call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=UNUSED)
        note.parent.mkdir(exist_ok=True)
        note.write_text(fingerprint)


def require_database(url: str, variable: str) -> None:
    """Raise CannotStart, which names the variable that holds the URL, unless the database accepts a connection."""
    try:
        env.database(url, variable)
        psycopg.connect(url, connect_timeout=10).close()
    except ImproperlyConfigured as error:
        raise CannotStart(str(error)) from None
    except psycopg.OperationalError as error:
        raise CannotStart(f"The database of {variable} cannot be reached: {first_line(error)}.") from None


def python_path() -> dict[str, str]:
    """The environment in which another Python finds this package, whatever folder it is started from.

    An installed package is found anyway; PYTHONPATH would put its neighbours in front of the standard library.
    """
    paths = ["" if installation.INSTALLED else str(installation.ROOT), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def manage(name: str, *command: str) -> Service:
    return Service(name, [*PYTHON, "statetrace_ui", *command], python_path())


def web(name: str, application: str, host: str, port: int, workers: int = 1, **environment: str) -> Service:
    """The application "module:variable" under granian: ASGI if its module is called `asgi`, else WSGI."""
    interface = "asginl" if ".asgi:" in application else "wsgi"  # "nl": without lifespan events
    module, _, variable = application.partition(":")
    # A file and a folder of its own, for granian looks for modules in the current folder first.
    target = f"{installation.ROOT / module.replace('.', '/')}.py:{variable}"
    options = ["--interface", interface, "--host", host, "--port", str(port), "--workers", str(workers)]
    options += ["--working-dir", str(installation.ROOT), "--no-ws"]
    # HTTP/1 alone: a connection that says nothing has no time limit while the server waits to learn which one it is.
    options += ["--http", "1", "--http1-header-read-timeout", str(IDLE_SECONDS * 1000)]
    options += ["--backlog", "1024", "--backpressure", str(most_connections())]
    quiet = ["--log-level", "error", "--workers-kill-timeout", "5"]
    return Service(name, [*PYTHON, "granian", *options, *quiet, target], python_path() | environment)


def most_connections() -> int:
    """How many connections a web process may hold: as many as it may open files, less those that it needs itself."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(64, min(MOST_CONNECTIONS, allowed - SPARE_FILES))


def dashboard_services() -> list[Service]:
    """The web server, the worker that runs exports, and capture."""
    return [
        web(
            "web",
            "statetrace_ui.asgi:application",
            settings.WEB_HOST,
            settings.WEB_PORT,
            settings.WEB_WORKERS,
        ),
        manage("worker", "procrastinate", "worker"),
        manage("capture", "run_capture"),
    ]
