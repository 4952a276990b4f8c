"""Finds a Chromium for recording and testing."""

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Where Playwright installs browsers, by platform.
FOLDERS = {"darwin": "Library/Caches/ms-playwright", "win32": "AppData/Local/ms-playwright"}
BINARIES = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)


def find_chromium() -> str | None:
    """The path of the system's Chromium or Chrome, else of the newest one that Playwright installed, else None."""
    if installed_by_system := next(filter(None, map(shutil.which, NAMES)), None):
        return installed_by_system
    folder = Path(
        os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / FOLDERS.get(sys.platform, ".cache/ms-playwright")
    )
    installed = [path for pattern in BINARIES for path in folder.glob(pattern)]
    return str(max(installed, key=lambda path: path.stat().st_mtime)) if installed else None
