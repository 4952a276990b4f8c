"""Vendored front-end files are what they claim to be."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "static" / "vendor"
FOR_TESTS = ROOT / "tests" / "browser" / "vendor"


def listed(vendor: Path) -> list[list[str]]:
    """(checksum, file, package@version) of each vendored file."""
    return [line.split("  ") for line in (vendor / "CHECKSUMS").read_text().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("vendor", [SHIPPED, FOR_TESTS], ids=["shipped", "for tests"])
def test_every_file_has_the_checksum_it_was_vendored_with(vendor: Path) -> None:
    assert listed(vendor)
    for checksum, name, _ in listed(vendor):
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == checksum, name


@pytest.mark.parametrize("vendor", [SHIPPED, FOR_TESTS], ids=["shipped", "for tests"])
def test_every_file_is_listed(vendor: Path) -> None:
    there = {path.relative_to(vendor).as_posix() for path in vendor.rglob("*") if path.is_file()}
    licences = {path for path in there if path.endswith("LICENSE")}
    assert there - {"CHECKSUMS"} == {name for _, name, _ in listed(vendor)} | licences


def test_the_chart_library_is_the_one_that_figures_are_built_for() -> None:
    import plotly.offline

    bundled = plotly.offline.get_plotlyjs_version()
    [vendored] = [source.split("@")[1] for _, name, source in listed(SHIPPED) if name.startswith("plotly/")]
    assert vendored.split(".")[:2] == bundled.split(".")[:2], f"plotly {version('plotly')} carries {bundled}"
