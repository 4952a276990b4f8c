"""Services run our code, whatever lies in the folder they are started from."""

from pathlib import Path

import pytest

from statetrace_ui.demo.management.commands.record_demo import free_port, wait_for
from statetrace_ui.site import services


@pytest.fixture
def folder_of_namesakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder is a package, and has packages of our names that end every process that imports them."""
    for package in (tmp_path, tmp_path / "statetrace_ui", tmp_path / "replica"):
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("import os; os._exit(3)\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.long
@pytest.mark.usefixtures("folder_of_namesakes")
def test_a_command_runs_beside_namesakes() -> None:
    service = services.manage("check", "check")
    service.start()
    assert service.process
    assert service.process.wait(timeout=60) == 0


@pytest.mark.usefixtures("folder_of_namesakes")
def test_a_site_answers_beside_namesakes(server_url: str) -> None:
    port = free_port()
    service = services.web(
        "shop", "statetrace_ui.demo.wsgi:application", "127.0.0.1", port, DEMO_DATABASE_URL=server_url
    )
    service.start()
    assert service.process
    try:
        wait_for(f"http://127.0.0.1:{port}/up/")
    finally:
        service.process.terminate()
        service.process.wait()
