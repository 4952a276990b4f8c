"""A dashboard of its own for the benchmark: fresh folder, one organisation whose replica holds generated calls."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

from tests.replica.generated import Generated, fill


@contextmanager
def dashboard(home: Path) -> Iterator["Dashboard"]:
    """Migrated, with a signed-in reader, and served by granian as in production."""
    os.environ |= {
        "STATETRACE_HOME": str(home),
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "statetrace_ui.settings",
    }
    import django

    django.setup()
    port = _free_port()
    site = Dashboard(home, f"http://127.0.0.1:{port}", _prepare())
    options = ["--interface", "asginl", "--port", str(port), "--log-level", "error"]
    server = subprocess.Popen([sys.executable, "-m", "granian", *options, "statetrace_ui.asgi:application"])
    try:
        _wait(site.url)
        yield site
    finally:
        server.terminate()
        server.wait()


class Dashboard:
    """`cookie` signs a browser in; sessions are put straight into the replica."""

    def __init__(self, home: Path, url: str, session_key: str) -> None:
        self.home, self.url = home, url
        self.cookie = {"name": "statetrace_session", "value": session_key, "url": url}

    def add(self, calls: Generated) -> str:
        """Store the calls as a session; its flame graph's address."""
        from django.conf import settings

        session: UUID = uuid4()
        fill(settings.STORE_URL, session, calls)
        return f"{self.url}/captured/{session}/flame/"

    def forget_blocks(self) -> None:
        """The next visit has to read the replica again."""
        shutil.rmtree(self.home / "blocks", ignore_errors=True)


def _prepare() -> str:
    """Databases, static files, and a reader's session key."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from replica.databases.models import Replica
    from statetrace_ui.site.services import update_databases_and_files
    from statetrace_ui.web.models import Membership, Organisation

    update_databases_and_files()
    organisation = Organisation.objects.create(name="Benchmark", slug="benchmark")
    user = User.objects.create_user("benchmark")
    Membership.objects.create(organisation=organisation, user=user)
    Replica.objects.create(
        organisation=organisation,
        database="statetrace_store",
        login_role="benchmark",
        reader_url=settings.STORE_URL,
        owner_url=settings.STORE_URL,
    )
    client = Client()
    client.force_login(user)
    return client.cookies["statetrace_session"].value


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{url}/account/login/").close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    raise SystemExit("The dashboard did not start.")
