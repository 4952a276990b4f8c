"""The wheel holds all that the product reads at run time, and takes no common name in site-packages."""

import zipfile
from pathlib import Path

import pytest

from tests.package.conftest import ROOT

pytestmark = pytest.mark.xdist_group("wheel")  # one wheel for all of them


@pytest.fixture
def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def files(folder: str) -> set[str]:
    """Paths below a folder of the checkout, relative to the checkout."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in found}


def test_every_file_of_the_packages_is_in_it(names: set[str]) -> None:
    assert files("statetrace_ui") | files("replica") <= names
    for kind in (".sql", ".jsonl.gz", ".har", ".cpuprofile", "/products.json", "shop/base.html", "shop/shop.css"):
        assert any(name.endswith(kind) for name in names), kind


@pytest.mark.parametrize("folder", ["templates", "static", "docs"])
def test_every_template_static_file_and_page_of_documentation_is_in_it(names: set[str], folder: str) -> None:
    assert files(folder)
    assert {f"statetrace_ui/_assets/{path}" for path in files(folder)} <= names


def test_only_our_packages_are_at_its_top(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"statetrace_ui", "replica"}
