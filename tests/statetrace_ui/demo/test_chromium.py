from pathlib import Path

import pytest

from statetrace_ui.demo.chromium import find_chromium


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    return tmp_path


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.touch(mode=0o755)
    return path


def test_without_any_there_is_none(nothing_installed: Path) -> None:
    assert find_chromium() is None


def test_playwrights_own_is_found(nothing_installed: Path) -> None:
    installed = executable(nothing_installed / "browsers/chromium-1200/chrome-linux64/chrome")
    assert find_chromium() == str(installed)


def test_the_systems_goes_before_playwrights_own(nothing_installed: Path) -> None:
    executable(nothing_installed / "browsers/chromium-1200/chrome-linux/chrome")
    installed = executable(nothing_installed / "bin/chromium")
    assert find_chromium() == str(installed)
