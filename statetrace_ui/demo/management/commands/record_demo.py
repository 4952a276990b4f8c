import asyncio
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from statetrace_ui import embedded
from statetrace_ui.demo import recordings
from statetrace_ui.demo.chromium import find_chromium
from statetrace_ui.demo.prepare import prepare
from statetrace_ui.demo.recording import audit
from statetrace_ui.demo.shop.variant import VARIANTS
from statetrace_ui.site import services

DATABASE = "shop_recording"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    # Otherwise a new document would get a new profiler, and the old profile would be lost.
    "--disable-features=RenderDocument,BackForwardCache,Translate",
]
START_SECONDS = 30


class Command(BaseCommand):
    help = (
        "Record sessions in the demo shop with a real Chromium, and the changes that they make in the shop's database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sessions", type=int, default=4, metavar="N", help="sessions of each variant; default 4")
        parser.add_argument("--out", type=Path, default=recordings.FOLDER, metavar="DIR", help="folder to replace")

    def handle(self, *_: Any, sessions: int, out: Path, **__: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("Recording runs on the embedded PostgreSQL: unset DATABASE_URL.")
        chromium = find_chromium()
        if chromium is None:
            raise CommandError("No Chromium was found. Install it (apt-get install chromium), or run `make test` once.")
        if find_spec("playwright") is None:
            raise CommandError("Recording needs Playwright, which requirements/dev.txt lists: `make test` installs it.")
        with tempfile.TemporaryDirectory() as folder, self.shop() as (url, address):
            recorded = Path(folder) / "recorded"
            recorded.mkdir()
            self.record(recorded, chromium, url, address, sessions)
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(recorded, out)
        self.stdout.write(f"Recorded below {out}.")

    def record(self, folder: Path, chromium: str, url: str, address: str, sessions: int) -> None:
        with audit.record(url, folder / recordings.AUDIT, self.stdout.write):
            asyncio.run(self.record_sessions(folder, chromium, address, sessions))

    async def record_sessions(self, folder: Path, chromium: str, address: str, sessions: int) -> None:
        from playwright.async_api import async_playwright

        from statetrace_ui.demo.recording.session import record
        from statetrace_ui.demo.recording.steps import ERRANDS

        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for number in range(sessions):
                for variant in VARIANTS:
                    self.stdout.write(f"Recording {variant} session {number + 1} of {sessions} …")
                    errand = ERRANDS[number % len(ERRANDS)]
                    await record(browser, address, variant, errand, folder / f"{variant}-{number + 1}")
            await browser.close()

    @contextmanager
    def shop(self) -> Iterator[tuple[str, str]]:
        """Run a freshly stocked shop with a database of its own: (the database's URL, the shop's address)."""
        _drop_database()
        url = embedded.database_url(settings.REPLICA_SERVER_URL, DATABASE)
        prepare(url)
        port = free_port()
        service = services.web("shop", "statetrace_ui.demo.wsgi:application", "127.0.0.1", port, DEMO_DATABASE_URL=url)
        service.start()
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/up/")
            yield url, address
        finally:
            if service.process:
                service.process.terminate()
                service.process.wait()
            _drop_database()


def _drop_database() -> None:
    with psycopg.connect(settings.REPLICA_SERVER_URL, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> None:
    """Return once the address answers. Raises CommandError after START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(address).close()  # noqa: S310 - our own address
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise CommandError(f"The shop does not answer at {address}.") from None
            time.sleep(0.1)
        else:
            return
