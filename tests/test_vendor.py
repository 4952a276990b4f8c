"""Vendored front-end files are what they claim to be."""

import hashlib
from importlib.metadata import version
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "static" / "vendor"
LISTED = [line.split("  ") for line in (VENDOR / "CHECKSUMS").read_text().splitlines() if not line.startswith("#")]


def test_every_file_has_the_checksum_it_was_vendored_with() -> None:
    for checksum, name, _ in LISTED:
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == checksum, name


def test_every_file_is_listed() -> None:
    there = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert there - {"CHECKSUMS"} == {name for _, name, _ in LISTED} | {
        path for path in there if path.endswith("LICENSE")
    }


def test_the_chart_library_is_the_one_that_figures_are_built_for() -> None:
    import plotly.offline

    bundled = plotly.offline.get_plotlyjs_version()
    [vendored] = [source.split("@")[1] for _, name, source in LISTED if name.startswith("plotly/")]
    assert vendored.split(".")[:2] == bundled.split(".")[:2], f"plotly {version('plotly')} carries {bundled}"
