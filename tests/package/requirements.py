"""What pyproject.toml and requirements/dev.in ask for."""

import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.package.conftest import ROOT

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_DEV = (ROOT / "requirements" / "dev.in").read_text().splitlines()


def names(lines: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines}


BASE = names(_PROJECT["dependencies"])
DASHBOARD = BASE | names(_PROJECT["optional-dependencies"]["dashboard"])
DEV = names([line for line in _DEV if line[0] not in "#-"])
