"""The wheel as it would be published, and environments to install it into."""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from tests.package.environments import Environment, needed

ROOT = Path(__file__).parents[2]
Install = Callable[..., Environment]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)], check=True)
    (built,) = folder.glob("*.whl")
    return built


def open_way(folder: Path) -> None:
    """Let everybody pass to a folder below that of temporary files; pytest closes those on the way."""
    for part in (folder, *folder.parents):
        if part == Path(tempfile.gettempdir()):
            return
        part.chmod(0o755)


@pytest.fixture
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outside the checkout; PostgreSQL's own user may look into it."""
    folder = tmp_path_factory.mktemp("empty")
    open_way(folder)
    return folder


@pytest.fixture
def install(wheel: Path, tmp_path: Path) -> Install:
    """`install(extra, *beside)` → a fresh environment with the wheel, what it requires, and those distributions."""
    open_way(tmp_path)  # PostgreSQL's own user runs programs of the environment

    def make(extra: str = "", *beside: str) -> Environment:
        environment = Environment(tmp_path / "environment")
        environment.provide(*map(str, required(wheel, extra)), *beside)
        environment.install(wheel, extra)
        return environment

    return make


def required(wheel: Path, extra: str) -> list[str]:
    """The wheel's requirements, without their markers."""
    (folder,) = {path for path in zipfile.Path(wheel).iterdir() if path.name.endswith(".dist-info")}
    requirements = list(needed(PathDistribution(folder), {"", extra}))
    for requirement in requirements:
        requirement.marker = None
    return [str(requirement) for requirement in requirements]
