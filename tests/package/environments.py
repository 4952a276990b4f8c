"""Fresh virtual environments that take seconds: third-party packages are links to the running environment's."""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


class Environment:
    """A virtual environment of its own; nothing in it is ours until `install` has put it there."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        self.programs = folder / "bin"
        self.packages = next(folder.glob("lib/python*/site-packages"))

    def provide(self, *requirements: str) -> None:
        """Make third-party distributions importable, with all that they require and nothing else."""
        for name in set().union(*(closure(Requirement(line)) for line in requirements)):
            self._link(distribution(name))

    def install(self, wheel: Path, extra: str) -> None:
        """As pip does, offline: a requirement of the wheel that is not provided is an error."""
        target = f"{wheel}[{extra}]" if extra else str(wheel)
        pip = [sys.executable, "-m", "pip", "--python", str(self.programs / "python")]
        offline = ["--no-index", "--quiet", "--disable-pip-version-check", "--no-compile"]
        environment = self.variables(PIP_CONFIG_FILE=os.devnull)
        subprocess.run([*pip, "install", *offline, target], env=environment, check=True)

    def run(self, *command: str, cwd: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
        """A program of the environment and its arguments, run to its end in the folder `cwd`."""
        program, *arguments = command
        return subprocess.run(
            [self.programs / program, *arguments],
            cwd=cwd,
            env=self.variables(**variables),
            capture_output=True,
            text=True,
            check=False,
        )

    def variables(self, **more: str) -> dict[str, str]:
        """What a newly opened shell would have: no setting of the tests, no path into the checkout."""
        kept = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG", "TMPDIR", "USER"}}
        return {**kept, "PATH": f"{self.programs}{os.pathsep}{os.defpath}", **more}

    def _link(self, installed: Distribution) -> None:
        tops = {file.parts[0] for file in installed.files or [] if file.parts[0] not in {"..", "__pycache__"}}
        for top in tops:
            (self.packages / top).symlink_to(str(installed.locate_file(top)))


def closure(requirement: Requirement) -> set[str]:
    """The names of the distribution, and of those that it and the extras asked for need on this machine."""
    found: dict[str, set[str]] = {}
    _follow(requirement, found)
    return set(found)


def _follow(requirement: Requirement, found: dict[str, set[str]]) -> None:
    name, extras = canonicalize_name(requirement.name), {"", *requirement.extras}
    if extras <= found.get(name, set()):
        return
    found[name] = found.get(name, set()) | extras
    for inner in needed(distribution(name), extras):
        _follow(inner, found)


def needed(metadata: Distribution, extras: set[str]) -> Iterator[Requirement]:
    """What a distribution requires on this machine, by itself ("") and for its extras."""
    for requirement in map(Requirement, metadata.requires or []):
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement
