"""Workers in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection as dashboard

from replica.databases import addresses

WORKER_SECONDS = 90  # for a process to start on a machine that is busy with other tests
StartWorker = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(store: str) -> Iterator[StartWorker]:
    """Starts `manage.py procrastinate worker` on this test's databases; variables of its environment may be named."""
    started: list[subprocess.Popen[bytes]] = []
    names = ("user", "password", "host", "dbname")
    parameters = dashboard.get_connection_params()
    environment = os.environ | {
        "DATABASE_URL": addresses.with_parts("", **{name: str(parameters[name]) for name in names}),
        "STORE_URL": store,
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "localhost",
        "DJANGO_SETTINGS_MODULE": "statetrace_ui.settings",
    }

    def start(**variables: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "procrastinate", "worker"]
        own = {"REPLICA_SERVER_URL": settings.REPLICA_SERVER_URL, **variables}
        process = subprocess.Popen(command, cwd=Path(__file__).parents[3], env=environment | own)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
