"""The preparations before a site starts."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from pytest_django.fixtures import Settings

from statetrace_ui.site import services
from statetrace_ui.site.services import prepare_start, require_database
from statetrace_ui.site.supervisor import CannotStart
from tests.waiting import wait_until

LISTEN = "import socket, sys, time; held = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"
SUPERVISE = f"""
import sys
from pathlib import Path
from statetrace_ui.site.supervisor import Service, run
run([Service("listener", [sys.executable, "-c", {LISTEN!r}, sys.argv[1]])], Path(sys.argv[2]))
"""


def refusal(url: str) -> str:
    """What is wrong with a database; nothing if it is accepted."""
    try:
        require_database(url, "STORE_URL")
    except CannotStart as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense:unguessable", "STORE_URL is not a PostgreSQL URL"),
        ("postgresql://u:unguessable@127.0.0.1:1/d", "The database of STORE_URL cannot be reached"),
    ],
)
def test_a_database_that_does_not_answer_is_named_by_its_variable_without_its_password(url: str, sentence: str) -> None:
    assert sentence in refusal(url)
    assert "unguessable" not in refusal(url)


def test_a_database_that_answers_is_accepted(settings: Settings) -> None:
    assert refusal(settings.REPLICA_SERVER_URL) == ""


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Settings:
    """The settings of a site with a folder of its own."""
    settings.HOME, settings.BLOCKS_DIR = tmp_path, tmp_path / "blocks"
    settings.STATIC_ROOT, settings.STATIC_NOTES = tmp_path / "static", tmp_path / "static-notes"
    settings.WEB_HOST, settings.WEB_PORT, settings.SHOP_PORT = "127.0.0.1", free_port(), free_port()
    return settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def leftover(site: Settings) -> Iterator[psutil.Process]:
    """A service on the site's port; its supervisor was killed."""
    note = site.HOME / services.NOTE
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISE, str(site.WEB_PORT), str(note)])
    wait_until(lambda: accepts(site.WEB_PORT) and note.exists())
    supervisor.kill()
    supervisor.wait()
    [(pid, _)] = json.loads(note.read_text())["services"]
    process = psutil.Process(pid)
    yield process
    with suppress(psutil.NoSuchProcess):
        process.kill()


def test_a_taken_port_is_named_by_its_setting(site: Settings) -> None:
    with (
        socket.create_server(("127.0.0.1", site.SHOP_PORT)),
        pytest.raises(CannotStart, match=f"Port {site.SHOP_PORT} .*SHOP_PORT="),
    ):
        prepare_start("WEB_PORT", "SHOP_PORT")
    assert not site.BLOCKS_DIR.exists()


@pytest.mark.long
def test_a_leftover_service_is_ended_before_its_port_is_needed(
    site: Settings, leftover: psutil.Process, db: None, store: str
) -> None:
    prepare_start("WEB_PORT")
    assert not accepts(site.WEB_PORT)
    assert not leftover.is_running() or leftover.status() == psutil.STATUS_ZOMBIE
    assert site.BLOCKS_DIR.is_dir()


@pytest.mark.long
def test_notes_about_static_files_are_not_served(site: Settings) -> None:
    site.STORAGES = {**site.STORAGES, "staticfiles": {"BACKEND": "statetrace_ui.web.storage.ModuleManifestStorage"}}
    services.collect_static()
    assert {"gathered-from", "staticfiles.json"} <= {note.name for note in site.STATIC_NOTES.iterdir()}
    assert (site.STATIC_ROOT / "js" / "site.js").exists()
    assert not list(site.STATIC_ROOT.glob("*.json")) + list(site.STATIC_ROOT.glob("gathered-from"))
